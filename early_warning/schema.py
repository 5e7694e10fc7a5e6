"""How warning rules are written in a pack."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator

from core.declared import Words
from core.records import Level
from core.schema import Entry
from early_warning.rule import LevelBound, Rule, RuleState
from indicators.definition import Direction, Source, Verification

COLOURS = ("blue", "yellow", "orange", "red")


def _level_of(colour: object) -> Level:
    if colour not in COLOURS:
        raise ValueError(f"{colour!r} is not one of {', '.join(COLOURS)}")
    return Level[str(colour).upper()]


Colour = Annotated[Level, BeforeValidator(_level_of), PlainSerializer(lambda level: level.name.lower())]


class BoundEntry(Entry):
    """When one level is reached: a number in the unit of the indicator, or the station's own reference."""

    level: Colour
    indicator: str
    bound: float | None = None
    reference: Literal["", "warning", "guaranteed", "record"] = ""
    offset: float = 0.0
    hysteresis: Annotated[float, Field(ge=0)] = 0.0

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.bound is None) == (not self.reference):
            raise ValueError("a level has either a bound or a reference")
        if self.offset and not self.reference:
            raise ValueError("an offset belongs to a reference")
        return self


class RuleEntry(Entry):
    """A warning rule: who is judged, the bounds of its levels, its state and its source."""

    name: Words
    domain: str
    subjects: Literal["station", "county", "city"]
    direction: Literal[Direction.UP_BAD, Direction.DOWN_BAD]
    bounds: Annotated[tuple[BoundEntry, ...], Field(min_length=1)]
    state: RuleState
    source: Source
    version: Annotated[str, Field(min_length=1)] = "1"
    jurisdiction: str = ""

    @model_validator(mode="after")
    def _one_bound_a_level(self) -> Self:
        levels = [bound.level for bound in self.bounds]
        if len(set(levels)) < len(levels):
            raise ValueError("a level is declared twice")
        unproved = (Verification.ILLUSTRATIVE, Verification.NONE)
        if self.state is RuleState.ACTIVE and self.source.bounds in unproved:
            raise ValueError(f"bounds marked {self.source.bounds} stay in trial until a source is read")
        return self

    def record(self, rule_id: str) -> Rule:
        """The rule as the rooms know it, gravest level first."""
        bounds = tuple(LevelBound(**b.fields()) for b in sorted(self.bounds, key=lambda b: -b.level))
        return Rule(rule_id, **(self.fields() | {"bounds": bounds}))
