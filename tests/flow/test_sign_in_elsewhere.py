"""Signing in over the website with what others prove: OIDC, OAuth 2, CAS on real servers, headers of a proxy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import requests
from gateway import Gateway
from guarded_site import Guarded, standing_house
from identity_servers import CLIENT, SECRET, IdentityServer, serving
from live_city import BASE

from accounts.founding import console
from core.accounts import Role
from core.clock import real_ms

SOURCES = ["oidc", "oauth2", "cas"]
HEADER = "X-Remote-User"
LOGIN = "li"


@pytest.fixture(scope="module")
def provider() -> Iterator[IdentityServer]:
    with serving(IdentityServer(person=LOGIN, now_s=real_ms() // 1000)) as server:
        yield server


@pytest.fixture(scope="module")
def site(provider: IdentityServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    at = provider.address
    given = {
        "SIGN_IN": "password,oidc,oauth2,cas,proxy",
        "OIDC_ISSUER": at,
        "OIDC_CLIENT": CLIENT,
        "OIDC_SECRET": SECRET,
        "OAUTH2_AUTHORIZE": f"{at}/authorize",
        "OAUTH2_TOKEN": f"{at}/token",
        "OAUTH2_PROFILE": f"{at}/profile",
        "OAUTH2_SUBJECT": "data.account",
        "CAS_URL": at,
        "PROXY_HEADER": HEADER,
        "PROXY_TRUSTED": "127.0.0.1",
    }
    variables = {f"CITYVITALS_{name}": value for name, value in given.items()}
    with standing_house(tmp_path_factory.mktemp("house"), **variables) as opened:
        opened.person(Role.DUTY, login=LOGIN)
        for source in ("oidc", "oauth2"):  # CAS and the proxy name a login of ours
            opened.office.credentials.link(console(), LOGIN, source, LOGIN, real_ms())
        yield opened


@pytest.fixture(autouse=True)
def well_behaved(provider: IdentityServer) -> None:
    provider.fault, provider.person = "", LOGIN


def _cookie(answer: requests.Response, name: str) -> dict[str, str]:
    found = [one for one in answer.raw.headers.getlist("Set-Cookie") if one.startswith(f"cityvitals_{name}=")]
    return {"Cookie": found[-1].partition(";")[0]} if found else {}


def _begin(site: Guarded, source: str, onward: str = "") -> tuple[str, dict[str, str]]:
    """Where the browser is sent, and the cookie that it keeps meanwhile."""
    sent = site.ask("GET", f"sign-in/with/{source}?next={onward}", {})
    assert sent.status_code == 303, sent.text
    return sent.headers["location"], _cookie(sent, "journey")


def _finish(
    site: Guarded, source: str, brought: dict[str, str], kept: dict[str, str], **headers: str
) -> requests.Response:
    return site.ask("GET", f"sign-in/back/{source}", kept, params=brought, headers=headers)


@pytest.mark.claim("ACCOUNTS", "OIDC, OAuth 2 and CAS sign people in over the website.")
@pytest.mark.parametrize("source", SOURCES)
def test_a_browser_goes_there_and_comes_back_signed_in(site: Guarded, provider: IdentityServer, source: str) -> None:
    address, kept = _begin(site, source, "indicators")
    asked = parse_qs(urlsplit(address).query)
    if source != "cas":
        assert asked["redirect_uri"] == [f"{site.address}sign-in/back/{source}"] and asked["state"]
        assert asked["code_challenge_method"] == ["S256"]
    assert source != "oidc" or asked["nonce"]
    brought = provider.browse(address)
    done = _finish(site, source, brought, kept)
    assert (done.status_code, done.headers["location"]) == (303, f"{BASE}indicators")
    who = _cookie(done, "session")
    me = site.ask("GET", "api/v1/me", who).json()
    assert (me["login"], me["renewing"]) == (LOGIN, False)  # the password is the other system's business
    assert site.ask("GET", "indicators", who).status_code == 200
    again = _finish(site, source, brought, kept)
    assert again.status_code == 401 and not _cookie(again, "session")
    acts = [one.act for one in site.acts("sign-in") if one.act.actor == f"person:{LOGIN}"]
    assert acts[-1].detail["source"] == source


@pytest.mark.claim("ACCOUNTS", "An answer that nobody asked for, or of another journey, signs nobody in.")
@pytest.mark.parametrize("source", SOURCES)
def test_an_answer_out_of_the_blue_signs_nobody_in(site: Guarded, provider: IdentityServer, source: str) -> None:
    address, kept = _begin(site, source)
    brought = provider.browse(address)
    _, of_another = _begin(site, source)
    forged = {"Cookie": "cityvitals_journey=gAAAAAB" + "x" * 80}
    for shown in ({}, forged, of_another):
        assert _finish(site, source, brought, shown).status_code == 401
    other = next(one for one in SOURCES if one != source)
    assert _finish(site, other, brought, kept).status_code == 401
    for wrong in ({}, brought | {"state": "x"}, {"error": "access_denied", "state": brought["state"]}):
        refused = _finish(site, source, wrong, kept)
        assert refused.status_code == 401 and not _cookie(refused, "session")


@pytest.mark.parametrize("source", SOURCES)
def test_a_server_that_is_down_is_told_on_the_page(site: Guarded, provider: IdentityServer, source: str) -> None:
    address, kept = _begin(site, source)
    brought = provider.browse(address)
    provider.fault = "broken"
    refused = _finish(site, source, brought, kept)
    assert refused.status_code in {401, 503} and 'name="password"' in refused.text
    assert not _cookie(refused, "session")


def test_somebody_whom_nobody_registered_is_refused_in_words(site: Guarded, provider: IdentityServer) -> None:
    provider.person = "wu"
    address, kept = _begin(site, "oidc")
    refused = _finish(site, "oidc", provider.browse(address), kept)
    assert refused.status_code == 401 and "wu" in refused.text


@pytest.mark.claim("ACCOUNTS", "No sign-in leads to another site, wherever it says it wants to go.")
@pytest.mark.parametrize("onward", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_no_sign_in_leads_to_another_site(site: Guarded, provider: IdentityServer, onward: str) -> None:
    address, kept = _begin(site, "oidc", onward)
    target = _finish(site, "oidc", provider.browse(address), kept).headers["location"]
    assert target.startswith(BASE) and "\\" not in target and ":" not in target
    assert urljoin(site.address, target).startswith(site.address)


def test_a_way_that_is_not_used_is_told(site: Guarded) -> None:
    for path in ("sign-in/with/ldap", "sign-in/back/ldap", "sign-in/with/none"):
        assert site.ask("GET", path, {}).status_code in {401, 404}


@pytest.mark.claim("ACCOUNTS", "A proxy of ours names the person, who is not asked; a certificate is strong.")
def test_a_proxy_names_the_person(site: Guarded) -> None:
    named = {HEADER: LOGIN, "Accept": "text/html"}
    led = site.ask("GET", "indicators", {}, headers=named)
    assert (led.status_code, led.headers["location"]) == (303, f"{BASE}sign-in/with/proxy?next=indicators")
    done = site.ask("GET", "sign-in/with/proxy?next=indicators", {}, headers=named)
    assert (done.status_code, done.headers["location"]) == (303, f"{BASE}indicators")
    assert not site.ask("GET", "api/v1/me", _cookie(done, "session")).json()["strong"]
    certified = site.ask("GET", "sign-in/with/proxy", {}, headers={HEADER: f"CN={LOGIN},OU=office,C=CN"})
    assert site.ask("GET", "api/v1/me", _cookie(certified, "session")).json()["strong"]
    assert site.ask("GET", "sign-in/with/proxy", {}).status_code == 401
    assert site.ask("GET", "api/v1/me", {}, headers=named).json()["login"] is None  # the header alone opens nothing


@pytest.mark.claim(
    "ACCOUNTS", "A client certificate that nginx checked signs its person in; without one the header is nobody's."
)
def test_a_client_certificate_signs_in_through_nginx(site: Guarded, tmp_path: Path) -> None:
    port = urlsplit(site.address).port
    assert port is not None
    with Gateway(tmp_path, port, BASE, names_in=HEADER) as gateway:
        entry, trusted = f"https://127.0.0.1:{gateway.port}{BASE}sign-in/with/proxy", str(tmp_path / "certificate.pem")
        forged = {HEADER: LOGIN, "Accept": "text/html"}  # nginx writes its own over it
        mine = gateway.client_certificate(LOGIN)
        known = requests.get(entry, cert=mine, verify=trusted, headers=forged, allow_redirects=False, timeout=10)
        assert known.status_code == 303 and "; secure" in known.headers["set-cookie"].lower()
        assert site.ask("GET", "api/v1/me", _cookie(known, "session")).json()["strong"]
        unknown = requests.get(entry, verify=trusted, headers=forged, allow_redirects=False, timeout=10)
        assert unknown.status_code == 401 and not _cookie(unknown, "session")


@pytest.mark.claim("ACCOUNTS", "Who sends the header past the proxy is nobody, and neither is his scheme believed.")
def test_a_header_past_the_proxy_is_nobody(tmp_path: Path) -> None:
    given = {"SIGN_IN": "password,proxy", "PROXY_HEADER": HEADER, "PROXY_TRUSTED": "192.0.2.7"}
    with standing_house(tmp_path, **{f"CITYVITALS_{name}": value for name, value in given.items()}) as site:
        site.person(Role.DUTY, login=LOGIN)
        named = {HEADER: LOGIN, "Accept": "text/html", "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
        refused = site.ask("GET", "sign-in/with/proxy", {}, headers=named)
        assert refused.status_code == 401 and not _cookie(refused, "session")
        assert "strict-transport-security" not in refused.headers
        assert site.ask("GET", "indicators", {}, headers=named).headers["location"].startswith(f"{BASE}sign-in?")
        assert [one.act.detail["reason"] for one in site.acts("sign-in")] == ["not-trusted"]
