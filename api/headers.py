"""Headers that every answer carries, and how long a browser may keep it."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "SAMEORIGIN",
}
A_YEAR = "public, max-age=31536000, immutable"


class Headers:
    """ASGI middleware. An asset asked for with its fingerprint (`?m=`) is kept for a year; nothing else is."""

    def __init__(self, app: ASGIApp, base_path: str) -> None:
        self._app = app
        self._assets = f"{base_path}assets/"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        fingerprinted = scope["path"].startswith(self._assets) and scope["query_string"].startswith(b"m=")

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SAFE.items():
                    headers.setdefault(name, value)
                if fingerprinted and message["status"] == 200:
                    headers["Cache-Control"] = A_YEAR
                headers.setdefault("Cache-Control", "no-cache")
            await send(message)

        await self._app(scope, receive, send_with_headers)
