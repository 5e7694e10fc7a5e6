"""OpenID Connect: code flow with PKCE; the identity token is checked here, whatever the provider promises.

Source: OpenID Connect Core 1.0, sections 3.1.2 and 3.1.3; RFC 7636 (PKCE).
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from accounts.sources.contract import Claim, Journey, Refused
from core.clock import real_ms

DISCOVERY = "/.well-known/openid-configuration"
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")  # never `none`, never one with a shared secret
ANSWER_S = 5.0
LEEWAY_S = 60  # two clocks may differ so much


class Oidc:
    """One provider. What it says of itself is asked once, at the first sign-in."""

    name = "oidc"

    def __init__(self, issuer: str, client: str, secret: str) -> None:
        self._issuer, self._client, self._secret = issuer.rstrip("/"), client, secret
        self._known: dict[str, Any] = {}

    def begin(self, return_to: str) -> Journey | Refused:
        """Where the browser must go."""
        verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
        try:
            address, state = self._session(return_to).create_authorization_url(
                self._provider()["authorization_endpoint"], code_verifier=verifier, nonce=nonce
            )
        except (requests.RequestException, KeyError) as problem:
            return self._down(problem)
        return Journey(address, state, nonce, verifier)

    def finish(self, query: Mapping[str, str], journey: Journey, return_to: str) -> Claim | Refused:
        """Change the code for an identity token and check it."""
        if not hmac.compare_digest(query.get("state", "").encode(), journey.state.encode()) or "code" not in query:
            return Refused("state-wrong", detail=query.get("error", "")[:200])
        try:
            provider = self._provider()
            token = self._session(return_to).fetch_token(
                provider["token_endpoint"], code=query["code"], code_verifier=journey.verifier, timeout=ANSWER_S
            )
            keys = KeySet.import_key_set(requests.get(provider["jwks_uri"], timeout=ANSWER_S).json())
            claims = jwt.decode(token["id_token"], keys, algorithms=ALGORITHMS).claims
            self._check(claims, journey.nonce)
        except requests.RequestException as problem:
            return self._down(problem)
        except (AuthlibBaseError, JoseError, KeyError, TypeError, ValueError) as problem:
            return Refused("answer-wrong", detail=repr(problem))
        return Claim(self.name, str(claims["sub"]))

    def _check(self, claims: dict[str, Any], nonce: str) -> None:
        """Raises JoseError: it is not from this provider, not for us, not for this journey, or too old."""
        registry = jwt.JWTClaimsRegistry(
            now=real_ms() // 1000,
            leeway=LEEWAY_S,
            iss={"essential": True, "value": self._provider()["issuer"]},
            aud={"essential": True, "value": self._client},
            nonce={"essential": True, "value": nonce},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        )
        registry.validate(claims)

    def _session(self, return_to: str) -> OAuth2Session:
        return OAuth2Session(
            self._client,
            self._secret or None,
            token_endpoint_auth_method="client_secret_basic" if self._secret else "none",
            scope="openid",
            redirect_uri=return_to,
            code_challenge_method="S256",
        )

    def _provider(self) -> dict[str, Any]:
        if not self._known:
            answer = requests.get(self._issuer + DISCOVERY, timeout=ANSWER_S)
            answer.raise_for_status()
            known = answer.json()
            if known.get("issuer", "").rstrip("/") != self._issuer:
                raise requests.RequestException(f"it calls itself {known.get('issuer')!r}")
            self._known = known
        return self._known

    def _down(self, problem: Exception) -> Refused:
        return Refused("server-down", {"server": self._issuer}, repr(problem))
