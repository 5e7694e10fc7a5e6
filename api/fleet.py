"""Units and who could go; what is likely one incident: `/api/v1/units`, `/api/v1/cases/{case}/…`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from accounts.warden import Warden
from api.case_models import LATEST_MS
from api.cases import Cases
from api.errors import ApiError, errors
from api.rest import Present
from board.belonging import chain_of
from core.clock import real_ms
from core.errors import UnknownName
from core.units import FixRow, UnitKind, UnitRow
from dispatch.book import Told
from dispatch.fleet import UnitBook
from dispatch.grouping import Grouper, Proposal, Sighting
from dispatch.nearby import nearby
from dispatch.shifts import SHIFT, is_on_shift
from dispatch.units import STALE_MS, Fix, Need, Suggestion, Unit
from store.units import keep_apart, voids

REFUSED = errors(401, 403, 404, 422, 503)
VEHICLE_M = 20.0  # how sure the receiver of a vehicle is, which says nothing of it
NAME = r"^[a-z0-9][a-z0-9_.-]*$"


class Position(BaseModel):
    """Where a telephone is, degrees WGS 84, and its radius in m."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    lon_deg: float = Field(ge=-180, le=180)
    lat_deg: float = Field(ge=-90, le=90)
    accuracy_m: float = Field(gt=0, le=100_000)


class UnitWish(BaseModel):
    """A unit as it is to be. lon_deg, lat_deg: its home; members: logins; rests_until_ms: city time, 0: rested."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    name: str = Field(min_length=1, max_length=120)
    department: str = Field(min_length=1, max_length=120)
    capabilities: list[Annotated[str, Field(pattern=NAME)]] = Field(min_length=1, max_length=40)
    area: str = Field("", max_length=64)
    kind: UnitKind = UnitKind.TEAM
    lon_deg: float | None = Field(None, ge=-180, le=180)
    lat_deg: float | None = Field(None, ge=-90, le=90)
    phone: str = Field("", max_length=32)
    device: str = Field("", max_length=120)
    off: bool = False
    speed_kmh: float = Field(40.0, gt=0, le=200)
    crew: int = Field(1, ge=1, le=10_000)
    crew_needed: int = Field(1, ge=1, le=10_000)
    rests_until_ms: int = Field(0, ge=0, le=LATEST_MS)
    members: list[Annotated[str, Field(min_length=1, max_length=64)]] = Field(default_factory=list, max_length=200)
    shifts: list[Annotated[str, Field(pattern=SHIFT)]] = Field(default_factory=list, max_length=6)

    def row(self, unit: str) -> UnitRow:
        """The unit as it is stored. Raises ApiError 422: half a home."""
        if (self.lon_deg is None) != (self.lat_deg is None):
            raise ApiError(422, "half-a-home", name=unit)
        told = self.model_dump()
        lists = {name: tuple(told[name]) for name in ("capabilities", "members", "shifts")}
        return UnitRow(unit, **told | lists)


class UnitTold(BaseModel):
    """A unit as it stands. is_current: its position is younger than two minutes; on_shift: it is on duty now."""

    id: str
    kind: str
    name: str
    department: str
    capabilities: list[str]
    duty: str
    area: str
    lon_deg: float | None
    lat_deg: float | None
    accuracy_m: float | None
    fix_ms: int | None
    is_current: bool
    on_shift: bool

    @classmethod
    def of(cls, unit: Unit, now_ms: int) -> UnitTold:
        """A unit with its newest position, else its home."""
        fix, home = unit.fix, unit.home_deg
        place = (fix.lon_deg, fix.lat_deg) if fix else home or (None, None)
        return cls(
            id=unit.id,
            kind=unit.kind,
            name=unit.name,
            department=unit.department,
            capabilities=sorted(unit.capabilities),
            duty=unit.duty,
            area=unit.area,
            lon_deg=place[0],
            lat_deg=place[1],
            accuracy_m=fix.accuracy_m if fix else None,
            fix_ms=fix.at_ms if fix else None,
            is_current=unit.is_current(now_ms),
            on_shift=is_on_shift(unit.shifts, now_ms),
        )


class VoidTold(BaseModel):
    """An area without a free unit that can do something 力量空白, and since when, city time."""

    area: str
    capability: str
    since_ms: int


class Units(BaseModel):
    """All units. stale_after_ms: an older position is drawn hollow. voids: areas that are left without one."""

    units: list[UnitTold]
    stale_after_ms: int = STALE_MS
    voids: list[VoidTold]


class Suggested(BaseModel):
    """One unit that could go, with what speaks against it. by_road: over the pack's roads, not the straight line."""

    unit: str
    name: str
    distance_m: float | None
    travel_s: float | None
    by_road: bool
    from_home: bool
    can_go: bool
    shortfalls: list[str]

    @classmethod
    def of(cls, one: Suggestion) -> Suggested:
        """A suggestion; what is nowhere has no distance."""
        known = one.distance_m == one.distance_m
        return cls(
            unit=one.unit,
            name=one.name,
            distance_m=round(one.distance_m) if known else None,
            travel_s=round(one.travel_s) if known else None,
            by_road=one.by_road,
            from_home=one.from_home,
            can_go=one.can_go,
            shortfalls=[str(shortfall) for shortfall in one.shortfalls],
        )


class Recommendation(BaseModel):
    """Who should go, the best first."""

    needs: list[str]
    units: list[Suggested]


class Alike(BaseModel):
    """One member of a proposal and why."""

    id: str
    title: str
    shows: str
    distance_m: float
    delay_s: int
    words: list[str]


class Proposed(BaseModel):
    """疑似同一事件. cause: its name, "" for one thing told several times."""

    cause: str
    kind: str
    lead: str
    members: list[Alike]


class Proposals(BaseModel):
    """What a case is likely one with."""

    proposals: list[Proposed]


class Apart(BaseModel):
    """Cases that are not one with this one."""

    model_config = ConfigDict(extra="forbid")

    others: list[str] = Field(min_length=1, max_length=100)


class FleetDesk:
    """Units and proposals as one web process tells them."""

    def __init__(self, cases: Cases) -> None:
        self._cases, office = cases, cases.entrance.office
        self._database = office.database
        warden = Warden(office.database, office.journal)
        self._units = UnitBook(warden, lambda: Present(cases.hub).declared.units, lambda: Present(cases.hub).scene.id)

    async def units(self) -> Units:
        """Every unit as it stands."""
        now_ms = self._now_ms()
        found = await asyncio.to_thread(self._units.units, self._seen())
        without = await asyncio.to_thread(self._voids, Present(self._cases.hub).scene.id)
        return Units(units=[UnitTold.of(unit, now_ms) for unit in found], voids=without)

    async def put(self, unit: str, wanted: UnitWish) -> UnitTold:
        """Write a unit, new or changed; over the one that the pack ships."""
        by, now_ms, declared = self._cases.entrance.bearer(), self._now_ms(), Present(self._cases.hub).declared
        row = wanted.row(unit)
        await asyncio.to_thread(self._units.put, by, row, lambda area: chain_of(declared, area), real_ms())
        found = await asyncio.to_thread(self._units.units, self._seen())
        return UnitTold.of(next(one for one in found if one.id == unit), now_ms)

    async def told_position(self, unit: str, where: Position) -> None:
        """Where the telephone of a unit is."""
        by, now_ms = self._cases.entrance.bearer(), self._now_ms()
        fix = FixRow(unit, where.lon_deg, where.lat_deg, where.accuracy_m, now_ms, "")
        try:
            await asyncio.to_thread(self._units.seen_at, by, fix, real_ms())
        except UnknownName:
            raise ApiError(404, "unknown-unit", name=unit) from None

    async def recommend(self, case: str) -> Recommendation:
        """Who should go to a case."""
        told = await self._cases.told(case)
        place = told.case.facts.get("place")
        if not place:
            raise ApiError(422, "case-nowhere", name=case)
        declared = Present(self._cases.hub).declared
        kind = declared.case_kinds[told.case.facts["kind"]]
        need = Need(frozenset(kind.capabilities), place["lon_deg"], place["lat_deg"], place["accuracy_m"])
        found = await asyncio.to_thread(self._units.recommend, need, self._seen(), self._now_ms(), declared.roads)
        return Recommendation(needs=list(kind.capabilities), units=[Suggested.of(one) for one in found])

    async def proposals(self, case: str) -> Proposals:
        """What a case is likely one with, from what is open around it."""
        told, present = await self._cases.told(case), Present(self._cases.hub)
        about = _sighting(told)
        if about is None:
            return Proposals(proposals=[])
        declared = present.declared
        grouper = Grouper(declared.case_kinds, declared.case_causes.values())
        look = await asyncio.to_thread(nearby, self._database, present.scene.id, about, grouper, self._cases.may_see)
        titles = {case: str(told.case.facts["title"])} | {row.id: row.title for row in look.cases.values()}
        names = {cause.id: cause.name[present.language] for cause in declared.case_causes.values()}
        return Proposals(proposals=[_proposed(one, titles, names) for one in look.proposals])

    async def keep_apart(self, case: str, others: Sequence[str]) -> None:
        """Say that these are not one with a case."""
        await self._cases.told(case)
        by, now_ms = self._cases.entrance.bearer(), real_ms()

        def write() -> None:
            office = self._cases.entrance.office
            warden = Warden(office.database, office.journal)
            with warden.acting(by, "cases.dispatch", f"case:{case}", now_ms, {"apart": list(others)}) as connection:
                keep_apart(connection, [(case, other) for other in others], by.name, now_ms)

        await asyncio.to_thread(write)

    def _voids(self, scene: str) -> list[VoidTold]:
        with self._database.reading() as connection:
            found = voids(connection, scene)
        told = (VoidTold(area=area, capability=one, since_ms=since_ms) for (area, one), since_ms in found.items())
        return sorted(told, key=lambda void: (void.since_ms, void.area, void.capability))

    def _seen(self) -> dict[str, Fix]:
        return vehicles_seen(Present(self._cases.hub).reader.sections)

    def _now_ms(self) -> int:
        return self._cases.now(Present(self._cases.hub)).city_ms


def fleet_routes(desk: FleetDesk) -> APIRouter:
    """Routes below `/api/v1`."""
    router = APIRouter(prefix="/api/v1", tags=["v1"], responses=REFUSED)

    @router.get("/units")
    async def units() -> Units:
        """Every unit: what it can do, whether it is free, where it was seen."""
        return await desk.units()

    @router.put("/units/{unit}")
    async def put(unit: Annotated[str, Path(pattern=NAME, max_length=80)], wanted: UnitWish) -> UnitTold:
        """Keep the register of units: what one is, what it can do, where it is at home, who is on its roster."""
        return await desk.put(unit, wanted)

    @router.post("/units/{unit}/position", status_code=204)
    async def position(unit: str, where: Position) -> None:
        """Where the telephone of a unit is now."""
        await desk.told_position(unit, where)

    @router.get("/cases/{case}/units")
    async def recommend(case: str) -> Recommendation:
        """Who should go, the best first, with the reasons."""
        return await desk.recommend(case)

    @router.get("/cases/{case}/proposals")
    async def proposals(case: str) -> Proposals:
        """What it is likely one incident with, and why; nothing is joined by itself."""
        return await desk.proposals(case)

    @router.post("/cases/{case}/apart", status_code=204)
    async def apart(case: str, wanted: Apart) -> None:
        """Say that others are not one with it; they are not proposed again."""
        await desk.keep_apart(case, wanted.others)

    return router


def vehicles_seen(sections: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> dict[str, Fix]:
    """Device → where it says that it is; of those that move, in the picture's sections. City time."""
    vehicles = sections.get("vehicles", {})
    return {name: Fix(one["lon"], one["lat"], VEHICLE_M, one["ms"]) for name, one in vehicles.items()}


def _sighting(told: Told) -> Sighting | None:
    """What the grouper sees of a case; None: it has no place."""
    case, place = told.case, told.case.facts.get("place")
    if not place:
        return None
    where = float(place["lon_deg"]), float(place["lat_deg"]), float(place["accuracy_m"])
    kind, title = str(case.facts["kind"]), str(case.facts["title"])
    return Sighting(case.id, *where, case.reported_ms, kind=kind, text=title, case=case.id)


def _proposed(one: Proposal, titles: dict[str, str], names: dict[str, str]) -> Proposed:
    members = [
        Alike(
            id=member.id,
            title=titles[member.id],
            shows=member.shows,
            distance_m=member.distance_m,
            delay_s=member.delay_s,
            words=list(member.words),
        )
        for member in one.members
    ]
    return Proposed(cause=names.get(one.cause, ""), kind=one.kind, lead=one.lead, members=members)
