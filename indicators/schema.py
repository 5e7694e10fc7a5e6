"""How metrics, indicators and index schemes are written in a pack."""

from __future__ import annotations

import re
from datetime import date
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator

from core.accounts import Sensitivity
from core.declared import Metric, Words
from core.errors import UnknownName
from core.schema import Entry, EntryFaults, Name, Seconds
from indicators.definition import (
    Aggregate,
    Direction,
    Indicator,
    Input,
    Lifecycle,
    Part,
    Relation,
    Reset,
    RollUp,
    Source,
    WindowKind,
)
from indicators.faults import DAY_S, PERIOD_S, RETENTION_S, faults, said_s
from indicators.formula import RESERVED

LevelName = Literal["station", "city", "county", "zone", "town", "village", "grid", "feeder", "gateway"]
InputName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Cadence = Literal["realtime", "hourly", "daily", "weekly", "monthly", "quarterly", "termly", "yearly"]
NOTHING = Words("", "")


def _seconds_of_day(written: Any) -> Any:
    """Seconds after midnight of a time of day; anything else goes on to be refused by its type."""
    found = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", written) if isinstance(written, str) else None
    if found is None:
        raise ValueError(f"{written!r} is no time of day; write it as '08:00', with quotation marks")
    return int(found[1]) * 3600 + int(found[2]) * 60


def _time_of_day(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds % 3600 // 60:02}"


TimeOfDay = Annotated[
    int,
    BeforeValidator(_seconds_of_day, json_schema_input_type=Annotated[str, Field(pattern=r"^[0-2]\d:[0-5]\d$")]),
    PlainSerializer(_time_of_day),
]


def _sensitivity_of(written: object) -> Sensitivity:
    try:
        return Sensitivity.of(str(written))
    except UnknownName as unknown:
        raise ValueError(str(unknown)) from unknown


Grade = Annotated[
    Sensitivity,
    BeforeValidator(_sensitivity_of, json_schema_input_type=Literal["public", "internal", "restricted"]),
    PlainSerializer(lambda grade: grade.word),
]


class MetricEntry(Entry):
    """A measured quantity with the range outside of which a reading is not believed.

    `quantity` has to be said of what is measured in metres: a `level` needs the vertical datum of its device, a
    `length` (depth, distance, visibility) does not.
    """

    name: Words
    unit: str
    low: float
    high: float
    pane_s: Seconds = 60
    zero_at_boot: bool = False
    quantity: Literal["", "level", "length"] = ""

    @model_validator(mode="after")
    def _range_has_room(self) -> Self:
        if self.low >= self.high:
            raise ValueError(f"low {self.low:g} must be below high {self.high:g}")
        if self.unit == "m" and not self.quantity:
            raise ValueError("in metres: say `quantity: level` (its devices need a datum) or `quantity: length`")
        return self

    def record(self, metric_id: str) -> Metric:
        """The metric as the rooms know it."""
        return Metric(metric_id, **self.fields())


class InputEntry(Entry):
    """Another indicator as a name in the formula: earlier by `ago_s`, of a wider area, or gathered over `spread_s`."""

    name: InputName
    indicator: str
    ago_s: Annotated[int, Field(ge=0, le=RETENTION_S)] = 0
    area: Literal["same", "parent", "city"] = "same"
    spread: Literal["", "mean", "max", "min", "sum", "count"] = ""
    spread_s: Annotated[int, Field(ge=0, le=RETENTION_S)] = 0

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.name in RESERVED:
            raise ValueError(f"{self.name!r} is a word of the formula language; name the input otherwise")
        if self.spread_s and not self.spread:
            raise ValueError("spread_s says how far `spread` reaches; say both or neither")
        if self.ago_s + self.spread_s > RETENTION_S:
            raise ValueError(f"ago_s and spread_s reach back further than values are kept, {said_s(RETENTION_S)}")
        return self

    def record(self) -> Input:
        """The input as the rooms know it."""
        return Input(**self.fields())


class PartEntry(Entry):
    """One input of a score: its weight, and which value gives which score."""

    indicator: str
    weight: Annotated[float, Field(gt=0)]
    score: Annotated[tuple[tuple[float, Annotated[float, Field(ge=0, le=100)]], ...], Field(min_length=2)]

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if any(here[0] >= after[0] for here, after in pairwise(self.score)):
            raise ValueError("the values of score must rise from left to right")
        return self

    def record(self) -> Part:
        """The part as the rooms know it."""
        return Part(**self.fields())


class RelationEntry(Entry):
    """How the indicator hangs together with another 关联关系."""

    kind: Literal["cause", "effect", "same_source", "see_also"]
    indicator: str
    note: Words = NOTHING

    def record(self) -> Relation:
        """The relation as the rooms know it."""
        return Relation(**self.fields())


class IndicatorEntry(Entry):
    """A vital sign: definition 定义, method 口径, where its bounds come from, relations 关联关系, and who owns it.

    It is fed by `metrics` or by `event_types`, or by `inputs` with a formula, or by `parts` with weights; by none of
    them when it tells which devices report at all.
    """

    name: Words
    domain: str
    unit: str
    direction: Direction
    source: Source
    definition: Words = NOTHING
    method: Words = NOTHING
    owner: str = ""
    cadence: Cadence = "realtime"
    lifecycle: Lifecycle = Lifecycle.ACTIVE
    sensitivity: Grade = Field(Sensitivity.INTERNAL, json_schema_extra={"default": "internal"})
    discloses: tuple[str, ...] = ()
    version: Annotated[str, Field(min_length=1)] = "1"
    levels: Annotated[tuple[LevelName, ...], Field(min_length=1)] = ("city",)
    metrics: tuple[Name, ...] = ()
    event_types: tuple[str, ...] = ()
    inputs: tuple[InputEntry, ...] = ()
    parts: tuple[PartEntry, ...] = ()
    where: dict[str, str] = Field({})
    window: WindowKind = WindowKind.SLIDING
    window_s: Annotated[int, Field(ge=0)] = 0
    slide_s: Annotated[int, Field(ge=0, le=366 * DAY_S)] = 0
    calendar: Literal["", "hour", "day", "month", "year"] = ""
    begins_at_s: Annotated[TimeOfDay, Field(alias="begins_at")] = 0
    since_event: str = ""
    aggregate: Aggregate | None = None
    parameter: float | None = None
    reset: Reset = Reset.NEVER
    rollover_at: Annotated[float, Field(gt=0)] | None = None
    rollup: RollUp | None = None
    steps: dict[LevelName, RollUp] = Field({})
    weight: str = ""
    formula: Annotated[str, Field(min_length=1)] = "value"
    formula_at: Literal["area", "station"] = "area"
    scheme: str = ""
    early: bool = False
    settle_s: Annotated[int, Field(ge=0, le=DAY_S)] = 60
    decimals: Annotated[int, Field(ge=0, le=6)] = 1
    period: Literal["", "month", "quarter", "year"] = ""
    baseline: Literal["", "hour_of_week"] = ""
    forecast_s: Annotated[int, Field(ge=0, le=7 * DAY_S)] = 0
    normal: float | None = None
    relations: tuple[RelationEntry, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        found = tuple(faults(self))
        if found:
            raise EntryFaults(found)
        return self

    @property
    def computed(self) -> bool:
        """True when the engine values it: neither a draft nor retired."""
        return self.lifecycle in (Lifecycle.ACTIVE, Lifecycle.TRIAL)

    def record(self, indicator_id: str) -> Indicator:
        """The indicator as the rooms know it.

        What a calendar period or a score leaves open is filled in: the longest such period, the pace as the window.
        """
        window_s = self.window_s or PERIOD_S.get(self.calendar, self.slide_s)
        built = {
            "window_s": window_s,
            "aggregate": self.aggregate or Aggregate.LAST,
            "rollup": self.rollup or RollUp.MEAN,
            "inputs": tuple(one.record() for one in self.inputs),
            "parts": tuple(one.record() for one in self.parts),
            "relations": tuple(one.record() for one in self.relations),
        }
        return Indicator(indicator_id, **(self.fields() | built))


class SchemeInput(Entry):
    """One pollutant of an index: its name, and the concentration at which each index value is reached.

    `bounds` may end before `index` does; `above` then says what the standard wants beyond the last one.
    """

    name: Words
    unit: str
    column: str
    bounds: Annotated[tuple[float, ...], Field(min_length=2)]
    above: Words | None = None


class SchemeClass(Entry):
    """One official class 级别 of an index, from its lowest index value on. `colour` is the standard's own."""

    low: Annotated[int, Field(ge=0)]
    code: Name
    name: Words
    grade: str
    colour: Annotated[str, Field(pattern=r"^#[0-9A-F]{6}$")]


class SchemeEntry(Entry):
    """An index scheme as data: break points, classes, validity.

    `valid_to` is the first day on which it no longer holds; `replaced_by` the id of the scheme that does then, which
    may need fewer inputs.
    Without a successor the numbers go on with this one and say so.
    """

    name: Words
    kind: Literal["aqi"]
    standard: str
    jurisdiction: str
    valid_from: date
    valid_to: date | None = None
    replaced_by: str = ""
    note: Words
    source: Source
    index: Annotated[tuple[float, ...], Field(min_length=2)]
    primary_above: float
    inputs: dict[Name, SchemeInput]
    classes: Annotated[tuple[SchemeClass, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if not _rises(self.index):
            raise ValueError("index must rise from left to right")
        for metric, column in self.inputs.items():
            if not _rises(column.bounds):
                raise ValueError(f"bounds of {metric} must rise from left to right")
            if len(column.bounds) > len(self.index):
                raise ValueError(f"{metric} has {len(column.bounds)} bounds for {len(self.index)} index values")
            if len(column.bounds) < len(self.index) and column.above is None:
                raise ValueError(f"bounds of {metric} end early; say in `above` what holds beyond")
        if self.classes[0].low != 0 or not _rises([c.low for c in self.classes]):
            raise ValueError("classes must begin at 0 and rise")
        return self


def _rises(numbers: tuple[float, ...] | list[int]) -> bool:
    return all(a < b for a, b in pairwise(numbers))
