"""When a rule is judged: hours, weekdays and season by local time. Pure."""

from __future__ import annotations

import numpy as np

from core.clock import CHINA_MS
from core.records import DAY_MS, Int64
from early_warning.judge import Mask
from early_warning.rule import Schedule

THURSDAY = 4  # 1970-01-01 was one; Monday is 1


def judged(schedule: Schedule, ends_ms: Int64) -> Mask:
    """Whether a rule with this schedule is judged, bool (n,), at window ends (n,), ms UTC."""
    local_ms = ends_ms + CHINA_MS
    day, second = local_ms // DAY_MS, local_ms % DAY_MS // 1000
    covered = np.ones(len(ends_ms), dtype=np.bool_)
    if schedule.hours:
        spans = [_in_turn(second, begin, end - 1) for begin, end in schedule.hours]
        covered &= np.logical_or.reduce(spans)
    if schedule.weekdays:
        covered &= np.isin((day + THURSDAY - 1) % 7 + 1, schedule.weekdays)
    if schedule.season:
        first, last = (month * 100 + day_of_month for month, day_of_month in schedule.season)
        covered &= _in_turn(_month_and_day(day), first, last)
    return covered


def _in_turn(at: Int64, first: int, last: int) -> Mask:
    """Whether each is in [first, last], which may pass the end of its cycle."""
    after, before = at >= first, at <= last
    return np.asarray(after & before if first <= last else after | before)


def _month_and_day(day: Int64) -> Int64:
    """Days since 1970 as 100 × month + day of the month."""
    date = day.astype("datetime64[D]")
    month = date.astype("datetime64[M]")
    of_month = (date - month).astype(np.int64) + 1
    return np.asarray((month.astype(np.int64) % 12 + 1) * 100 + of_month)
