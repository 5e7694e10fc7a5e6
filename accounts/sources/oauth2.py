"""Plain OAuth 2, as government portals have it: a code, a token, and a profile in JSON that names the person.

Nothing is signed here, so the profile is believed only because it came over our own connection to the portal.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session

from accounts.sources.contract import Claim, Journey, Refused

ANSWER_S = 5.0


@dataclass(frozen=True, slots=True)
class Portal:
    """The addresses of a portal, and the field of its profile that names the person; `a.b` looks into `a`."""

    authorize: str
    token: str
    profile: str
    subject: str


class OAuth2:
    """One portal."""

    name = "oauth2"

    def __init__(self, portal: Portal, client: str, secret: str) -> None:
        self._portal, self._client, self._secret = portal, client, secret

    def begin(self, return_to: str) -> Journey | Refused:
        """Where the browser must go."""
        verifier = secrets.token_urlsafe(48)
        session = self._session(return_to)
        address, state = session.create_authorization_url(self._portal.authorize, code_verifier=verifier)
        return Journey(address, state, verifier=verifier)

    def finish(self, query: Mapping[str, str], journey: Journey, return_to: str) -> Claim | Refused:
        """Change the code for a token and ask whose it is."""
        if not hmac.compare_digest(query.get("state", "").encode(), journey.state.encode()) or "code" not in query:
            return Refused("state-wrong", detail=query.get("error", "")[:200])
        session = self._session(return_to)
        try:
            session.fetch_token(
                self._portal.token, code=query["code"], code_verifier=journey.verifier, timeout=ANSWER_S
            )
            answer = session.get(self._portal.profile, timeout=ANSWER_S)
            answer.raise_for_status()
            found = answer.json()
            for field in self._portal.subject.split("."):
                found = found[field]
        except requests.JSONDecodeError as problem:
            return Refused("answer-wrong", detail=repr(problem))
        except requests.RequestException as problem:
            return Refused("server-down", {"server": self._portal.token}, repr(problem))
        except (AuthlibBaseError, KeyError, TypeError, ValueError) as problem:
            return Refused("answer-wrong", detail=repr(problem))
        return Claim(self.name, str(found)) if found else Refused("answer-wrong", detail="no subject")

    def _session(self, return_to: str) -> OAuth2Session:
        return OAuth2Session(
            self._client,
            self._secret,
            redirect_uri=return_to,
            code_challenge_method="S256",
            leeway=0,  # used at once; with the default a token that lives a minute would count as expired
        )
