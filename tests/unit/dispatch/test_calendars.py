"""Counted time against counting minute by minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.records import DAY_MS, HOUR_MS, MINUTE_MS
from dispatch.calendars import Counting, Holidays, WorkCalendar, round_the_clock, work_hours, working_days
from dispatch.clocks import Clock, Obligation, Terms
from dispatch.holidays import calendars_at

CHINA = timezone(timedelta(hours=8))
HOURS = [(8 * 3600 + 1800, 12 * 3600), (14 * 3600 + 1800, 17 * 3600 + 1800)]
YEARS = date(2026, 1, 1), date(2027, 3, 31)
HOLIDAYS = Holidays(chinese_calendar.is_workday, date(2026, 12, 31))


def ms(text: str) -> int:
    """Local time in ms UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=CHINA).timestamp() * 1000)


def is_counted(at_ms: int, of_hours: bool) -> bool:
    """Whether the minute that begins at a time counts, from the rules and nothing else."""
    local = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(CHINA)
    if not chinese_calendar.is_workday(local.date()):
        return False
    second = local.hour * 3600 + local.minute * 60
    return not of_hours or any(begin <= second < end for begin, end in HOURS)


@cache
def calendars() -> dict[bool, WorkCalendar]:
    return {True: work_hours(HOLIDAYS, *YEARS, HOURS), False: working_days(HOLIDAYS, *YEARS)}


@given(
    begin=st.integers(ms("2026-01-05T00:00") // MINUTE_MS, ms("2026-12-10T00:00") // MINUTE_MS),
    minutes=st.integers(0, 15 * 1440),
    of_hours=st.booleans(),
)
def test_counted_time_is_the_minutes_that_count(begin: int, minutes: int, of_hours: bool) -> None:
    calendar = calendars()[of_hours]
    counted = sum(is_counted((begin + n) * MINUTE_MS, of_hours) for n in range(minutes))
    assert calendar.elapsed_ms(begin * MINUTE_MS, (begin + minutes) * MINUTE_MS) == counted * MINUTE_MS


@given(
    begin=st.integers(ms("2026-01-05T00:00"), ms("2026-11-01T00:00")),
    span=st.integers(1, 30 * 8 * HOUR_MS),
    of_hours=st.booleans(),
)
def test_due_is_the_first_time_at_which_all_is_counted(begin: int, span: int, of_hours: bool) -> None:
    calendar = calendars()[of_hours]
    due_ms = calendar.due_ms(begin, span)
    assert calendar.elapsed_ms(begin, due_ms) == span
    assert calendar.elapsed_ms(begin, due_ms - 1) == span - 1


@pytest.mark.claim("COMMAND", "Work hours and working days know holidays, 调休 and lunch.")
@pytest.mark.parametrize(
    ("of_hours", "begun", "granted_ms", "due"),
    [
        (True, "2026-09-30T17:00", HOUR_MS, "2026-10-08T09:00"),  # over the National Day holidays
        (True, "2026-02-14T16:30", HOUR_MS, "2026-02-14T17:30"),  # a Saturday that is worked
        (True, "2026-02-14T16:30", 2 * HOUR_MS, "2026-02-24T09:30"),  # and then the Spring Festival
        (True, "2026-03-02T11:30", HOUR_MS, "2026-03-02T15:00"),  # over lunch
        (False, "2026-09-30T09:00", DAY_MS, "2026-10-09T00:00"),  # the day of receipt does not count
    ],
)
def test_days_that_people_know(of_hours: bool, begun: str, granted_ms: int, due: str) -> None:
    calendar = calendars()[of_hours]
    assert calendar.due_ms(calendar.begin(ms(begun)), granted_ms) == ms(due)


def test_beyond_what_was_announced_is_provisional() -> None:
    calendar = calendars()[False]
    assert calendar.provisional_from_ms == ms("2027-01-01T00:00")
    assert calendar.due_ms(ms("2026-12-31T00:00"), 2 * DAY_MS) == ms("2027-01-02T00:00")  # a Friday, as far as known


def test_the_calendars_of_a_city_know_holidays_and_its_hours() -> None:
    """As the processes use them: everything else here is handed its holidays by the test."""
    city = calendars_at(tuple(HOURS), ms("2026-09-30T12:00"))
    assert city[Counting.WORK_HOURS].due_ms(ms("2026-09-30T17:00"), HOUR_MS) == ms("2026-10-08T09:00")
    assert city[Counting.WORK_HOURS].due_ms(ms("2026-02-14T16:30"), HOUR_MS) == ms("2026-02-14T17:30")
    days = city[Counting.WORKING_DAYS]
    assert days.due_ms(days.begin(ms("2026-09-30T09:00")), DAY_MS) == ms("2026-10-09T00:00")
    assert city[Counting.ALWAYS].due_ms(ms("2026-09-30T17:00"), HOUR_MS) == ms("2026-09-30T18:00")


@pytest.mark.parametrize(("days", "provisional"), [(3, False), (60, True)])
def test_a_clock_says_that_its_end_lies_in_an_unannounced_year(days: int, provisional: bool) -> None:
    city = calendars_at(tuple(HOURS), ms("2026-12-01T09:00"))
    terms = Terms(days * DAY_MS, Counting.WORKING_DAYS)
    clock = Clock.begun(Obligation.CLOSE, terms, ms("2026-12-01T09:00"), city)
    assert clock.is_provisional(city) == provisional


def test_a_due_date_beyond_the_calendar_is_refused() -> None:
    with pytest.raises(ValueError, match="beyond the end of the calendar"):
        calendars()[True].due_ms(ms("2027-03-30T09:00"), 60 * HOUR_MS)


def test_round_the_clock_everything_counts() -> None:
    calendar = round_the_clock()
    assert calendar.due_ms(1000, 5) == 1005
    assert calendar.elapsed_ms(1005, 1000) == 0
