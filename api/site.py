"""The server of one web process: live feed, API and its documentation under BASE_PATH; pages are attached by others."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from html import escape
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles

from accounts.office import open_office
from accounts.rights import may_somewhere
from api.alarm_load import alarm_load_routes
from api.around import AroundDesk, around_routes
from api.border import BorderGate
from api.cap import cap_routes
from api.cases import Cases, case_routes
from api.duty import Duty, duty_routes
from api.elsewhere import elsewhere_routes
from api.entrance import Entrance
from api.entries import entry_routes
from api.errors import ApiError, answer_errors
from api.evaluation import evaluation_routes
from api.exchange import ExchangeDesk, exchange_routes
from api.exchange_health import exchange_part
from api.fleet import FleetDesk, fleet_routes
from api.follower import ClockOffset, Follower, Listener
from api.gate import Gate
from api.headers import Headers
from api.health import Part, health_routes
from api.history import history_routes
from api.hub import Hub
from api.incidents import IncidentDesk, incident_routes
from api.kept_warnings import kept_routes
from api.links import LinkDesk, link_routes
from api.live import Cut, live_routes, whole
from api.me import me_routes
from api.notice_metrics import NoticeCollector
from api.open311 import Open311, open311_routes
from api.orders import OrderDesk, order_routes
from api.page_reader import PageReader
from api.photos import PhotoDesk, photo_routes
from api.presence import PresenceDesk, presence_routes
from api.public import public_routes
from api.push import push_routes
from api.receipts import Receipts, receipt_routes
from api.reports import report_routes
from api.responses import ResponseDesk, response_routes
from api.rest import rest_routes
from api.sign_in import sign_in_routes
from board.frames import assets_version
from board.reader import PictureReader
from core.messages import text
from core.settings import Settings
from dispatch.wording import own_words
from stream.connect import connect

STATIC = Path(__file__).parent / "static"
ASSETS = Path(__file__).resolve().parent.parent / "assets"
DOCS_POLICY = {
    "Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; frame-ancestors 'self'"
}
VERSION = "1"
HEARD_WITHIN_S = 5.0  # a loop that ends meanwhile hears nothing any more

Attach = Callable[[FastAPI, Settings, PageReader, Entrance | None], object]  # no entrance: without accounts


class Site:
    """One web process: the FastAPI application and what feeds it. `app` may be given more routes before it starts."""

    def __init__(self, settings: Settings, redis_url: str, clock_offset: ClockOffset) -> None:
        self._url, self._settings, self._clock_offset = redis_url, settings, clock_offset
        self._client = connect(redis_url)
        self._follower: Follower | None = None
        self._picture = PictureReader(settings.language)
        self.hub = Hub(self._picture, assets_version(ASSETS), self._begin_anew)
        self.reader = PageReader(self.hub, self._client)
        self.app = FastAPI(
            title=text("api.title", settings.language),
            description=text("api.description", settings.language),
            version=VERSION,
            docs_url=None,
            redoc_url=None,
            openapi_url=None,
            lifespan=self._running,
        )
        self.entrance = Entrance(open_office(settings), settings, self.app) if settings.accounts else None
        self._add_routes()

    def _add_routes(self) -> None:
        settings, app, client = self._settings, self.app, self._client
        under = settings.base_path.rstrip("/")
        answer_errors(app, settings.language, self._own_words)
        if self.entrance is not None:
            app.add_middleware(Gate, entrance=self.entrance, declared=lambda: self._picture.declared)
            self.hub.as_seen, self.hub.raw_is_seen = self.entrance.sights.reader, self._sees_raw
            app.include_router(sign_in_routes(self.entrance), prefix=under)
            app.include_router(elsewhere_routes(self.entrance), prefix=under)
            app.include_router(me_routes(self.entrance), prefix=under)
            app.include_router(cap_routes(self.hub, self.entrance, settings), prefix=under)
            app.include_router(receipt_routes(Receipts(self.entrance.office.database, settings)), prefix=under)
            app.include_router(alarm_load_routes(self.hub, self.entrance), prefix=under)
            app.include_router(evaluation_routes(self.hub, self.entrance), prefix=under)
            duty = Duty(self.hub, self.entrance)
            app.include_router(duty_routes(duty), prefix=under)
            app.include_router(kept_routes(duty, settings.packs), prefix=under)
            app.include_router(entry_routes(duty, settings), prefix=under)
            for routes in self._case_routes(Cases(self.hub, self.entrance)):
                app.include_router(routes, prefix=under)
        app.add_middleware(Headers, settings=settings)  # around the gate: refusals carry them too
        if self.entrance is not None:
            app.add_middleware(BorderGate, entrance=self.entrance)  # around both: they see the telephone, not the relay
        app.include_router(live_routes(self.hub, self._cut), prefix=under)
        app.include_router(rest_routes(self.hub, client), prefix=under)
        app.include_router(history_routes(self.hub, settings.history_folder), prefix=under)
        app.include_router(push_routes(self.hub, client, settings), prefix=under)
        further = [NoticeCollector(self.entrance.office.database)] if self.entrance is not None else []
        app.include_router(health_routes(self.hub, settings, self._sees_health, further, self._beside), prefix=under)
        app.include_router(self._docs(), prefix=under)
        app.mount(f"{under}/api/static", StaticFiles(directory=STATIC))
        app.include_router(_nothing_else(), prefix=under)

    def _own_words(self) -> dict[str, str]:
        declared = self._picture.declared
        language = self._settings.language
        return own_words(declared.state_words, declared.case_kinds, language) if declared else {}

    def _case_routes(self, cases: Cases) -> Iterator[APIRouter]:
        """What is done about cases, units, orders and responses."""
        settings, client = self._settings, self._client
        yield case_routes(cases)
        yield report_routes(cases)
        yield fleet_routes(FleetDesk(cases))
        yield incident_routes(IncidentDesk(cases))
        yield order_routes(OrderDesk(cases, self.reader))
        yield response_routes(ResponseDesk(cases))
        yield exchange_routes(ExchangeDesk(cases, settings))
        yield open311_routes(Open311(cases, settings))
        yield public_routes(cases, settings)
        yield photo_routes(PhotoDesk(cases))
        yield link_routes(LinkDesk(cases))
        yield around_routes(AroundDesk(cases, client))
        yield presence_routes(PresenceDesk(cases, client))

    def _cut(self) -> Cut:
        """How the frames of the live feed are cut for whoever asks now."""
        sight = self.entrance.sights.of(self._picture.declared) if self.entrance is not None else None
        return whole if sight is None else sight.frame

    def _sees_raw(self, device: str) -> bool:
        return self.entrance is None or self.entrance.sights.sees_raw(self._picture.declared, device)

    def _sees_health(self) -> bool:
        return self.entrance is None or may_somewhere(self.entrance.bearer(), "health.see").allowed

    def _beside(self) -> Mapping[str, Part]:
        return {} if self.entrance is None else exchange_part(self.entrance.office.database, self._settings)

    def _docs(self) -> APIRouter:
        """OpenAPI and the page that shows it, from our own files."""
        router = APIRouter(include_in_schema=False)

        @router.get("/api/openapi.json")
        async def openapi() -> JSONResponse:
            schema: dict[str, Any] = self.app.openapi()
            return JSONResponse(schema)

        @router.get("/api/docs")
        async def docs() -> FileResponse:
            return FileResponse(STATIC / "docs.html", media_type="text/html", headers=DOCS_POLICY)

        return router

    @asynccontextmanager
    async def _running(self, app: FastAPI) -> AsyncIterator[None]:
        """Follow Redis and beat for as long as the server stands."""
        loop = asyncio.get_running_loop()
        hub = self.hub

        def tell(what: Callable[[Listener], None]) -> None:
            """Run it on the loop and wait, so that what is told cannot pile up there; requests come in between."""
            heard = threading.Event()

            def turn() -> None:
                try:
                    what(hub)
                finally:
                    heard.set()

            with suppress(RuntimeError):  # the loop is closed already: nobody is left to be told
                loop.call_soon_threadsafe(turn)
                heard.wait(HEARD_WITHIN_S)

        self._follower = Follower(self._url, self._settings.packs, tell, self._clock_offset)
        self._follower.start()
        lasting = [asyncio.create_task(hub.beat_forever())]
        if self.entrance is not None:
            lasting.append(asyncio.create_task(self.entrance.write_forever()))
        try:
            yield
        finally:
            for task in lasting:
                task.cancel()
            self._follower.stop()
            await asyncio.to_thread(self._follower.join, 2.0)
            hub.close()
            if self.entrance is not None:
                await asyncio.to_thread(self.entrance.close)

    def close_off(self) -> None:
        """Answer 404 to every other address. Dash, when it starts, would answer its page to all of them with 200."""
        language = self._settings.language

        async def nowhere(request: Request) -> HTMLResponse:
            sentence = escape(text("api.not-found", language, path=request.url.path))
            home = f'<a href="{self._settings.base_path}">{escape(text("api.title", language))}</a>'
            return HTMLResponse(f'<!doctype html><meta charset="utf-8"><p>{sentence}</p><p>{home}</p>', 404)

        self.app.add_api_route("/{rest:path}", nowhere, methods=["GET", "HEAD"], include_in_schema=False)
        self._stand_outside()

    def _stand_outside(self) -> None:
        """Gates and headers around everything: Dash puts itself before what was there, and reads bodies first."""
        found = self.app.user_middleware
        ours = [one for one in found if one.cls in (BorderGate, Headers, Gate)]  # type: ignore[comparison-overlap]
        found[:] = ours + [one for one in found if one not in ours]

    def close(self) -> None:
        """End every live connection."""
        self.hub.close()

    def _begin_anew(self) -> None:
        if self._follower is not None:
            self._follower.begin_anew()


def with_pages(attach: Attach) -> Callable[[Settings, str, ClockOffset], Site]:
    """How to build a site with the pages that `attach` adds after our own routes, which therefore win."""

    def build(settings: Settings, redis_url: str, clock_offset: ClockOffset) -> Site:
        site = Site(settings, redis_url, clock_offset)
        attach(site.app, settings, site.reader, site.entrance)
        site.close_off()
        return site

    return build


def _nothing_else() -> APIRouter:
    """What is below `api/` and `live/` but does not exist: JSON 404, before any page can answer."""
    router = APIRouter(include_in_schema=False)

    async def nothing(rest: str) -> None:
        raise ApiError(404, "not-found", path=rest)

    for path in ("/api/{rest:path}", "/live/{rest:path}"):
        router.add_api_route(path, nothing, methods=["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
    return router
