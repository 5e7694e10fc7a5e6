"""OIDC, plain OAuth 2 and CAS against servers over real HTTP, well and ill behaved; headers of a proxy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from identity_servers import CLIENT, SECRET, IdentityServer, serving

from accounts.sources.cas import Cas
from accounts.sources.contract import Claim, Journey, Refused
from accounts.sources.oauth2 import OAuth2, Portal
from accounts.sources.oidc import Oidc
from accounts.sources.proxy import Proxy
from core.clock import real_ms

HOME = "https://city.example/sign-in/back"


@pytest.fixture
def provider() -> Iterator[IdentityServer]:
    with serving(IdentityServer(now_s=real_ms() // 1000)) as server:
        yield server


def _oidc(provider: IdentityServer) -> Oidc:
    return Oidc(provider.address, CLIENT, SECRET)


def _oauth2(provider: IdentityServer, subject: str = "data.account") -> OAuth2:
    at = provider.address
    return OAuth2(Portal(f"{at}/authorize", f"{at}/token", f"{at}/profile", subject), CLIENT, SECRET)


def _begin(source: Oidc | OAuth2 | Cas) -> Journey:
    journey = source.begin(HOME)
    assert isinstance(journey, Journey), journey
    return journey


@pytest.mark.claim("ACCOUNTS", "OIDC: code flow with PKCE, state and nonce; the provider's person comes back.")
def test_oidc_brings_the_person_back(provider: IdentityServer) -> None:
    source = _oidc(provider)
    journey = _begin(source)
    asked = parse_qs(urlsplit(journey.address).query)
    assert asked["redirect_uri"] == [HOME] and asked["scope"] == ["openid"] and len(asked["nonce"][0]) > 20
    query = provider.browse(journey.address)
    assert source.finish(query, journey, HOME) == Claim("oidc", "8f3c-li")
    again = source.finish(query, journey, HOME)
    assert isinstance(again, Refused) and again.code == "answer-wrong", "a code counts once"
    assert journey.verifier not in repr(journey)


@pytest.mark.claim(
    "ACCOUNTS", "OIDC: a token forged, unsigned, old, for another client, issuer or journey signs nobody in."
)
@pytest.mark.parametrize("fault", ["signature", "unsigned", "aud", "iss", "nonce", "old", "nobody"])
def test_oidc_refuses_a_wrong_token(provider: IdentityServer, fault: str) -> None:
    provider.fault = fault
    source = _oidc(provider)
    journey = _begin(source)
    answer = source.finish(provider.browse(journey.address), journey, HOME)
    assert isinstance(answer, Refused) and answer.code == "answer-wrong"


def test_oidc_refuses_a_journey_that_did_not_begin_here(provider: IdentityServer) -> None:
    source = _oidc(provider)
    mine, foreign = _begin(source), _begin(source)
    answer = source.finish(provider.browse(foreign.address), mine, HOME)
    assert isinstance(answer, Refused) and answer.code == "state-wrong"
    stolen = source.finish(provider.browse(mine.address), replace(mine, verifier="another"), HOME)
    assert isinstance(stolen, Refused) and stolen.code == "answer-wrong", "the code is bound to our verifier"
    for query in ({}, {"state": mine.state}, {"state": mine.state, "error": "access_denied"}):
        answer = source.finish(query, mine, HOME)
        assert isinstance(answer, Refused) and answer.code == "state-wrong"


@pytest.mark.parametrize("fault", ["broken", "issuer"])
def test_oidc_says_that_the_provider_is_not_well(provider: IdentityServer, fault: str) -> None:
    provider.fault = fault
    answer = _oidc(provider).begin(HOME)
    assert isinstance(answer, Refused) and answer.code == "server-down"
    assert provider.address in answer.in_words("zh")


def test_a_provider_that_is_away_is_a_refusal(free_port: int) -> None:
    answer = Oidc(f"http://127.0.0.1:{free_port}", CLIENT, SECRET).begin(HOME)
    assert isinstance(answer, Refused) and answer.code == "server-down"


@pytest.mark.claim("ACCOUNTS", "Plain OAuth 2 of a portal: the field of its profile names the person.")
def test_a_portal_brings_the_person_back(provider: IdentityServer) -> None:
    source = _oauth2(provider)
    journey = _begin(source)
    query = provider.browse(journey.address)
    assert source.finish(query, journey, HOME) == Claim("oauth2", "8f3c-li")
    again = source.finish(query, journey, HOME)
    assert isinstance(again, Refused) and again.code == "answer-wrong"


def test_a_portal_that_names_nobody_signs_nobody_in(provider: IdentityServer) -> None:
    for source, fault in ((_oauth2(provider), "nobody"), (_oauth2(provider, "data.missing"), "")):
        provider.fault = fault
        journey = _begin(source)
        answer = source.finish(provider.browse(journey.address), journey, HOME)
        assert isinstance(answer, Refused) and answer.code == "answer-wrong"
    journey = _begin(_oauth2(provider))
    answer = _oauth2(provider).finish({"code": "x", "state": "other"}, journey, HOME)
    assert isinstance(answer, Refused) and answer.code == "state-wrong"


@pytest.mark.claim("ACCOUNTS", "CAS: a ticket names the person once, for our address only.")
def test_cas_brings_the_person_back(provider: IdentityServer) -> None:
    provider.person = "li"
    source = Cas(provider.address)
    journey = _begin(source)
    assert parse_qs(urlsplit(journey.address).query) == {"service": [f"{HOME}?state={journey.state}"]}
    query = provider.browse(journey.address)
    assert source.finish(query, journey, HOME) == Claim("cas", "li", "li")
    again = source.finish(query, journey, HOME)
    assert isinstance(again, Refused) and again.detail == "INVALID_TICKET"
    elsewhere = source.finish(provider.browse(journey.address), journey, "https://elsewhere.example/")
    assert isinstance(elsewhere, Refused) and elsewhere.detail == "INVALID_TICKET"
    for brought in ({}, {"ticket": "ST-9"}, {"ticket": "ST-9", "state": "of another journey"}):
        answer = source.finish(brought, journey, HOME)
        assert isinstance(answer, Refused) and answer.code == "state-wrong"


@pytest.mark.parametrize(("fault", "code"), [("broken", "server-down"), ("bomb", "answer-wrong")])
def test_cas_that_answers_badly_signs_nobody_in(provider: IdentityServer, fault: str, code: str) -> None:
    source = Cas(provider.address)
    journey = _begin(source)
    query = provider.browse(journey.address)
    provider.fault = fault
    answer = source.finish(query, journey, HOME)
    assert isinstance(answer, Refused) and answer.code == code


PROXY = Proxy("X-Remote-User", "10.0.0.0/24,::1")


@pytest.mark.claim("ACCOUNTS", "A header that names a person is believed from trusted proxies only.")
@pytest.mark.parametrize("peer", ["10.0.1.1", "192.168.0.9", "::2"])
def test_a_header_of_a_stranger_is_not_believed(peer: str) -> None:
    answer = PROXY.read({"x-remote-user": "admin"}, peer)
    assert isinstance(answer, Refused) and answer.code == "not-trusted"


def test_a_trusted_proxy_names_the_person() -> None:
    assert PROXY.read({"x-remote-user": " li "}, "10.0.0.9") == Claim("proxy", "li", "li")
    assert PROXY.read({"x-remote-user": "li"}, "::1") == Claim("proxy", "li", "li")
    answer = PROXY.read({}, "10.0.0.9")
    assert isinstance(answer, Refused) and answer.code == "not-told"


@pytest.mark.parametrize("subject", ["CN=li,OU=应急办,C=CN", "/C=CN/OU=office/CN=li", "C=CN, CN = li"])
def test_a_client_certificate_names_the_person_and_is_strong(subject: str) -> None:
    assert PROXY.read({"x-remote-user": subject}, "10.0.0.9") == Claim("proxy", "li", "li", strong=True)


def test_a_certificate_with_two_names_names_nobody() -> None:
    assert isinstance(PROXY.read({"x-remote-user": "CN=li,CN=admin"}, "10.0.0.9"), Refused)
