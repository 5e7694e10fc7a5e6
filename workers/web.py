"""The website: live feed, API and pages in one process with uvicorn."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import Callable
from typing import Any, Protocol

import uvicorn

from core.settings import Settings
from workers.clock_offset import clock_offset
from workers.logs import write_logs
from workers.own_site import check_tls, listen, near_address
from workers.worker import Stop, redis_url

log = logging.getLogger(__name__)

GRACE_S = 3


class Website(Protocol):
    """What is served. `app` is an ASGI application; `close` ends its live connections."""

    app: Any

    def close(self) -> None:
        """End every connection that would not end by itself."""


ClockOffset = Callable[[], float | None]  # how far this machine's clock is off, s; None when nobody knows
Build = Callable[[Settings, str, ClockOffset], Website]  # from the settings and the address of Redis


class Server(uvicorn.Server):
    """Lets every live connection go before it waits for those that end by themselves."""

    def __init__(self, config: uvicorn.Config, site: Website) -> None:
        super().__init__(config)
        self._site = site

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the live feed, then everything else."""
        self._site.close()
        await super().shutdown(sockets)


def run(settings: Settings, build: Build) -> int:
    """Serve until a signal. Exit code. build: makes the website, which lives in another room.

    Raises:
        StartError: The port is taken, or the files of TLS do not fit.
    """
    write_logs("web", settings.log_level)
    for number in (signal.SIGTERM, signal.SIGINT):  # uvicorn hands a signal on when it has ended; it ends with 0 then
        signal.signal(number, Stop().on_signal)
    check_tls(settings)
    site = build(settings, redis_url(settings), _clock_offset_s)
    config = uvicorn.Config(
        site.app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        log_level="warning",  # who connects and leaves is a number in /metrics, not a line in the log
        access_log=False,
        loop="uvloop",
        ws_per_message_deflate=False,  # one encoding for all clients; a proxy may compress
        timeout_graceful_shutdown=GRACE_S,
        server_header=False,
        ssl_certfile=settings.tls_certificate or None,
        ssl_keyfile=settings.tls_key or None,
        proxy_headers=False,  # what proxies say is believed in one place only, core/peer.py, and only from trusted ones
    )
    listening = listen(settings)
    log.info("listening on %s", near_address(settings))
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(Server(config, site).serve([listening]))
    return 0


def _clock_offset_s() -> float | None:
    found = clock_offset()
    return found.offset_s if found else None
