"""The calendars of a city: its work hours, and the state's holidays and 调休 as far as they were announced."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import chinese_calendar
from chinese_calendar.constants import holidays, workdays

from core.clock import in_china
from dispatch.calendars import Counting, Holidays, WorkCalendar, round_the_clock, work_hours, working_days
from dispatch.clocks import Calendars

BACK_YEARS, AHEAD_YEARS = 10, 5  # as far as old cases are read, and as far as the longest limit reaches


def china() -> Holidays:
    """What the library knows of the State Council's announcements; they come a year at a time."""
    last = max(*holidays, *workdays)
    return Holidays(chinese_calendar.is_workday, date(last.year, 12, 31))


def calendars_at(hours_s: tuple[tuple[int, int], ...], now_ms: int) -> Calendars:
    """The three calendars for cases of now. hours_s: (from, to) in s after local midnight, rising and apart."""
    return _calendars(hours_s, in_china(now_ms).year)


@lru_cache(maxsize=4)
def _calendars(hours_s: tuple[tuple[int, int], ...], year: int) -> dict[Counting, WorkCalendar]:
    known = china()
    years = max(date(year - BACK_YEARS, 1, 1), min(holidays)), date(year + AHEAD_YEARS, 12, 31)
    return {
        Counting.ALWAYS: round_the_clock(),
        Counting.WORK_HOURS: work_hours(known, *years, hours_s),
        Counting.WORKING_DAYS: working_days(known, *years),
    }
