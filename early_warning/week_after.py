"""A week after its activation: what a rule was expected to tell against what it told. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.records import DAY_MS

WEEK_MS = 7 * DAY_MS


@dataclass(frozen=True, slots=True)
class WeekAfter:
    """expected: warnings a week, as the backtest promised; actual: how many came, in so many days since.

    low, high: as many would come by chance in that time, two of them either way of twice the root.
    """

    expected: float
    actual: int
    days: float
    low: int
    high: int

    @property
    def is_over(self) -> bool:
        """Whether the week has passed, so that it may be judged."""
        return self.days >= 7

    @property
    def is_breached(self) -> bool:
        """More came, or after the week fewer, than chance explains: the rule wants another look."""
        return self.actual > self.high or (self.is_over and self.actual < self.low)


def week_after(promised: Mapping[str, Any] | None, effective_ms: int, actual: int, now_ms: int) -> WeekAfter | None:
    """What came of a promise; None: nothing was promised, or it is not in force yet.

    >>> found = week_after({"a_week": {"red": 0.5, "blue": 2.5}}, 0, 12, WEEK_MS)
    >>> found.expected, found.low, found.high, found.is_breached
    (3.0, 0, 8, True)
    """
    if not promised or now_ms <= effective_ms:
        return None
    a_week = float(sum(promised.get("a_week", {}).values()))
    span_ms = min(now_ms - effective_ms, WEEK_MS)
    due = a_week * span_ms / WEEK_MS
    room = 2 * math.sqrt(due)
    return WeekAfter(a_week, actual, span_ms / DAY_MS, max(0, math.ceil(due - room - 2)), math.floor(due + room + 2))
