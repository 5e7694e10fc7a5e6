"""The alarm load of one shift as other systems read it: `/api/v1/alarm-load`."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from accounts.register import Register
from api.entrance import Entrance
from api.errors import ApiError, errors
from api.hub import Hub
from api.rest import Present
from api.sight import sees_all
from board.positions import load_ground
from core.errors import UnknownName
from early_warning.alarm_load import RECOMMENDED, Load
from early_warning.alarm_shifts import Shift, loads, seats_of, shift_at, shift_named

SEE = "alarm-load.see"


class FloodTold(BaseModel):
    """A flood of alarms."""

    from_ms: int
    until_ms: int
    count: int


class WorstTold(BaseModel):
    """One of the rules that rang most. calm_s: the hold that would calm it, 0: none would."""

    rule: str
    count: int
    share: float
    chattering: int
    standing: int
    calm_s: int


class LoadTold(BaseModel):
    """The load of one seat; `seat` is empty for what belongs to none.

    count: what rang, a card once; warnings: of how many warnings that was.
    """

    seat: str
    verdict: str
    count: int
    warnings: int
    average_per_10_min: float
    peak_per_10_min: int
    share_in_flood: float
    floods: list[FloodTold]
    chattering: int
    standing: int
    mix: dict[str, float]
    worst: list[WorstTold]


class LoadsTold(BaseModel):
    """All seats in one shift, by ANSI/ISA-18.2 and EEMUA 191. partial: of those warnings alone that you may see."""

    shift: str
    partial: bool
    from_ms: int
    until_ms: int
    recommended_mix: dict[str, float]
    seats: list[LoadTold]


def alarm_load_routes(hub: Hub, entrance: Entrance) -> APIRouter:
    """`/api/v1/alarm-load`."""
    router = APIRouter(tags=["warnings"], responses=errors(404, 503))

    @router.get("/api/v1/alarm-load")
    async def alarm_load(
        shift: Annotated[str, Query(description="2026-11-22-day or -night; empty: the present one")] = "",
    ) -> LoadsTold:
        """Rate, floods, chattering, standing, priorities and the ten worst rules of each seat in one shift."""
        present = Present(hub)
        now_ms = present.origin().city_ms
        try:
            chosen = shift_named(shift) if shift else shift_at(now_ms)
        except UnknownName:
            raise ApiError(404, "not-found", path=shift) from None
        register = await asyncio.to_thread(entrance.office.roster.register, entrance.bearer(), SEE)
        found = await asyncio.to_thread(_loads, entrance, present, register, chosen, now_ms)
        return LoadsTold(
            shift=chosen.name,
            partial=not sees_all(entrance.bearer(), present.declared),
            from_ms=chosen.from_ms,
            until_ms=chosen.until_ms,
            recommended_mix=dict(RECOMMENDED),
            seats=[_told(seat, one) for seat, one in found.items()],
        )

    return router


def _loads(entrance: Entrance, present: Present, register: Register, shift: Shift, now_ms: int) -> dict[str, Load]:
    seats, ground = seats_of(register.seats, register.posts), load_ground(present.declared, entrance.bearer())
    with entrance.office.database.reading() as connection:
        return loads(connection, present.scene.id, shift, now_ms, seats, ground)


def _told(seat: str, one: Load) -> LoadTold:
    return LoadTold(
        seat=seat,
        verdict=one.verdict,
        count=one.count,
        warnings=one.warnings,
        average_per_10_min=one.average,
        peak_per_10_min=one.peak,
        share_in_flood=one.in_flood,
        floods=[FloodTold(from_ms=f.from_ms, until_ms=f.until_ms, count=f.count) for f in one.floods],
        chattering=len(one.chattering),
        standing=len(one.standing),
        mix=dict(one.mix),
        worst=[
            WorstTold(
                rule=each.rule,
                count=each.count,
                share=each.share,
                chattering=each.chattering,
                standing=each.standing,
                calm_s=each.calm_s,
            )
            for each in one.worst
        ],
    )
