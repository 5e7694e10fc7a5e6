"""What every way to prove an identity has in common. The rest (lock-out, sessions, audit) is the same for all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from core.messages import text


@dataclass(frozen=True, slots=True)
class Claim:
    """Somebody proved to a source who he is.

    subject: his name there. login: his login here, only from sources where people cannot change it themselves;
    otherwise an administrator links the subject to a person. strong: proved by more than a password.
    """

    source: str
    subject: str
    login: str = ""
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """Why there is no sign-in: a code of `core/messages/sign-in.yaml`. detail is for the audit, not for the screen."""

    code: str
    places: Mapping[str, object] = field(default_factory=dict)
    detail: str = ""

    def in_words(self, language: str) -> str:
        """The sentence for the screen."""
        return text(f"sign-in.{self.code}", language, **self.places)


@dataclass(frozen=True, slots=True)
class Journey:
    """A sign-in under way elsewhere: where the browser goes, and what it must bring back. Kept in a sealed cookie."""

    address: str
    state: str = field(repr=False)
    nonce: str = field(default="", repr=False)
    verifier: str = field(default="", repr=False)


class AsksPassword(Protocol):
    """A source that takes login and password: our own passwords, LDAP."""

    name: str

    def prove(self, login: str, password: str) -> Claim | Refused:
        """Whether the password is right there."""


class SendsAway(Protocol):
    """A source with its own sign-in page: OIDC, OAuth 2, CAS."""

    name: str

    def begin(self, return_to: str) -> Journey | Refused:
        """Where the browser must go. return_to: our address to which it comes back."""

    def finish(self, query: Mapping[str, str], journey: Journey, return_to: str) -> Claim | Refused:
        """What the query with which it came back proves."""


class ReadsRequest(Protocol):
    """A source that the request itself carries: a header or a client certificate checked by a proxy of ours."""

    name: str

    def read(self, headers: Mapping[str, str], peer: str) -> Claim | Refused:
        """Whom the proxy names. headers: by lower-case name; peer: the address of the other end of the connection."""
