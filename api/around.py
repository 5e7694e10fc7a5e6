"""What is around a case: the nearest cameras with what they saw last, and everything that can help within a circle."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Annotated, TypeVar

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel

from accounts.looks import Look
from accounts.rights import may
from accounts.warden import Warden
from api.cameras import CameraPictures
from api.cases import Cases
from api.errors import ApiError, errors
from api.fleet import vehicles_seen
from api.photos import ALONE, Darkroom
from api.push import read_body
from api.rest import Present
from board.belonging import chain_of
from core.clock import real_ms
from core.declared import Device
from core.errors import NotAllowed, UnknownName
from core.messages import text
from core.units import UnitKind
from dispatch.fleet import UnitBook
from dispatch.units import Unit
from geo.distance import great_circle_m
from store.snapshots import Snapshots
from stream.connect import Client

REFUSED = errors(401, 403, 404, 413, 422, 503)
NEAREST = 4
SEE = "photos.see"
GROUPS = {UnitKind.SHELTER: "shelter", UnitKind.MATERIALS: "material"}  # what the desk lists it under
NOT_PLAYED = ("gb28181", "h265", "rtsp")  # attribute `stream` of a camera: what browsers cannot play, by why

Degrees = tuple[float, float]
Thing = TypeVar("Thing")


class CameraTold(BaseModel):
    """A camera near a case. why: why its stream is not played here; page: where its vendor shows it.

    snapshot_ms: when its newest picture was made, real time; snapshot_age_ms: how long that is ago; event: what it saw
    last, city time; null: nothing.
    """

    id: str
    name: str
    lon_deg: float
    lat_deg: float
    distance_m: int
    snapshot_ms: int | None
    snapshot_age_ms: int | None
    why: str
    page: str
    event: str
    event_ms: int | None


class HelpTold(BaseModel):
    """A unit, a shelter or a depot within the circle."""

    id: str
    name: str
    group: str
    duty: str
    distance_m: int


class Around(BaseModel):
    """What is around a case; empty for one without a place."""

    within_m: int
    cameras: list[CameraTold]
    help: list[HelpTold]


class AroundDesk:
    """Cameras and resources as one web process tells them."""

    def __init__(self, cases: Cases, client: Client) -> None:
        self._cases, self._entrance, office = cases, cases.entrance, cases.entrance.office
        warden = Warden(office.database, office.journal)
        self._units = UnitBook(warden, lambda: Present(cases.hub).declared.units, lambda: Present(cases.hub).scene.id)
        files, self._darkroom = Snapshots(self._entrance.settings.media_folder), Darkroom(self._entrance, cases.book)
        self._pictures = CameraPictures(cases.hub, client, files, self._darkroom, self._entrance.language)

    async def around(self, case: str, within_m: int) -> Around:
        """The four nearest cameras, and who and what is within a circle, the nearest first."""
        told = await self._cases.told(case)
        place = told.case.facts.get("place")
        if not place:
            return Around(within_m=within_m, cameras=[], help=[])
        here = float(place["lon_deg"]), float(place["lat_deg"])
        units = await asyncio.to_thread(self._units.units, vehicles_seen(Present(self._cases.hub).reader.sections))
        now_ms = self._cases.now(Present(self._cases.hub)).city_ms
        return Around(within_m=within_m, cameras=await self._cameras(here), help=_help(here, units, within_m, now_ms))

    async def snapshot(self, camera: str) -> Response:
        """The newest picture of a camera; the look is audited."""
        device = self._camera(camera)
        by = self._entrance.bearer()
        area = chain_of(Present(self._cases.hub).declared, device.id)
        topics = {topic for grant in by.grants for topic in grant.reach.topics}
        if not any(may(by, SEE, area=area, topic=topic).allowed for topic in topics):
            decision = may(by, SEE, area=area)
            raise NotAllowed(decision.code, decision.in_words)
        try:
            content = await self._pictures.newest(device)
        except UnknownName:
            raise ApiError(404, "unknown-snapshot", name=camera) from None
        self._entrance.office.looks.noted(Look(by.name, SEE, f"camera:{camera}", real_ms()))
        headers = {"Cache-Control": "private, max-age=60", "Content-Security-Policy": ALONE}
        return Response(content, media_type="image/jpeg", headers=headers)

    async def push(self, camera: str, request: Request) -> None:
        """Keep the newest picture of a camera, redrawn, with its name and time. Raises IllegalStep: it is no photo."""
        device = self._camera(camera)
        await self._pictures.keep(device, await read_body(request, self._darkroom.limit_bytes), real_ms())

    def _camera(self, camera: str) -> Device:
        """A declared camera. Raises ApiError 404."""
        declared = Present(self._cases.hub).declared
        device = declared.devices.get(camera)
        if device is None or declared.feeds[device.feed].kind != "camera":
            raise ApiError(404, "unknown-device", name=camera)
        return device

    async def _cameras(self, here: Degrees) -> list[CameraTold]:
        present = Present(self._cases.hub)
        placed = [
            (one, (one.place.lon_deg, one.place.lat_deg))
            for one in present.declared.devices.values()
            if one.place is not None and present.declared.feeds[one.feed].kind == "camera"
        ]
        nearest = _nearest(here, placed)[:NEAREST]
        made_ms = await self._pictures.made_ms([one.id for one, _, _ in nearest])
        return [self._told(one, place, far_m, made_ms.get(one.id)) for one, place, far_m in nearest]

    def _told(self, camera: Device, place: Degrees, far_m: float, snapshot_ms: int | None) -> CameraTold:
        language = self._entrance.language
        seen = Present(self._cases.hub).reader.sections.get("events", {}).values()
        newest = max((one for one in seen if one["device"] == camera.id), key=lambda one: one["began_ms"], default=None)
        page = camera.attributes.get("page", "")
        return CameraTold(
            id=camera.id,
            name=camera.name[language],
            lon_deg=place[0],
            lat_deg=place[1],
            distance_m=round(far_m),
            snapshot_ms=snapshot_ms,
            snapshot_age_ms=None if snapshot_ms is None else max(real_ms() - snapshot_ms, 0),
            why=text(f"dispatch.camera_{_why(camera, snapshot_ms)}", language),
            page=page if page.startswith(("https://", "http://")) else "",
            event=newest["type"].removeprefix("video.") if newest else "",
            event_ms=newest["began_ms"] if newest else None,
        )


def around_routes(desk: AroundDesk) -> APIRouter:
    """Routes below `/api/v1`."""
    router = APIRouter(prefix="/api/v1", tags=["v1"], responses=REFUSED)

    @router.get("/cases/{case}/around")
    async def around(case: str, within_m: Annotated[int, Query(ge=100, le=100_000)] = 3000) -> Around:
        """The four nearest cameras with what they saw last; units, shelters and materials within a circle."""
        return await desk.around(case, within_m)

    @router.get("/cameras/{camera}/snapshot", response_class=Response)
    async def snapshot(camera: str) -> Response:
        """The newest picture of a camera, JPEG. The look is audited."""
        return await desk.snapshot(camera)

    @router.post("/cameras/{camera}/snapshot", status_code=204)
    async def push(camera: str, request: Request) -> None:
        """Bring the newest picture of a camera: a JPEG, PNG or WebP as the body."""
        await desk.push(camera, request)

    return router


def _why(camera: Device, snapshot_ms: int | None) -> str:
    """Why no moving picture of a camera stands here, as a code."""
    stream = camera.attributes.get("stream", "")
    if stream in NOT_PLAYED:
        return stream
    if camera.simulated:
        return "simulated" if snapshot_ms is None else "simulated_still"
    return "none" if snapshot_ms is None else "still"


def _help(here: Degrees, units: Iterable[Unit], within_m: int, now_ms: int) -> list[HelpTold]:
    placed = []
    for unit in units:
        fix = unit.fix if unit.is_current(now_ms) else None
        place = (fix.lon_deg, fix.lat_deg) if fix else unit.home_deg
        if place is not None:
            placed.append((unit, place))
    return [
        HelpTold(id=unit.id, name=unit.name, group=_group(unit), duty=unit.duty, distance_m=round(far_m))
        for unit, _, far_m in _nearest(here, placed)
        if far_m <= within_m
    ]


def _group(unit: Unit) -> str:
    return GROUPS.get(unit.kind, "unit")


def _nearest(here: Degrees, placed: Sequence[tuple[Thing, Degrees]]) -> list[tuple[Thing, Degrees, float]]:
    """Things with how far they are, m, the nearest first."""
    if not placed:
        return []
    far_m = great_circle_m(here, [place for _, place in placed])
    return sorted(((one, place, float(m)) for (one, place), m in zip(placed, far_m, strict=True)), key=lambda t: t[2])
