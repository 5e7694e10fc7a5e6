"""Who could go: units with what they can do and where they are, and a recommendation that gives its reasons. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from core.records import MINUTE_MS, Float64
from core.units import UnitKind
from dispatch.shifts import is_on_shift
from geo.distance import great_circle_m
from geo.roads import Roads, Travel

STALE_MS = 2 * MINUTE_MS  # an older position is drawn hollow and never used as where a unit is now
DETOUR = 1.4  # roads against the straight line, where a pack has no road graph
SHOWN = 10
STAYS = frozenset({UnitKind.MATERIALS, UnitKind.SHELTER})  # what is not sent


class Duty(StrEnum):
    """Whether a unit can be sent at all."""

    FREE = "free"  # 备勤
    BUSY = "busy"  # 任务中
    RESERVED = "reserved"  # 预派
    OFF = "off"  # 停用


class Shortfall(StrEnum):
    """What speaks against a unit; the first three shut it out."""

    OFF = "off"
    CANNOT = "cannot"
    BUSY = "busy"
    RESERVED = "reserved"
    RESTING = "resting"
    OFF_SHIFT = "off-shift"  # 不当班: it would have to be called in
    SHORT_OF_CREW = "short-of-crew"
    PLACE_UNKNOWN = "place-unknown"  # neither a position nor a home
    PLACE_OLD = "place-old"  # counted from its home
    LEAVES_VOID = "leaves-void"


@dataclass(frozen=True, slots=True)
class Fix:
    """Where a unit was seen: degrees WGS 84, m, ms UTC."""

    lon_deg: float
    lat_deg: float
    accuracy_m: float
    at_ms: int


@dataclass(frozen=True, slots=True)
class Unit:
    """A person, vehicle, team, depot or shelter 力量. home_deg: (longitude, latitude). rests_until_ms: 0 when rested.

    members: who is on its roster, by login; shifts: when it is on duty (`dispatch.shifts`).
    """

    id: str
    name: str
    department: str
    capabilities: frozenset[str]
    duty: Duty = Duty.FREE
    home_deg: tuple[float, float] | None = None
    fix: Fix | None = None
    speed_kmh: float = 40.0
    crew: int = 1
    crew_needed: int = 1
    rests_until_ms: int = 0
    area: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    kind: UnitKind = UnitKind.TEAM
    members: tuple[str, ...] = ()
    shifts: tuple[str, ...] = ()

    def can_do(self, capabilities: frozenset[str]) -> bool:
        """Whether it can be sent for all of this; depots and shelters are not sent."""
        return capabilities <= self.capabilities and self.kind not in STAYS

    def is_current(self, now_ms: int) -> bool:
        """Whether its position is young enough to be where it is."""
        return self.fix is not None and now_ms - self.fix.at_ms <= STALE_MS


@dataclass(frozen=True, slots=True)
class Need:
    """What a case needs: all of these capabilities in one unit, at a place, degrees WGS 84 with its radius in m."""

    capabilities: frozenset[str]
    lon_deg: float
    lat_deg: float
    accuracy_m: float = 0.0


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One unit with its reasons. distance_m: straight; NaN where it is nowhere.

    travel_s: over the roads of the pack where `by_road`, else by straight line × detour.
    """

    unit: str
    name: str
    distance_m: float
    travel_s: float
    from_home: bool
    shortfalls: tuple[Shortfall, ...]
    by_road: bool = False

    @property
    def can_go(self) -> bool:
        """Whether nothing shuts it out."""
        return not SHUT_OUT & set(self.shortfalls)


SHUT_OUT = frozenset({Shortfall.OFF, Shortfall.CANNOT, Shortfall.BUSY})
# Minutes that a doubt weighs as much as; chosen so that a rested, full unit is preferred to one some minutes nearer.
_WEIGHS_MIN = {
    Shortfall.RESERVED: 30.0,
    Shortfall.RESTING: 60.0,
    Shortfall.OFF_SHIFT: 45.0,
    Shortfall.SHORT_OF_CREW: 20.0,
    Shortfall.PLACE_UNKNOWN: 120.0,
    Shortfall.PLACE_OLD: 5.0,
    Shortfall.LEAVES_VOID: 15.0,
}


class Fleet:
    """All units as columns; made anew when units change, asked often."""

    def __init__(self, units: Sequence[Unit], now_ms: int, roads: Roads | None = None) -> None:
        """roads: by which they come; None: the pack has none, and the straight line × `DETOUR` stands in."""
        self._units, self._now_ms, self._roads = tuple(units), now_ms, roads
        self._from_home = np.array([not unit.is_current(now_ms) for unit in units], dtype=np.bool_)
        self._place_deg = np.array([_place(unit, now_ms) for unit in units], dtype=np.float64).reshape(-1, 2)
        self._speed_m_s = np.array([max(unit.speed_kmh, 1.0) / 3.6 for unit in units])
        self._free = self._left_in()

    def recommend(self, need: Need, shown: int = SHOWN) -> list[Suggestion]:
        """The best units for a need, the one that should go first; those that cannot go come last, saying why."""
        if not self._units:
            return []
        far_m = great_circle_m((need.lon_deg, need.lat_deg), self._place_deg)
        travel = self._travel(need, far_m)
        travel_s = travel.travel_s + need.accuracy_m * DETOUR / self._speed_m_s
        short = [self._shortfalls(row, need) for row in self._near_first(need, travel_s)]
        best = sorted(short, key=lambda one: (_cost_min(travel_s[one[0]], one[1]), self._units[one[0]].id))
        return [
            Suggestion(
                self._units[row].id,
                self._units[row].name,
                float(far_m[row]),
                float(travel_s[row]),
                bool(self._from_home[row]),
                shortfalls,
                bool(travel.by_road[row]),
            )
            for row, shortfalls in best[:shown]
        ]

    def _travel(self, need: Need, far_m: Float64) -> Travel:
        if self._roads is not None:
            return self._roads.travel((need.lon_deg, need.lat_deg), self._place_deg, self._speed_m_s)
        return Travel(far_m * DETOUR / self._speed_m_s, np.zeros(len(far_m), np.bool_))

    def voids(self, capability: str, areas: Sequence[str]) -> list[str]:
        """The areas in which no free unit that can do something is left 力量空白."""
        return [area for area in areas if not self._free.get((area, capability))]

    def _near_first(self, need: Need, travel_s: Float64) -> list[int]:
        """Rows worth judging: those that can do it and are not off, else the nearest of all, to say why not."""
        able = np.array(
            [unit.duty is not Duty.OFF and unit.can_do(need.capabilities) for unit in self._units], np.bool_
        )
        wanted: NDArray[np.intp] = np.flatnonzero(able) if able.any() else np.arange(len(self._units))
        nearest = np.argsort(np.where(np.isnan(travel_s[wanted]), np.inf, travel_s[wanted]), kind="stable")
        return [int(row) for row in wanted[nearest][:200]]

    def _shortfalls(self, row: int, need: Need) -> tuple[int, tuple[Shortfall, ...]]:
        unit = self._units[row]
        found = {
            Shortfall.OFF: unit.duty is Duty.OFF,
            Shortfall.CANNOT: not unit.can_do(need.capabilities),
            Shortfall.BUSY: unit.duty is Duty.BUSY,
            Shortfall.RESERVED: unit.duty is Duty.RESERVED,
            Shortfall.RESTING: unit.rests_until_ms > self._now_ms,
            Shortfall.OFF_SHIFT: not is_on_shift(unit.shifts, self._now_ms),
            Shortfall.SHORT_OF_CREW: unit.crew < unit.crew_needed,
            Shortfall.PLACE_UNKNOWN: bool(np.isnan(self._place_deg[row]).any()),
            Shortfall.PLACE_OLD: unit.fix is not None and bool(self._from_home[row]),
            Shortfall.LEAVES_VOID: any(self._free.get((unit.area, one)) == {unit.id} for one in need.capabilities),
        }
        return row, tuple(shortfall for shortfall, is_so in found.items() if is_so)

    def _left_in(self) -> dict[tuple[str, str], set[str]]:
        free: dict[tuple[str, str], set[str]] = {}
        for unit in self._units:
            for capability in unit.capabilities if unit.duty is Duty.FREE else ():
                free.setdefault((unit.area, capability), set()).add(unit.id)
        return free


def _place(unit: Unit, now_ms: int) -> tuple[float, float]:
    if unit.fix is not None and unit.is_current(now_ms):
        return unit.fix.lon_deg, unit.fix.lat_deg
    return unit.home_deg or (np.nan, np.nan)


def _cost_min(travel_s: float, shortfalls: Sequence[Shortfall]) -> float:
    if SHUT_OUT & set(shortfalls):
        return 1e9
    travel_min = 0.0 if np.isnan(travel_s) else travel_s / 60
    return travel_min + sum(_WEIGHS_MIN.get(shortfall, 0.0) for shortfall in shortfalls)
