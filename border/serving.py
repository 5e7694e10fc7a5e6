"""The relay on its port: uvicorn with TLS, and no patience for telephones that never end what they begin."""

from __future__ import annotations

import asyncio
import logging
import resource
import secrets
import socket
from pathlib import Path

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from border.inner import Inner
from border.known import Known
from border.queue import Queue
from border.relay import HEAD_BYTES, Relay
from border.vault import vault_of, write_key
from core.border_signature import KEY_FILE, key_of
from core.errors import StartError
from core.settings import Settings

log = logging.getLogger(__name__)

HEAD_S = 10.0  # for the head of a request, from its first byte or from the connection
CONNECTIONS = 2000  # a telephone that waits for changes holds one
FILES = 3 * CONNECTIONS  # each may have its own way inside; the system itself allows 1,024
IDLE_S = 30
GRACE_S = 3
QUEUE, KNOWN = "border-queue", "border-known"  # folders of what it keeps


class Hurried(H11Protocol):
    """Hangs up when the head of a request does not come in time; uvicorn itself would wait for ever."""

    _hurry: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A connection: its first request is awaited from now on."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Some bytes: when they end no head, the same time goes on."""
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._calm()
        elif self.cycle is None or self.cycle.response_complete:
            self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._calm()
        super().connection_lost(exc)

    def _watch(self) -> None:
        self._hurry = self._hurry or self.loop.call_later(HEAD_S, self.transport.close)

    def _calm(self) -> None:
        if self._hurry is not None:
            self._hurry.cancel()
            self._hurry = None


def relay_of(settings: Settings) -> tuple[Relay, Queue]:
    """The relay that these settings describe, with what its folder holds.

    Raises StartError: a setting, the key or a file is missing.
    """
    wanted = {
        "CITYVITALS_BORDER_INNER": settings.border_inner,
        "CITYVITALS_FIELD_ADDRESS": settings.field_address,
    }
    if missing := [name for name, value in wanted.items() if not value]:
        raise StartError("border-unset", names=", ".join(missing))
    if key_of(settings) is None:
        raise StartError("border-no-key", file=settings.var / KEY_FILE)
    vault = vault_of(settings.var)
    queue = Queue(settings.var / QUEUE, vault, settings.border_queue_mb)
    return Relay(settings, Inner(settings), queue, Known(settings.var / KNOWN), vault), queue


def server_of(settings: Settings, relay: Relay) -> uvicorn.Server:
    """The server that is to serve it."""
    config = uvicorn.Config(
        relay,
        http=Hurried,
        ws="none",
        loop="uvloop",
        lifespan="on",
        h11_max_incomplete_event_size=HEAD_BYTES,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=IDLE_S,
        timeout_graceful_shutdown=GRACE_S,
        log_config=None,
        log_level="error",  # what strangers send wrongly is no line in the log
        access_log=False,  # links are secrets, and stand in addresses
        server_header=False,
        proxy_headers=False,  # believed in core/peer.py alone
        ssl_certfile=settings.tls_certificate or None,
        ssl_keyfile=settings.tls_key or None,
    )
    return uvicorn.Server(config)


def run(settings: Settings, listening: socket.socket) -> int:
    """Serve until a signal. Exit code. Raises StartError."""
    relay, queue = relay_of(settings)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES, hard) if hard > 0 else FILES, hard))
    log.info(
        "listening on port %d for %s; the site inside is %s; %d acts wait",
        settings.port,
        settings.field_address,
        settings.border_inner,
        queue.count(),
    )
    server = server_of(settings, relay)
    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(server.serve([listening]))
    return 0


def make_key(settings: Settings, anew: bool) -> tuple[Path, bool]:
    """Make the key that the website inside and the relay share. Returns its file, and whether it was made now."""
    file = settings.var / KEY_FILE
    if anew:
        file.unlink(missing_ok=True)
    is_new = not file.exists()
    if is_new:
        write_key(file, secrets.token_urlsafe(32).encode() + b"\n")
    return file, is_new
