"""Shifts, the seat to which a warning belongs, and the load of each seat in one shift."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.accounts import Post, Seat
from core.clock import in_china, to_ms
from core.errors import UnknownName
from core.records import HOUR_MS, CityWarning, Issuer, WarningPhase
from early_warning.alarm_load import STANDING_MS, Alarm, Load, load
from early_warning.belongings import Belongings
from early_warning.cards import annunciated
from early_warning.duty_rules import Concerned
from early_warning.seats import SeatReach, ladder
from store.sql import Transaction
from store.warnings import Asked, KeptWarning, warnings_between

LENGTH_MS = 12 * HOUR_MS
BEGINS_H = 8  # and twelve hours later: rooms hand over at eight
YEARS = range(2000, 2200)  # beyond them a time has no neighbour that can be written
MOST = 100_000  # warnings of one look


@dataclass(frozen=True, slots=True)
class Ground:
    """To whom a warning belongs, what it hangs on, and whether whoever asks may see it."""

    placed: Callable[[KeptWarning], Concerned]
    belongings: Belongings
    seen: Callable[[KeptWarning], bool] = lambda one: True


@dataclass(frozen=True, slots=True)
class Shift:
    """One shift. `name` is how addresses call it: `2026-11-22-day`, `2026-11-22-night`."""

    from_ms: int

    @property
    def until_ms(self) -> int:
        """Its end, not included."""
        return self.from_ms + LENGTH_MS

    @property
    def name(self) -> str:
        """Day of its beginning, and which of the two it is."""
        began = in_china(self.from_ms)
        return f"{began:%Y-%m-%d}-{'day' if began.hour == BEGINS_H else 'night'}"

    @property
    def before(self) -> Shift:
        """The shift that handed over to it."""
        return Shift(self.from_ms - LENGTH_MS)

    @property
    def after(self) -> Shift:
        """The one to which it hands over."""
        return Shift(self.until_ms)


def shift_at(at_ms: int) -> Shift:
    """The shift of a time, ms UTC.

    >>> shift_at(1_795_304_100_000).name, shift_at(1_795_304_100_000).before.name
    ('2026-11-21-night', '2026-11-21-day')
    """
    day = in_china(at_ms).replace(hour=BEGINS_H, minute=0, second=0, microsecond=0)
    return Shift(to_ms(day) + (at_ms - to_ms(day)) // LENGTH_MS * LENGTH_MS)


def shift_named(name: str) -> Shift:
    """A shift by its name. Raises UnknownName.

    >>> shift_named("2026-11-22-night").name
    '2026-11-22-night'
    """
    day, _, which = name.rpartition("-")
    hours = {"day": BEGINS_H, "night": BEGINS_H + 12}
    try:
        begun = datetime.fromisoformat(f"{day}T00:00:00+08:00")
        if begun.year in YEARS:
            return Shift(to_ms(begun) + hours[which] * HOUR_MS)
    except (ValueError, KeyError):
        pass
    raise UnknownName(f"no shift {name!r}; shifts are named like 2026-11-22-day")


def loads(
    connection: Transaction, scene: str, shift: Shift, now_ms: int, seats: Sequence[SeatReach], ground: Ground
) -> dict[str, Load]:
    """Seat → its load in a shift, up to now; "" is what belongs to no seat, or all of it where no seat is set up.

    What whoever asks may not see rang for others, and is not counted for him.
    """
    until_ms = max(shift.from_ms + 1, min(shift.until_ms, now_ms))
    earliest_ms = shift.from_ms - STANDING_MS
    found = warnings_between(connection, scene, earliest_ms, until_ms, Asked(limit=MOST))
    ours = {one.warning.id: one for one in found if one.warning.issuer is Issuer.COMPUTED and ground.seen(one)}
    of: dict[str, list[list[Alarm]]] = defaultdict(list)
    for card in annunciated((one.warning for one in ours.values()), ground.belongings):
        rungs = ladder(seats, ground.placed(ours[card[0].id]))  # a card is one person's, that of its oldest warning
        of[rungs[0].id if rungs else ""].append([_alarm(warning) for warning in card])
    names = [seat.id for seat in seats]
    names += [""] if of[""] or not names else []
    return {name: load(of[name], shift.from_ms, until_ms) for name in names}


def seats_of(seats: Mapping[str, Seat], posts: Mapping[str, Post]) -> list[SeatReach]:
    """Seats with the reach of their posts, by id."""
    found = ((seat, posts[seat.post].reach) for seat in seats.values() if seat.post in posts)
    return [SeatReach(seat.id, seat.name, reach.areas, reach.topics, reach.sensitivity) for seat, reach in found]


def _alarm(warning: CityWarning) -> Alarm:
    ended_ms = None if warning.phase is WarningPhase.ACTIVE else (warning.ended_ms or warning.updated_ms)
    return Alarm(warning.rule, warning.subject, warning.peak, warning.since_ms, ended_ms)
