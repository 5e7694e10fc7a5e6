"""Headers that every answer carries, and how long a browser may keep it."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.peer import Peers
from core.settings import Settings

SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "SAMEORIGIN",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
POLICY = "default-src 'none'; frame-ancestors 'self'"  # of what is no page: it loads and runs nothing
A_YEAR_S = 31_536_000
A_YEAR = f"public, max-age={A_YEAR_S}, immutable"


class Headers:
    """ASGI middleware. An asset asked for with its fingerprint (`?m=`) is kept for a year; nothing else is."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._assets = f"{settings.base_path}assets/"
        self._peers = Peers(settings.proxy_trusted)
        self._safe = SAFE | ({"Content-Security-Policy": POLICY} if settings.accounts else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        fingerprinted = scope["path"].startswith(self._assets) and scope["query_string"].startswith(b"m=")

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._safe.items():
                    headers.setdefault(name, value)
                if self._peers.of(scope).secure:
                    headers["Strict-Transport-Security"] = f"max-age={A_YEAR_S}"
                if fingerprinted and message["status"] == 200:
                    headers["Cache-Control"] = A_YEAR
                headers.setdefault("Cache-Control", "no-cache")
            await send(message)

        await self._app(scope, receive, send_with_headers)
