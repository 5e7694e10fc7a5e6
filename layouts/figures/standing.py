"""Which station stands for an area when an indicator is judged station by station and an area has no value."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from board.names import Names
from board.trends import TrendPanel
from board.words import number
from catalogue.declared import Declared
from core.messages import text
from early_warning.rule import Rule
from indicators.definition import Direction, Indicator
from layouts.figures.headline import RANK, Headline
from layouts.figures.subject import Subject

Record = Mapping[str, Any]
Values = Callable[[str, str], Record | None]


@dataclass(frozen=True, slots=True)
class Standing:
    """The station that matters most in an area: the one warned highest, else the one nearest to its first bound.

    room: how much is left to that bound in the indicator's unit, below 0 when it is passed, None without a bound;
    known of expected stations have a value.
    """

    station: Subject
    room: float | None
    bound_name: str
    known: int
    expected: int


def by_station(indicator: Indicator, subject: Subject) -> bool:
    """Whether the subject is an area for which the indicator has no value of its own, only its stations have."""
    level = "city" if subject.id == subject.city else "county"
    return not subject.station and "station" in indicator.levels and level not in indicator.levels


class Stands:
    """Finds the standing of areas at one moment. value: gives the newest value of an indicator at a station."""

    def __init__(self, declared: Declared, names: Names, rule: Rule | None, value: Values, now_ms: int) -> None:
        self._names, self._rule, self._value, self._now_ms = names, rule, value, now_ms
        self._trends = TrendPanel(declared, names)

    def of(self, area: Subject, devices: Sequence[str]) -> Standing | None:
        """The standing of an area whose stations are `devices`; None when none of them has a value."""
        records = {device: self._value(area.indicator.id, device) for device in devices}
        values = {device: r for device, r in records.items() if r is not None and r["value"] is not None}
        if not values:
            return None
        rooms = {device: self._room(area.indicator, device, record["value"]) for device, record in values.items()}

        def urgency(device: str) -> tuple[int, float, str]:
            room = rooms[device][0]
            return -RANK.index(values[device]["level"] or "normal"), math.inf if room is None else room, device

        first = min(values, key=urgency)
        station = replace(
            area, id=first, name=self._names.subject(first), county=self._names.county_of(first), station=True
        )
        return Standing(station, *rooms[first], known=len(values), expected=len(devices))

    def _room(self, indicator: Indicator, device: str, value: float) -> tuple[float | None, str]:
        """How much is left to the mildest bound, and its name."""
        bands = self._trends.bands(self._rule, indicator.id, device, self._now_ms) if self._rule else []
        if not bands:
            return None, ""
        room = value - bands[0]["bound"] if indicator.direction is Direction.DOWN_BAD else bands[0]["bound"] - value
        name = str(bands[0]["name"])
        level = text(f"level.{bands[0]['level']}", self._names.language)
        return float(room), text("desk.standing_level", self._names.language, level=level) if name == level else name


def headline_by_station(head: Headline, area: Subject, at: Standing, language: str) -> Headline:
    """The head of an area's page: the station's figure, and a sentence that says whose it is."""
    indicator = area.indicator
    words = {"place": area.name, "name": indicator.name[language], "station": at.station.name}
    words["figure"] = f"{head.text} {head.unit}".strip()
    if head.warned:
        words["level"] = text(f"level.{head.level}", language)
        sentence = text("desk.standing_warned", language, **words)
    elif at.room is None:
        sentence = text("desk.standing_unbounded", language, **words)
    else:
        words |= {"room": f"{number(at.room, indicator.decimals, language)} {indicator.unit}", "bound": at.bound_name}
        sentence = text("desk.standing_normal", language, **words)
    reporting = text("wall.reporting", language, reported=at.known, expected=at.expected)
    return replace(head, sentence=sentence, reporting=reporting, beside=at.station.name)
