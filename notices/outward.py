"""One request to somewhere else over HTTP: no proxy, no redirect, and no way into this machine by a typed address.

The name is resolved once and the very address that was looked at is connected to, so that a name that answers
differently the second time gains nothing.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from threading import Timer
from urllib.parse import urlsplit

from core.notices import State
from notices.parcel import Handed

TIMEOUT_S = 6.0  # of each step; three of them stay below the time for which a delivery is lent
WHOLE_S = 18.0  # of all of it: who sends a byte every few seconds must not keep a thread from other notices
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
    connection = _Connection(host, port, _checked(host, port, request.local), parts.scheme == "https")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    hanging_up = Timer(WHOLE_S, connection.hang_up)
    hanging_up.start()
    try:
        connection.request("GET" if request.body is None else "POST", path, request.body, dict(request.headers or {}))
        answer = connection.getresponse()
        said = answer.read(ANSWER_BYTES).decode("utf-8", "replace")
        if connection.hung_up:  # half an answer looks like a whole one
            raise TimeoutError
        return Answer(answer.status, said)
    except (OSError, http.client.HTTPException, ValueError) as problem:
        raise Unreachable(f"{host}: {type(problem).__name__}") from problem
    finally:
        hanging_up.cancel()
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


class _Connection(http.client.HTTPConnection):
    """A connection to an address that was checked, in the name of the host; another thread may hang it up."""

    def __init__(self, host: str, port: int, address: str, secure: bool) -> None:
        super().__init__(host, port, timeout=TIMEOUT_S)
        self.default_port = 443 if secure else 80
        self._address, self._secure = address, secure
        self.hung_up = False
        self._dialled: socket.socket | None = None  # kept: `sock` is given away with the last answer

    def connect(self) -> None:
        """Dial, and agree on keys where that is asked."""
        self.sock = self._dialled = socket.create_connection((self._address, self.port), TIMEOUT_S)
        if self._secure:
            secure = ssl.create_default_context().wrap_socket(
                self.sock, server_hostname=self.host, do_handshake_on_connect=False
            )
            self.sock = self._dialled = secure
            secure.do_handshake()

    def hang_up(self) -> None:
        """End whatever is waited for."""
        self.hung_up = True
        if self._dialled is not None:
            with suppress(OSError):
                self._dialled.shutdown(socket.SHUT_RDWR)
