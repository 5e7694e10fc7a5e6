"""CAS, protocol 2 and 3: a ticket in the query, and the server says to whom it gave it.

Source: CAS Protocol Specification 3.0, sections 2.1 and 2.5.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit, urlunsplit
from xml.etree.ElementTree import ParseError

import requests
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from accounts.sources.contract import Claim, Journey, Refused

ANSWER_S = 5.0
_SPACE = "{http://www.yale.edu/tp/cas}"


class Cas:
    """One CAS server. url: as far as its `/login`."""

    name = "cas"

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    def begin(self, return_to: str) -> Journey | Refused:
        """Where the browser must go. CAS has no state of its own: ours stands in the address that it comes back to."""
        state = secrets.token_urlsafe(24)
        return Journey(f"{self._url}/login?{urlencode({'service': _with_state(return_to, state)})}", state)

    def finish(self, query: Mapping[str, str], journey: Journey, return_to: str) -> Claim | Refused:
        """Ask the server whose ticket this is."""
        if not hmac.compare_digest(query.get("state", "").encode(), journey.state.encode()) or "ticket" not in query:
            return Refused("state-wrong")
        asked = {"service": _with_state(return_to, journey.state), "ticket": query["ticket"]}
        try:
            answer = requests.get(f"{self._url}/serviceValidate", params=asked, timeout=ANSWER_S)
            answer.raise_for_status()
            tree = fromstring(answer.content)
        except requests.RequestException as problem:
            return Refused("server-down", {"server": self._shown()}, repr(problem))
        except (ParseError, DefusedXmlException, ValueError) as problem:
            return Refused("answer-wrong", detail=repr(problem))
        user = tree.findtext(f"{_SPACE}authenticationSuccess/{_SPACE}user", "").strip()
        if not user:
            failure = tree.find(f"{_SPACE}authenticationFailure")
            return Refused("answer-wrong", detail="" if failure is None else failure.get("code", ""))
        return Claim(self.name, user, user)

    def _shown(self) -> str:
        parts = urlsplit(self._url)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _with_state(return_to: str, state: str) -> str:
    return f"{return_to}?{urlencode({'state': state})}"
