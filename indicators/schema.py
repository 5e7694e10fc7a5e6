"""How metrics, indicators and index schemes are written in a pack."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from core.declared import Metric, Words
from core.schema import Entry, Name, Seconds
from indicators.definition import Aggregate, Direction, Indicator, RollUp, Source

AreaLevelName = Literal["station", "county", "city"]


class MetricEntry(Entry):
    """A measured quantity with the range outside of which a reading is not believed."""

    name: Words
    unit: str
    low: float
    high: float
    pane_s: Seconds = 60

    @model_validator(mode="after")
    def _range_has_room(self) -> Self:
        if self.low >= self.high:
            raise ValueError(f"low {self.low:g} must be below high {self.high:g}")
        return self

    def record(self, metric_id: str) -> Metric:
        """The metric as the rooms know it."""
        return Metric(metric_id, **self.fields())


class IndicatorEntry(Entry):
    """A vital sign: inputs, window, aggregate, roll-up, formula, and where its bounds come from."""

    name: Words
    domain: str
    unit: str
    direction: Direction
    window_s: Seconds
    slide_s: Seconds
    aggregate: Aggregate
    rollup: RollUp
    levels: Annotated[tuple[AreaLevelName, ...], Field(min_length=1)]
    source: Source
    method: Words
    metrics: tuple[Name, ...] = ()
    event_types: tuple[str, ...] = ()
    formula: Literal["value", "aqi"] = "value"
    scheme: str = ""
    early: bool = False
    settle_s: Annotated[int, Field(ge=0, le=86_400)] = 60
    decimals: Annotated[int, Field(ge=0, le=6)] = 1
    period: Literal["", "month", "quarter", "year"] = ""
    version: Annotated[str, Field(min_length=1)] = "1"

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.window_s % self.slide_s:
            raise ValueError(f"window_s {self.window_s} must be a whole multiple of slide_s {self.slide_s}")
        if self.metrics and self.event_types:
            raise ValueError("an indicator has metrics or event_types, not both")
        if not self.metrics and not self.event_types and self.aggregate is not Aggregate.REPORTING:
            raise ValueError("without metrics and event_types the aggregate must be reporting")
        if self.event_types and self.aggregate is not Aggregate.COUNT:
            raise ValueError("event_types are counted: the aggregate must be count")
        if (self.formula == "aqi") != bool(self.scheme):
            raise ValueError("formula aqi and a scheme belong together")
        return self

    def record(self, indicator_id: str) -> Indicator:
        """The indicator as the rooms know it."""
        return Indicator(indicator_id, **self.fields())


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

    `valid_to` is the first day on which it no longer holds; `replaced_by` the id of the scheme that does then.
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
