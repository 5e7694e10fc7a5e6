"""Who else has a case open: `/api/v1/cases/{case}/presence`, from the heartbeats of desks."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from pydantic import BaseModel

from api.cases import Cases
from api.errors import errors
from api.me import signed
from core.clock import real_ms
from stream.connect import Client
from stream.presence import GONE_MS, heard, left

REFUSED = errors(401, 403, 404, 503)


class Presence(BaseModel):
    """Names of the others who have it open. gone_after_ms: whoever is not heard for so long is left out."""

    others: list[str]
    gone_after_ms: int = GONE_MS


class PresenceDesk:
    """Heartbeats of the desks of this site; every web process knows of all of them."""

    def __init__(self, cases: Cases, client: Client) -> None:
        self._cases, self._client = cases, client

    async def beat(self, case: str, request: Request) -> Presence:
        """Somebody has it open."""
        await self._cases.told(case)  # who may not see it is told that there is none
        name = await self._name(request)
        found = await asyncio.to_thread(heard, self._client, case, name, real_ms())
        return Presence(others=[one.who for one in found if one.who != name])

    async def end(self, case: str, request: Request) -> None:
        """Somebody looks at another one now."""
        await self._cases.told(case)
        await asyncio.to_thread(left, self._client, case, await self._name(request))

    async def _name(self, request: Request) -> str:
        one = await signed(self._cases.entrance, request)
        return f"{one.person.name}({one.person.login})"


def presence_routes(desk: PresenceDesk) -> APIRouter:
    """Routes below `/api/v1`."""
    router = APIRouter(prefix="/api/v1", tags=["v1"], responses=REFUSED)

    @router.post("/cases/{case}/presence")
    async def beat(case: str, request: Request) -> Presence:
        """I have it open; who else has? Told every few seconds, and forgotten after 15 s without."""
        return await desk.beat(case, request)

    @router.delete("/cases/{case}/presence", status_code=204)
    async def end(case: str, request: Request) -> None:
        """I have it open no more."""
        await desk.end(case, request)

    return router
