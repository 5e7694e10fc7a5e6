"""The one mark of an evaluation: what the city weighs, and from which day to which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator

from core.declared import Words
from core.schema import Entry
from dispatch.evaluation import Measure
from dispatch.months import Month

WEIGHED = tuple(one for one in Measure if one not in (Measure.FIRST_ARRIVAL, Measure.FIRST_ABLE))  # spans are no marks


@dataclass(frozen=True, slots=True)
class CaseScore:
    """Weights that hold for a span of days, both included; until None: until others follow."""

    id: str
    name: Words
    valid_from: date
    valid_until: date | None
    weights: Mapping[Measure, float]


class CaseScoreEntry(Entry):
    """What the mark of an evaluation weighs, and when: months before and after keep the weights of their time."""

    name: Words
    valid_from: date
    valid_until: date | None = None
    weights: Annotated[dict[Measure, Annotated[float, Field(gt=0, le=1000)]], Field(min_length=1)]

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.valid_until and self.valid_until < self.valid_from:
            raise ValueError("valid_until lies before valid_from")
        if spans := sorted(set(self.weights) - set(WEIGHED)):
            raise ValueError(f"{', '.join(spans)} is a span of time and no mark; weigh {', '.join(WEIGHED)}")
        return self

    def record(self, score_id: str) -> CaseScore:
        """The weights as the rooms know them."""
        return CaseScore(score_id, self.name, self.valid_from, self.valid_until, dict(self.weights))


def score_of(month: Month, scores: Iterable[CaseScore]) -> CaseScore | None:
    """The weights that held on the first day of a month; of several those that began last. None: nobody set any."""
    first = date(month.year, month.month, 1)
    holding = [
        one for one in scores if one.valid_from <= first and (one.valid_until is None or first <= one.valid_until)
    ]
    return max(holding, key=lambda one: one.valid_from, default=None)
