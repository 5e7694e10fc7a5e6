"""The time that an obligation counts: round the clock, work hours, or working days with holidays and 调休. Pure.

All of China keeps UTC+8. Everything is in ms UTC; a span is in ms of counted time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from hashlib import blake2b

import numpy as np

from core.clock import CHINA_MS
from core.records import DAY_MS, Int64

_EPOCH = date(1970, 1, 1)


class Counting(StrEnum):
    """What of the time counts."""

    ALWAYS = "always"  # 24 小时
    WORK_HOURS = "work-hours"  # 工作时
    WORKING_DAYS = "working-days"  # 工作日: the day on which it begins does not count


@dataclass(frozen=True, slots=True)
class Holidays:
    """Which days are worked. is_workday: of a local date; announced_to: the last date for which that was announced.

    Beyond it Monday to Friday are taken, and a due date there is provisional.
    """

    is_workday: Callable[[date], bool]
    announced_to: date

    def worked(self, day: date) -> bool:
        """Whether a local date is a working day, as far as is known."""
        return self.is_workday(day) if day <= self.announced_to else day.weekday() < 5


class WorkCalendar:
    """Counted time as a rising function of time, and its inverse; both exact to the millisecond."""

    def __init__(self, counting: Counting, opens_ms: Int64, closes_ms: Int64, provisional_from_ms: int) -> None:
        """opens_ms, closes_ms: int64 (n,), the counted intervals, rising and apart; none when everything counts."""
        self.counting, self.provisional_from_ms = counting, provisional_from_ms
        self._opens_ms, self._closes_ms = opens_ms, closes_ms
        self._before_ms = np.concatenate([[0], np.cumsum(closes_ms - opens_ms)])

    @property
    def fingerprint(self) -> str:
        """Another one when it counts otherwise."""
        return blake2b(self._opens_ms.tobytes() + self._closes_ms.tobytes(), digest_size=8).hexdigest()

    def begin(self, at_ms: int) -> int:
        """When an obligation that arises now begins to count: of working days, the next midnight."""
        if self.counting is not Counting.WORKING_DAYS:
            return at_ms
        return -(-(at_ms + CHINA_MS + 1) // DAY_MS) * DAY_MS - CHINA_MS

    def counted_ms(self, at_ms: int) -> int:
        """Counted time from the beginning of this calendar to a time."""
        if self.counting is Counting.ALWAYS:
            return at_ms
        at = int(np.searchsorted(self._opens_ms, at_ms, side="right")) - 1
        if at < 0:
            return 0
        inside_ms = min(at_ms, int(self._closes_ms[at])) - int(self._opens_ms[at])
        return int(self._before_ms[at]) + inside_ms

    def elapsed_ms(self, from_ms: int, to_ms: int) -> int:
        """Counted time between two times; 0 when the second is not later."""
        return max(self.counted_ms(to_ms) - self.counted_ms(from_ms), 0)

    def due_ms(self, from_ms: int, span_ms: int) -> int:
        """The first time at which so much has been counted since a time; span_ms above 0.

        Raises:
            ValueError: It lies beyond the last year of this calendar.
        """
        if self.counting is Counting.ALWAYS:
            return from_ms + span_ms
        wanted_ms = self.counted_ms(from_ms) + span_ms
        at = int(np.searchsorted(self._before_ms, wanted_ms, side="left")) - 1
        if at >= len(self._opens_ms):
            raise ValueError(f"{span_ms} ms of counted time lie beyond the end of the calendar")
        return int(self._opens_ms[at]) + wanted_ms - int(self._before_ms[at])


def round_the_clock() -> WorkCalendar:
    """Everything counts."""
    nothing = np.empty(0, np.int64)
    return WorkCalendar(Counting.ALWAYS, nothing, nothing, provisional_from_ms=2**62)


def working_days(holidays: Holidays, first: date, last: date) -> WorkCalendar:
    """Whole working days of some years, both dates included: due is the end of the last one that is granted."""
    return _calendar(Counting.WORKING_DAYS, holidays, (first, last), [(0, 86_400)])


def work_hours(holidays: Holidays, first: date, last: date, hours: Sequence[tuple[int, int]]) -> WorkCalendar:
    """Hours of working days; hours: (from, to) in s after local midnight, rising and apart."""
    return _calendar(Counting.WORK_HOURS, holidays, (first, last), hours)


def _calendar(
    counting: Counting, holidays: Holidays, years: tuple[date, date], hours: Sequence[tuple[int, int]]
) -> WorkCalendar:
    first, last = years
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    midnights_ms = np.array([_midnight_ms(day) for day in days if holidays.worked(day)], dtype=np.int64)
    opens_ms, closes_ms = ((midnights_ms[:, None] + np.array(ends) * 1000).ravel() for ends in zip(*hours, strict=True))
    return WorkCalendar(counting, opens_ms, closes_ms, _midnight_ms(holidays.announced_to + timedelta(days=1)))


def _midnight_ms(day: date) -> int:
    return (day - _EPOCH).days * DAY_MS - CHINA_MS
