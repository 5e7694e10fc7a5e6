"""What the gate stands on: the accounts of this installation, as one web process uses them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar

from fastapi import FastAPI
from starlette.types import Scope

from accounts.bearer import NOBODY, Bearer
from accounts.office import Office
from accounts.own_token import own_token
from accounts.refusals import Refusals
from api.bearers import Bearers
from api.doorways import Doorways
from api.sensitive import SensitiveLooks
from api.sight import Sights
from core.clock import real_ms
from core.errors import NeighbourDown
from core.limits import Limit
from core.peer import Peers
from core.settings import Settings

log = logging.getLogger(__name__)

WRITTEN_S = 1.0  # refusals and looks are written so often


class Entrance:
    """Bearers, doors and refusals of one web process."""

    def __init__(self, office: Office, settings: Settings, app: FastAPI) -> None:
        self.office, self.language, self.base_path = office, settings.language, settings.base_path
        self.settings = settings
        self.bearers = Bearers(office.sessions, own_token(settings))
        self.doorways = Doorways(app, settings.base_path)
        self.peers = Peers(settings.proxy_trusted)
        self.refusals = Refusals(office.journal)
        self.sign_ins, self.requests = Limit(settings.sign_in_per_min), Limit(settings.api_per_min)
        self.sights = Sights(self.bearer)
        self.sensitive = SensitiveLooks(office.looks)
        self._bearer: ContextVar[Bearer] = ContextVar("bearer", default=NOBODY)

    def bearer(self) -> Bearer:
        """Who sent the request that is being answered; also inside a callback of a page."""
        return self._bearer.get()

    def field_address(self, scope: Scope) -> str:
        """Where telephones outside reach this city, without its path: by the setting, else as this request came."""
        peer = self.peers.of(scope)
        return self.settings.field_address or f"{'https' if peer.secure else 'http'}://{peer.host}"

    def hid(self, action: str, subject: str) -> None:
        """Note for the audit that whoever asks was told there is no such thing, because he may not see it."""
        self.refusals.noted(self.bearer(), action, "hidden", subject, real_ms())

    @contextmanager
    def looking_as(self, bearer: Bearer) -> Iterator[None]:
        """Answer a request for a bearer."""
        before = self._bearer.set(bearer)
        try:
            yield
        finally:
            self._bearer.reset(before)

    async def write_forever(self) -> None:
        """Write what waits for the audit, in a thread; a database that is away is tried again."""
        while True:
            await asyncio.sleep(WRITTEN_S)
            try:
                await asyncio.to_thread(self.write)
            except NeighbourDown as down:
                log.warning("the audit waits: %s", down)

    def write(self) -> None:
        """Write what waits for the audit. Raises NeighbourDown."""
        now_ms = real_ms()
        self.refusals.write(now_ms)
        self.office.looks.write(now_ms)
        self.office.sessions.write_uses()

    def close(self) -> None:
        """Write what still waits, and give back the database."""
        with suppress(NeighbourDown):
            self.write()
        self.office.database.close()
