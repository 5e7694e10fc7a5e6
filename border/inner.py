"""The website inside, as the relay reaches it: each request signed, on a connection of its own, streamed back.

A connection a request costs a handshake and saves a doubt: one that was kept may be hung up just as an act goes out.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import h11

from core.border_signature import HEADER, REFUSED, Vouched, digest_of, key_of, signed
from core.clock import real_ms
from core.errors import NeighbourDown, StartError
from core.settings import Settings

log = logging.getLogger(__name__)

CONNECT_S = 4.0
SEND_S = 60.0  # a photo into 政务外网
ANSWER_S = 35.0  # `/m/changes` answers after 20 s
PIECE_S = 20.0  # between two pieces of an answer
HEAD_BYTES = 64 * 1024
PIECE_BYTES = 64 * 1024
AWAY = frozenset({502, 503, 504})  # of a proxy inside, or of the website while it has no database

PROBLEMS = (OSError, TimeoutError, h11.RemoteProtocolError)

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of the website. target: address with its query, as on the wire; taken_ms: since when we have it."""

    method: str
    target: str
    headers: Headers
    body: bytes
    address: str
    taken_ms: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What it says. pieces: its body, once; may raise NeighbourDown in the middle."""

    status: int
    headers: Headers
    pieces: AsyncIterator[bytes]

    def header(self, name: str) -> str:
        """The first header of a name; "" without one."""
        return next((value for one, value in self.headers if one == name), "")

    async def body(self, limit_bytes: int) -> bytes:
        """The beginning of its body, to be looked at."""
        kept = bytearray()
        async for piece in self.pieces:
            kept += piece
            if len(kept) >= limit_bytes:
                break
        return bytes(kept[:limit_bytes])


class Inner:
    """The website of one installation, and since when it does not answer."""

    def __init__(self, settings: Settings) -> None:
        """Raises StartError: the certificates that vouch for it cannot be read."""
        self._settings = settings
        parts = urlsplit(settings.border_inner)
        self._host, self._netloc = str(parts.hostname), parts.netloc
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._trust = _trust(settings.border_ca) if parts.scheme == "https" else None
        self.away_since_ms: int | None = None
        self.why_away = ""

    @asynccontextmanager
    async def ask(self, asked: Asked) -> AsyncIterator[Answer]:
        """Send one request and read its answer.

        Raises NeighbourDown: it cannot be reached, says nothing, is just not well, or does not believe our signature.
        Then nobody knows whether it did what was asked.
        """
        async with AsyncExitStack() as standing:
            try:
                reader, writer = await standing.enter_async_context(self._connected())
                talk = h11.Connection(h11.CLIENT, HEAD_BYTES)
                async with asyncio.timeout(SEND_S):
                    await self._send(talk, writer, asked)
                async with asyncio.timeout(ANSWER_S):
                    head = await _head(talk, reader)
            except PROBLEMS as problem:
                self._lost(str(problem) or type(problem).__name__)
                raise NeighbourDown(self.why_away) from problem
            answer = Answer(head.status_code, _plain(head.headers), _pieces(talk, reader))
            self._judge(answer)
            yield answer

    def _judge(self, answer: Answer) -> None:
        refused = answer.header(REFUSED)
        if refused or answer.status in AWAY:
            self._lost(f"border-{refused}" if refused else f"HTTP {answer.status}")
            raise NeighbourDown(self.why_away)
        if self.away_since_ms is not None:
            log.info("the website inside answers again")
        self.away_since_ms, self.why_away = None, ""

    def _lost(self, why: str) -> None:
        if self.away_since_ms is None:
            log.warning("the website inside is away: %s", why)
        self.away_since_ms, self.why_away = self.away_since_ms or real_ms(), why

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        async with asyncio.timeout(CONNECT_S):
            name = self._host if self._trust else None
            reader, writer = await asyncio.open_connection(
                self._host, self._port, ssl=self._trust, server_hostname=name
            )
        try:
            yield reader, writer
        finally:
            writer.close()
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(1):
                    await writer.wait_closed()

    async def _send(self, talk: h11.Connection, writer: asyncio.StreamWriter, asked: Asked) -> None:
        headers = [("Host", self._netloc), ("Connection", "close"), (HEADER, self._signature(asked)), *asked.headers]
        if asked.method == "POST":
            headers.append(("Content-Length", str(len(asked.body))))
        writer.write(talk.send(h11.Request(method=asked.method, target=asked.target, headers=headers)) or b"")
        if asked.body:
            writer.write(talk.send(h11.Data(data=asked.body)) or b"")
        writer.write(talk.send(h11.EndOfMessage()) or b"")
        await writer.drain()

    def _signature(self, asked: Asked) -> str:
        key = key_of(self._settings)
        if key is None:
            raise NeighbourDown("border.key")
        now_ms = real_ms()
        told = Vouched(
            at_ms=now_ms,
            nonce=secrets.token_urlsafe(12),
            address=asked.address,
            origin=self._settings.field_address,
            taken_ms=min(asked.taken_ms, now_ms),  # its clock may have been set back
            digest=digest_of(asked.body),
        )
        return signed(key, told, asked.method, asked.target)


async def _head(talk: h11.Connection, reader: asyncio.StreamReader) -> h11.Response:
    while True:
        event = talk.next_event()
        if event is h11.NEED_DATA:
            talk.receive_data(await reader.read(PIECE_BYTES))
        elif isinstance(event, h11.Response):
            return event
        elif not isinstance(event, h11.InformationalResponse):
            raise h11.RemoteProtocolError("no answer")


async def _pieces(talk: h11.Connection, reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while True:
        try:
            async with asyncio.timeout(PIECE_S):
                while (event := talk.next_event()) is h11.NEED_DATA:
                    talk.receive_data(await reader.read(PIECE_BYTES))
        except PROBLEMS as problem:
            raise NeighbourDown(str(problem)) from problem
        if not isinstance(event, h11.Data):
            return
        yield bytes(event.data)


def _plain(headers: Sequence[tuple[bytes, bytes]]) -> Headers:
    return [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers]


def _trust(file: str) -> ssl.SSLContext:
    try:
        trust = ssl.create_default_context(cafile=file or None)
    except (OSError, ssl.SSLError) as problem:
        raise StartError("border-ca", file=Path(file), reason=problem) from problem
    trust.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN if file else 0
    return trust
