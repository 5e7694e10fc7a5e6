"""One request to somewhere else over HTTP: no proxy, no redirect, and no way into this machine by a typed address.

The name is resolved once and the very address that was looked at is connected to, so that a name that answers
differently the second time gains nothing.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from core.notices import State
from notices.parcel import Handed

TIMEOUT_S = 6.0  # of each step; three of them stay below the time for which a delivery is lent
ANSWER_BYTES = 4096
AGAIN = frozenset({408, 425, 429})  # refusals that may be none the next time


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent. body None: a GET. local: it may also go to this machine or to link-local addresses."""

    url: str
    body: bytes | None = None
    headers: Mapping[str, str] | None = None
    local: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; the beginning of it."""

    status: int
    body: str


class Unreachable(Exception):
    """No answer. The reason names the host, never the path, which may hold a key."""

    def __init__(self, reason: str, final: bool = False) -> None:
        self.reason, self.final = reason, final
        super().__init__(reason)


def ask(request: Request) -> Answer:
    """Send it once. Raises Unreachable."""
    parts = urlsplit(request.url)
    try:
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise Unreachable("bad-url", final=True) from None
    if parts.scheme not in ("http", "https") or not host:
        raise Unreachable("bad-url", final=True)
    connection = _connection(parts.scheme, host, port, _checked(host, port, request.local))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("GET" if request.body is None else "POST", path, request.body, dict(request.headers or {}))
        answer = connection.getresponse()
        return Answer(answer.status, answer.read(ANSWER_BYTES).decode("utf-8", "replace"))
    except (OSError, http.client.HTTPException, ValueError) as problem:
        raise Unreachable(f"{host}: {type(problem).__name__}") from problem
    finally:
        connection.close()


def handed(answer: Answer, state: State, taken: str = "") -> Handed:
    """What an answer means for a delivery: `state` when it is 2xx and holds the words that mean taken."""
    if not 200 <= answer.status < 300:
        final = 400 <= answer.status < 500 and answer.status not in AGAIN
        return Handed(State.FAILED, f"HTTP {answer.status}", final)
    if taken not in answer.body:
        return Handed(State.FAILED, f"HTTP {answer.status}: {answer.body[:80]}")
    return Handed(state)


def _checked(host: str, port: int, local: bool) -> str:
    """The address to connect to. One forbidden address among those of a name refuses the name."""
    try:
        found = [str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        raise Unreachable(f"{host}: unknown") from None
    if not local and any(_is_ours(ip_address(address.partition("%")[0])) for address in found):
        raise Unreachable(f"{host}: local", final=True)
    return found[0]


def _is_ours(address: IPv4Address | IPv6Address) -> bool:
    """This machine, its link, or no single place at all. Private networks are where a city's systems are."""
    within = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None) or address
    return bool(
        within.is_loopback or within.is_link_local or within.is_unspecified or within.is_multicast or within.is_reserved
    )


def _connection(scheme: str, host: str, port: int, address: str) -> http.client.HTTPConnection:
    """A connection to an address that was checked, in the name of the host."""

    class Plain(http.client.HTTPConnection):
        def connect(self) -> None:
            self.sock = socket.create_connection((address, port), TIMEOUT_S)

    class Secure(http.client.HTTPSConnection):
        def connect(self) -> None:
            plain = socket.create_connection((address, port), TIMEOUT_S)
            self.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=host)

    return (Secure if scheme == "https" else Plain)(host, port, timeout=TIMEOUT_S)
