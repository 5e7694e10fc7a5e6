"""Signing in with what another system proves: the browser is sent there and comes back, or a proxy names the person.

Between the two steps the browser keeps what it must bring back in a sealed cookie that counts once, for ten minutes.
So nobody is signed in by an answer that he did not ask for, and the server keeps nothing of journeys that never end.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from accounts.sealing import Seal, seal_of
from accounts.sources.contract import Claim, Journey, Refused, SendsAway
from api.bearers import set_cookie
from api.entrance import Entrance
from api.sign_in import admitted, where
from core.clock import real_ms
from core.errors import StartError
from core.records import MINUTE_MS

JOURNEY = "cityvitals_journey"
LASTS_MS = 10 * MINUTE_MS
AT_ONCE = 4  # sign-ins that ask another server at the same time; a slow one must not take all threads
CARRIED = "proxy"  # the way whose proof comes with the request itself


def elsewhere_routes(entrance: Entrance) -> APIRouter:
    """`/sign-in/with/{source}`, where the browser is sent away, and `/sign-in/back/{source}`, where it comes back."""
    router = APIRouter(include_in_schema=False)
    journeys = Journeys(entrance)

    @router.get("/sign-in/with/{source}")
    async def begin(source: str, request: Request) -> Response:
        """Off to the other system; with a proxy that has named the person already, straight on."""
        onward = request.query_params.get("next", "")
        if source == CARRIED:
            return await _signed(entrance, request, _carried(entrance, request), onward)
        return await journeys.begin(source, request, onward)

    @router.get("/sign-in/back/{source}")
    async def finish(source: str, request: Request) -> Response:
        """Back from there: the proof becomes a session, or the sign-in page says why not."""
        return await journeys.finish(source, request)

    return router


class Journeys:
    """Sign-ins under way at other systems."""

    def __init__(self, entrance: Entrance) -> None:
        self._entrance, self._sources = entrance, entrance.office.sources.elsewhere
        self._seal: Seal = seal_of(entrance.settings.key, entrance.settings.var)
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def begin(self, name: str, request: Request, onward: str) -> Response:
        """Send the browser away, with its sealed cookie."""
        source = self._sources.get(name)
        if source is None:
            return await _signed(self._entrance, request, Refused("not-used"), onward)
        async with self._turn:
            journey = await asyncio.to_thread(source.begin, self._return_to(source, request))
        if isinstance(journey, Refused):
            return await _signed(self._entrance, request, journey, onward)
        kept = {"source": name, "next": onward[:500], "began_ms": real_ms(), "journey": asdict(journey)}
        away = RedirectResponse(journey.address, 303)
        self._keep(away, request, self._seal.close(json.dumps(kept)))
        return away

    async def finish(self, name: str, request: Request) -> Response:
        """What the browser brought back, judged by its source."""
        source, kept = self._sources.get(name), self._kept(request)
        found: Claim | Refused = Refused("not-used" if source is None else "state-wrong")
        if source is not None and kept is not None and kept["source"] == name:
            journey = Journey(**kept["journey"])
            async with self._turn:
                brought, return_to = dict(request.query_params), self._return_to(source, request)
                found = await asyncio.to_thread(source.finish, brought, journey, return_to)
        answer = await _signed(self._entrance, request, found, kept["next"] if kept else "")
        self._keep(answer, request, "")
        return answer

    def _return_to(self, source: SendsAway, request: Request) -> str:
        peer = self._entrance.peers.of(request.scope)
        scheme = "https" if peer.secure else "http"
        return f"{scheme}://{peer.host}{self._entrance.base_path}sign-in/back/{source.name}"

    def _keep(self, answer: Response, request: Request, sealed: str) -> None:
        path, secure = f"{self._entrance.base_path}sign-in/back", self._entrance.peers.of(request.scope).secure
        set_cookie(answer, JOURNEY, sealed, path=path, secure=secure, lasts_s=LASTS_MS // 1000)
        answer.headers["Cache-Control"] = "no-store"

    def _kept(self, request: Request) -> dict[str, Any] | None:
        """What the sealed cookie says; None: there is none, it is not ours, or it is too old."""
        try:
            kept: dict[str, Any] = json.loads(self._seal.open(request.cookies.get(JOURNEY, "")))
        except StartError:
            return None
        return kept if real_ms() - kept["began_ms"] < LASTS_MS else None


def _carried(entrance: Entrance, request: Request) -> Claim | Refused:
    carried = entrance.office.sources.carried
    if carried is None:
        return Refused("not-used")
    return carried.read(dict(request.headers), entrance.peers.of(request.scope).direct)


async def _signed(entrance: Entrance, request: Request, claim: Claim | Refused, onward: str) -> Response:
    """The session of a claim, and the way on; or the form, with the reason."""
    at = await where(entrance, request)
    found = await asyncio.to_thread(entrance.office.sign_in.with_claim, claim, at, real_ms())
    return await admitted(entrance, request, found, onward)
