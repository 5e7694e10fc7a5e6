"""What a border relay 边界中继 forwards, as the website inside takes it: as the telephone's own, and only to its doors.

Without the relay's signature nothing changes. With a wrong one nothing is answered but 403; with a right one address
and scheme of the telephone are believed, its headers are cut down once more, and doors beside the list stay shut.
"""

from __future__ import annotations

from collections import OrderedDict
from hashlib import sha256
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from accounts.bearer import NOBODY, Bearer
from api.entrance import Entrance
from api.errors import answer
from core.border import ASKED, as_header, our_cookies, passage_of
from core.border_signature import HEADER, REFUSED, VALID_MS, Vouched, checked, key_of
from core.clock import real_ms
from core.messages import text

REMEMBERED = 100_000  # numbers that were used once


def vouched_for(scope: Scope) -> Vouched | None:
    """What a relay said of the request that is being answered; None: it came by no relay."""
    told: Vouched | None = scope.get("state", {}).get("border")
    return told


class BorderGate:
    """ASGI middleware outside of all others."""

    def __init__(self, app: ASGIApp, entrance: Entrance) -> None:
        self._app, self._entrance = app, entrance
        self._used: OrderedDict[str, int] = OrderedDict()  # number used once → until when it counts, ms

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        said = Headers(scope=scope).get(HEADER) if scope["type"] in {"http", "websocket"} else None
        if said is None:
            await self._app(scope, receive, send)
            return
        told = self._told(scope, said)
        if isinstance(told, str):
            await self._refuse(scope, told, receive, send)
            return
        has_begun = False

        async def noting(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(_as_told(scope, told), _whole(receive, told.digest), noting)
        except ClientDisconnect:
            if not has_begun:
                await self._refuse(scope, "wrong", receive, send)

    def _told(self, scope: Scope, said: str) -> Vouched | str:
        """What the relay says of a request, or why it is refused."""
        key, now_ms = key_of(self._entrance.settings), real_ms()
        if key is None:
            return "no-key"
        path = scope.get("raw_path", b"").decode("latin-1")
        query = scope["query_string"].decode("latin-1")
        method = scope.get("method", "WS")
        told = checked(key, said, method, f"{path}?{query}" if query else path, now_ms)
        if isinstance(told, str):
            return told
        passage, door = passage_of(method, path, self._entrance.base_path), self._entrance.doorways.door(scope)
        if passage is None or door is None or door[0] != passage.door:
            return "door"
        return told if self._is_first(told.nonce, now_ms) else "again"

    def _is_first(self, nonce: str, now_ms: int) -> bool:
        while self._used and (len(self._used) > REMEMBERED or next(iter(self._used.values())) < now_ms):
            self._used.popitem(last=False)
        if nonce in self._used:
            return False
        self._used[nonce] = now_ms + 2 * VALID_MS  # a clock ahead of ours signs for as long again
        return True

    async def _refuse(self, scope: Scope, why: str, receive: Receive, send: Send) -> None:
        direct = scope["client"][0] if scope.get("client") else ""
        nobody = Bearer(NOBODY.name, address=direct)
        self._entrance.refusals.noted(nobody, "border", f"border-{why}", scope["path"], real_ms())
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        said = answer(403, f"border-{why}", text(f"api.border-{why}", self._entrance.language))
        said.headers[REFUSED] = why
        await said(scope, receive, send)


def _as_told(scope: Scope, told: Vouched) -> Scope:
    """The request as if the telephone stood at this door itself."""
    origin, headers = urlsplit(told.origin), Headers(scope=scope)
    kept = [(name, value) for name, value in headers.items() if name in ASKED | {"content-length"}]
    kept += [("host", origin.netloc), ("cookie", as_header(our_cookies(headers.get("cookie", ""))))]
    return {
        **scope,
        "client": (told.address, 0),
        "scheme": origin.scheme,
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in kept if value],
        "state": {**scope.get("state", {}), "border": told},
    }


def _whole(receive: Receive, digest: str) -> Receive:
    """A body whose last piece is handed on only when the whole is what the relay signed."""
    came = sha256()

    async def read() -> Message:
        message = await receive()
        if message["type"] != "http.request":
            return message
        came.update(message.get("body", b""))
        is_other = not message.get("more_body") and came.hexdigest() != digest
        return {"type": "http.disconnect"} if is_other else message

    return read
