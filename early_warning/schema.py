"""How warning rules are written in a pack."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator

from core.clock import CHINA_MS
from core.declared import Words
from core.records import DAY_MS, Level
from core.schema import Entry
from early_warning.rule import (
    Comparison,
    Condition,
    Inhibition,
    Judged,
    LevelBound,
    NoData,
    Override,
    Rule,
    RuleState,
    Schedule,
)
from indicators.definition import Direction, Source, Verification
from indicators.schema import TimeOfDay

COLOURS = ("blue", "yellow", "orange", "red")
UP = (Comparison.AT_LEAST, Comparison.ABOVE)


def _level_of(colour: object) -> Level:
    if colour not in COLOURS:
        raise ValueError(f"{colour!r} is not one of {', '.join(COLOURS)}")
    return Level[str(colour).upper()]


def _day_of_year(written: Any) -> Any:
    """(month, day) of 'MM-DD'; 02-29 is one."""
    found = re.fullmatch(r"(\d\d)-(\d\d)", written) if isinstance(written, str) else None
    try:
        day = date(2024, int(found[1]), int(found[2])) if found else None
    except ValueError:
        day = None
    if day is None:
        raise ValueError(f"{written!r} is no day of the year; write it as '11-15', with quotation marks")
    return day.month, day.day


Colour = Annotated[Level, BeforeValidator(_level_of), PlainSerializer(lambda level: level.name.lower())]
DayOfYear = Annotated[
    tuple[int, int],
    BeforeValidator(_day_of_year, json_schema_input_type=Annotated[str, Field(pattern=r"^\d\d-\d\d$")]),
    PlainSerializer(lambda day: f"{day[0]:02}-{day[1]:02}"),
]
LOST_AFTER_S = 600  # two messages of a gauge that speaks each five minutes may be missing
Span = Annotated[int, Field(ge=0, le=31 * 86_400)]


class JudgedEntry(Entry):
    """What of an indicator is compared with a bound: its value, its rate of change, its deviation, its forecast."""

    indicator: str
    clear: float | None = None
    judged: Judged = Judged.VALUE
    over_s: Span = 0
    ahead_s: Span = 0

    @model_validator(mode="after")
    def _spans_fit(self) -> Self:
        if (self.over_s > 0) != (self.judged in (Judged.RATE, Judged.FORECAST)):
            raise ValueError("over_s belongs to a rate or a forecast, which need it")
        if (self.ahead_s > 0) != (self.judged is Judged.FORECAST):
            raise ValueError("ahead_s belongs to a forecast, which needs it")
        return self


class ConditionEntry(JudgedEntry):
    """A further condition of a level, on any indicator, in the same area, in the city or in one that is named."""

    comparison: Comparison
    bound: float
    area: str = "same"

    @model_validator(mode="after")
    def _clear_is_milder(self) -> Self:
        _check_clear(self.comparison in UP, self.bound, self.clear)
        return self


class BoundEntry(JudgedEntry):
    """When one level is reached: a number in the unit of the indicator, or the station's own reference."""

    level: Colour
    bound: float | None = None
    reference: Literal["", "warning", "guaranteed", "record"] = ""
    offset: float = 0.0
    hysteresis: Annotated[float, Field(ge=0)] = 0.0
    comparison: Comparison | None = None
    hold_s: Span = 0
    clear_after_s: Span = 0
    conditions: tuple[ConditionEntry, ...] = ()
    join: Literal["all", "any"] = "all"

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.bound is None) == (not self.reference):
            raise ValueError("a level has either a bound or a reference")
        if self.offset and not self.reference:
            raise ValueError("an offset belongs to a reference")
        if self.clear is not None and (self.hysteresis or self.reference):
            raise ValueError("a level with a clear bound has a bound and no hysteresis")
        return self


class OverrideEntry(Entry):
    """Another bound for a level in one area or at one station."""

    area: str
    level: Colour
    bound: float
    clear: float | None = None


class InhibitionEntry(Entry):
    """Another rule whose warnings hide ours: at the same subject, upstream, within a distance, or of the same label."""

    rule: str
    by: Literal["same", "upstream", "distance", "label"]
    level: Colour = Level.BLUE
    within_m: Annotated[float, Field(ge=0, le=100_000)] = 0.0
    label: str = ""

    @model_validator(mode="after")
    def _says_how(self) -> Self:
        if (self.within_m > 0) != (self.by == "distance"):
            raise ValueError("within_m belongs to by: distance, which needs it")
        if bool(self.label) != (self.by == "label"):
            raise ValueError("label belongs to by: label, which needs it")
        return self


class ScheduleEntry(Entry):
    """When a rule is judged: hours of the day, weekdays (1 Monday to 7 Sunday) and a season, by local time."""

    hours: tuple[tuple[TimeOfDay, TimeOfDay], ...] = ()
    weekdays: tuple[Annotated[int, Field(ge=1, le=7)], ...] = ()
    season: tuple[DayOfYear, DayOfYear] | None = None

    @model_validator(mode="after")
    def _hours_last(self) -> Self:
        if any(begin == end for begin, end in self.hours):
            raise ValueError("hours begin and end at different times; leave them out for the whole day")
        return self


class RuleEntry(Entry):
    """A warning rule: who is judged, the bounds of its levels, its state and its source."""

    name: Words
    domain: str
    subjects: Literal["station", "village", "town", "zone", "county", "city", "feeder", "gateway"]
    direction: Literal[Direction.UP_BAD, Direction.DOWN_BAD]
    bounds: Annotated[tuple[BoundEntry, ...], Field(min_length=1)]
    state: RuleState
    source: Source
    version: Annotated[str, Field(min_length=1)] = "1"
    jurisdiction: str = ""
    min_reporting: Annotated[float, Field(ge=0, le=1)] = 0.0
    no_data: NoData = NoData.LOST
    no_data_after_s: Span | None = None
    schedule: ScheduleEntry | None = None
    overrides: tuple[OverrideEntry, ...] = ()
    valid_from: date | None = None
    inhibited_by: tuple[InhibitionEntry, ...] = ()
    flap_limit: Annotated[int, Field(ge=0, le=60)] = 4

    @model_validator(mode="after")
    def _one_bound_a_level(self) -> Self:
        levels = [bound.level for bound in self.bounds]
        if len(set(levels)) < len(levels):
            raise ValueError("a level is declared twice")
        unproved = (Verification.ILLUSTRATIVE, Verification.NONE)
        if self.state is RuleState.ACTIVE and self.source.bounds in unproved:
            raise ValueError(f"bounds marked {self.source.bounds} stay in trial until a source is read")
        return self

    @model_validator(mode="after")
    def _bounds_go_one_way(self) -> Self:
        up = self.direction is Direction.UP_BAD
        for bound in self.bounds:
            if bound.comparison and (bound.comparison in UP) != up:
                raise ValueError(
                    f"{bound.level.name.lower()} compares by {bound.comparison}, the rule is {self.direction}"
                )
            _check_clear(up, bound.bound, bound.clear)
        for other in self.overrides:
            if not any(bound.level == other.level and bound.bound is not None for bound in self.bounds):
                raise ValueError(f"{other.area} overrides {other.level.name.lower()}, which has no bound")
            _check_clear(up, other.bound, other.clear)
        if self.no_data is NoData.KEEP and self.no_data_after_s:
            raise ValueError("no_data_after_s belongs to no_data: clear or lost")
        return self

    def record(self, rule_id: str) -> Rule:
        """The rule as the rooms know it, gravest level first."""
        told = self.fields()
        begins = told.pop("valid_from")
        told["bounds"] = tuple(_bound(bound) for bound in sorted(self.bounds, key=lambda b: -b.level))
        told["overrides"] = tuple(Override(**other.fields()) for other in self.overrides)
        told["inhibited_by"] = tuple(Inhibition(**one.fields()) for one in self.inhibited_by)
        told["schedule"] = Schedule(**self.schedule.fields()) if self.schedule else None
        if told["no_data_after_s"] is None:
            told["no_data_after_s"] = LOST_AFTER_S if self.no_data is NoData.LOST else 0
        told["valid_from_ms"] = (begins - date(1970, 1, 1)).days * DAY_MS - CHINA_MS if begins else 0
        return Rule(rule_id, **told)


def _check_clear(up: bool, bound: float | None, clear: float | None) -> None:
    if bound is not None and clear is not None and (clear > bound if up else clear < bound):
        raise ValueError(f"the clear bound {clear:g} is graver than the bound {bound:g}")


def _bound(entry: BoundEntry) -> LevelBound:
    conditions = tuple(Condition(**one.fields()) for one in entry.conditions)
    return LevelBound(**(entry.fields() | {"conditions": conditions}))
