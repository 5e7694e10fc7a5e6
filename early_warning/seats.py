"""Which seat 席位 a warning belongs to, and which takes it after a while when nobody acknowledged. Pure.

A seat has the reach of its post. The one with the narrowest reach around a warning owns it; when it stays without an
acknowledgement for long, the next wider one takes it, and so on up to the widest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.accounts import EVERYWHERE, Sensitivity
from core.records import HOUR_MS, MINUTE_MS, Level
from early_warning.duty_rules import Concerned

# How long a seat has for an acknowledgement before the one above takes the warning. Red reaches the next phone in a
# minute (budget of `docs/duty.md`); the others are ours.
PATIENCE_MS: Mapping[Level, int] = {
    Level.RED: MINUTE_MS,
    Level.ORANGE: 5 * MINUTE_MS,
    Level.YELLOW: 20 * MINUTE_MS,
    Level.BLUE: HOUR_MS,
}


@dataclass(frozen=True, slots=True)
class SeatReach:
    """A seat and how far its post reaches: areas by code and topics, or `*`, and the highest sensitivity."""

    id: str
    name: str
    areas: tuple[str, ...]
    topics: tuple[str, ...]
    grade: Sensitivity = Sensitivity.INTERNAL


def ladder(seats: Iterable[SeatReach], one: Concerned) -> list[SeatReach]:
    """Every seat whose reach holds a warning, the narrowest first: of the nearest area, then of fewest topics."""
    held = [(steps, EVERYWHERE in seat.topics, seat) for seat in seats if (steps := _steps(seat, one)) is not None]
    return [seat for *_, seat in sorted(held, key=lambda row: (*row[:2], row[2].id))]


def owner(rungs: list[SeatReach], level: Level, waited_ms: int) -> tuple[SeatReach | None, int]:
    """The seat that has a warning now, and how many rungs it went up. waited_ms: since when it waits; 0: it does not.

    >>> owner([], Level.RED, 0)
    (None, 0)
    """
    if not rungs:
        return None, 0
    went_up = min(waited_ms // PATIENCE_MS.get(level, HOUR_MS), len(rungs) - 1)
    return rungs[went_up], went_up


def _steps(seat: SeatReach, one: Concerned) -> int | None:
    """How far above a warning the area of a seat lies; None: it does not hold it."""
    if one.grade > seat.grade:
        return None
    if EVERYWHERE not in seat.topics and one.topic not in seat.topics:
        return None
    near = [one.area.index(area) for area in seat.areas if area in one.area]
    if near:
        return min(near)
    return len(one.area) if EVERYWHERE in seat.areas else None
