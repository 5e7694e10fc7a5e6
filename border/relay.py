"""The relay as an ASGI application: what is on the list goes on to the website inside, everything else is a 404.

While the website is away, acts are taken in (`border/queue.py`) and every page says honestly how things stand.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from contextlib import suppress
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import Message, Receive, Scope, Send

from border.act import fields_of
from border.call import SESSION, Call, Onward, sender_of
from border.delivery import Delivery
from border.inner import Answer, Inner
from border.known import Known
from border.pages import Pages
from border.queue import Queue, QueueFull
from border.vault import Vault
from core.border import FORM_BYTES, QUERY_BYTES, our_cookies, passage_of
from core.clock import real_ms
from core.errors import NeighbourDown
from core.limits import Limit
from core.peer import Peers
from core.settings import Settings

log = logging.getLogger(__name__)

PIECE_S, BODY_S = 15.0, 300.0  # between two pieces of a body, and for the whole: 15 MB by a poor mobile network
DRAINED_TIMES = 8  # a larger body is read to its end and let go, so that the refusal is heard; not for ever
HELD_BYTES = 256 * 1024 * 1024  # bodies in memory at the same time
AT_ONCE_EACH = 500  # requests of one address: a quarter of all connections; telephones share that of their operator
HEAD_BYTES = 16 * 1024  # of all headers together
LOOPBACK = frozenset({"127.0.0.1", "::1"})


class Unfit(Exception):
    """A body that is not taken; `code` of core/messages/border.yaml."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


class Relay:
    """One relay. `queue`, `known` and `vault` are what it keeps on its disk."""

    def __init__(self, settings: Settings, inner: Inner, queue: Queue, known: Known, vault: Vault) -> None:
        self._settings, self._base = settings, settings.base_path
        self._inner, self._queue, self._known, self._vault = inner, queue, known, vault
        self._pages = Pages(settings.language, settings.base_path)
        self._delivery = Delivery(inner, queue, self._pages)
        self._onward = Onward(settings.field_address, settings.base_path)
        self._host, self._reading = urlsplit(settings.field_address).netloc, f"{settings.base_path}border/read"
        self._peers, self._limit = Peers(settings.proxy_trusted), Limit(settings.border_per_min)
        self._held_bytes, self._at_work = 0, Counter[str]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request, or the life of the server."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            address = self._peers.of(scope).address
            self._at_work[address] += 1
            try:
                said = await self._said(scope, address, receive, send)
            finally:
                self._at_work[address] -= 1
                if not self._at_work[address]:
                    del self._at_work[address]
            if said is not None:
                await said(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        """Deliver what waits for as long as the server stands."""
        await receive()
        delivering = asyncio.create_task(self._delivery.run_forever())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        delivering.cancel()
        with suppress(asyncio.CancelledError):
            await delivering
        await send({"type": "lifespan.shutdown.complete"})

    async def _said(self, scope: Scope, address: str, receive: Receive, send: Send) -> Response | None:
        """What is answered; None: it was sent already, as it came from inside."""
        method, path, query = scope["method"], scope["raw_path"].decode("latin-1"), scope["query_string"]
        headers = Headers(scope=scope)
        at_once = self._at_once(method, path, headers, address)
        if at_once is not None:
            return at_once
        passage = passage_of(method, path, self._base)
        if len(query) > QUERY_BYTES or not (passage or (method, path) == ("POST", self._reading)):
            return self._pages.plain(404, "no-door")
        limit = FORM_BYTES + (self._settings.photo_mb * 1_000_000 if passage and passage.with_photo else 0)
        try:
            body = await self._body(receive, limit) if method == "POST" else b""
        except Unfit as unfit:
            return self._pages.told(unfit.status, unfit.code)
        try:
            if passage is None:
                return await self._read(headers, body)
            target = f"{path}?{query.decode('latin-1')}" if query else path
            return await self._through(Call(passage, target, headers, body, address, real_ms()), send)
        finally:
            self._held_bytes -= len(body)

    def _at_once(self, method: str, path: str, headers: Headers, address: str) -> Response | None:
        """What the relay answers by itself: how it is, too often, too much, another site's name, the bare address."""
        if (method, path) == ("GET", f"{self._base}healthz"):
            return self._health(address)
        if self._at_work[address] > AT_ONCE_EACH or self._limit.waits_s(address, real_ms()):
            return self._pages.plain(429, "too-many")
        if sum(len(name) + len(value) for name, value in headers.raw) > HEAD_BYTES:
            return self._pages.plain(431, "too-large")
        if headers.get("host", "").lower() != self._host:
            return self._pages.plain(404, "no-door")
        return RedirectResponse(f"{self._base}m", 303) if (method, path) == ("GET", self._base) else None

    async def _through(self, call: Call, send: Send) -> Response | None:
        """Past what its sender must read or wait for, to the website."""
        sender = sender_of(self._vault, call.secret({}))
        if call.passage.door in {"GET /m", "GET /t"} and (found := self._queue.refused(sender)):
            return self._pages.refused(found, *_way_back(call))
        if call.passage.waits and self._queue.count():
            fields = await call.fields()
            sender = sender_of(self._vault, call.secret(fields))
            if self._queue.count(sender):
                return await self._keep(call, sender, fields)  # behind what he did before
        try:
            async with self._inner.ask(call.asked()) as answer:
                self._note(call, sender, answer)
                headers = self._onward.headers(call, answer)
                if headers is None:
                    return self._pages.told(403, "inside-only", "m")
                await _send(answer, headers, send)
                return None
        except NeighbourDown:
            return await self._away(call)

    async def _away(self, call: Call) -> Response:
        """What a telephone is told while the website does not answer."""
        fields = await call.fields() if call.passage.waits else {}
        sender = sender_of(self._vault, call.secret(fields))
        if call.passage.waits:
            return await self._keep(call, sender, fields)
        if call.reads_pages:
            return self._pages.away(self._inner.away_since_ms, self._queue.count(sender) if sender else 0)
        return self._pages.plain(503, "away_now")

    async def _keep(self, call: Call, sender: str, fields: dict[str, str]) -> Response:
        """Take an act in, of whom the website knows; on disk before it is said."""
        if not sender or not self._known.has(sender, real_ms()):
            return self._pages.told(503, "unknown")
        act = call.act(sender, fields)
        if act is None:
            return self._pages.told(503, "no-key")
        try:
            await asyncio.to_thread(self._queue.put, act)
        except QueueFull:
            return self._pages.told(503, "full")
        except OSError as problem:
            log.error("an act could not be kept: %s", problem)
            return self._pages.told(503, "full")
        self._delivery.wake()
        return self._pages.kept(self._queue.count(sender), act.taken_ms, call.back(fields))

    async def _read(self, headers: Headers, body: bytes) -> Response:
        """Somebody has read what was not accepted of his."""
        fields = await fields_of(headers.get("content-type", ""), body)
        session = our_cookies(headers.get("cookie", "")).get(SESSION, "")
        link, back = fields.get("k", ""), fields.get("back", "")
        sender = sender_of(self._vault, f"t {link}" if link else f"m {session}" if session else "")
        numbers = {int(one) for one in fields.get("numbers", "").split(",") if one.isdecimal() and len(one) < 13}
        await asyncio.to_thread(self._queue.read, sender, numbers)
        is_known = passage_of("GET", self._base + back.partition("?")[0], self._base) is not None
        return RedirectResponse(self._base + (back if is_known else "m"), 303)

    def _note(self, call: Call, sender: str, answer: Answer) -> None:
        """Remember whom the website accepts, and whom it does no more."""
        door, status = call.passage.door, answer.status
        if not sender or door not in {"GET /m", "GET /m/changes", "GET /t"}:
            return
        if status == 200:
            self._known.saw(sender, real_ms())
        elif status in {303, 401, 410}:
            self._known.forget(sender)

    async def _body(self, receive: Receive, limit_bytes: int) -> bytes:
        """The whole body; it counts as held until its request is answered. Raises Unfit."""
        kept, came_bytes = bytearray(), 0
        try:
            async with asyncio.timeout(BODY_S):
                while True:
                    message: Message = await asyncio.wait_for(receive(), PIECE_S)
                    if message["type"] == "http.disconnect":
                        raise Unfit(400, "too-slow")
                    piece = message.get("body", b"")
                    came_bytes += len(piece)
                    if came_bytes > limit_bytes:
                        is_over = came_bytes > limit_bytes * DRAINED_TIMES or not message.get("more_body")
                        if is_over:
                            raise Unfit(413, "too-large")
                        continue
                    if self._held_bytes + len(piece) > HELD_BYTES:
                        raise Unfit(503, "too-many")
                    kept += piece
                    self._held_bytes += len(piece)
                    if not message.get("more_body"):
                        return bytes(kept)
        except TimeoutError:
            self._held_bytes -= len(kept)
            raise Unfit(408, "too-slow") from None
        except Unfit:
            self._held_bytes -= len(kept)
            raise

    def _health(self, address: str) -> Response:
        """Up, and whether the website is; to this machine itself also what waits."""
        inner = self._inner
        told: dict[str, object] = {"state": "away" if inner.away_since_ms else "ok"}
        if address in LOOPBACK:
            told |= {
                "waiting": self._queue.count(),
                "refused": len(self._queue.refused()),
                "unreadable": self._queue.unreadable,
                "away_since_ms": inner.away_since_ms,
                "why": inner.why_away,
            }
        return JSONResponse(told, headers={"Cache-Control": "no-store"})


def _way_back(call: Call) -> tuple[str, str]:
    """Where a page of tasks is read again, below the base path, and the secret of a link."""
    secret = call.secret({})
    place = call.passage.door.rpartition("/")[2]
    query = call.target.partition("?")[2]
    return f"{place}?{query}" if query else place, secret.removeprefix("t ") if secret.startswith("t ") else ""


async def _send(answer: Answer, headers: list[tuple[bytes, bytes]], send: Send) -> None:
    """An answer as it comes. What breaks off in the middle is broken off here too."""
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    with suppress(NeighbourDown):
        async for piece in answer.pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
