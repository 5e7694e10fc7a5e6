"""Where calendar windows begin, are final, and what is caught up after a long stop."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_city import MINUTE_MS, indicator

from core.records import DAY_MS, HOUR_MS
from indicators.definition import Aggregate, Indicator, RollUp, WindowKind
from indicators.periods import Periods
from indicators.windows import Windows

ZONE = "Asia/Shanghai"


def at_ms(local: str) -> int:
    return int(pd.Timestamp(local, tz=ZONE).value // 10**6)


def calendar(unit: str, begins_at_s: int, slide_s: int) -> Indicator:
    windows = {"window": WindowKind.CALENDAR, "calendar": unit, "begins_at_s": begins_at_s}
    return indicator("so-far", ("rain",), 86_400, Aggregate.SUM, RollUp.MEAN, slide_s=slide_s, **windows)


@pytest.mark.parametrize(
    ("unit", "begins_at_s", "inside", "begin", "following"),
    [
        ("hour", 0, "2026-11-22 13:05", "2026-11-22 13:00", "2026-11-22 14:00"),
        ("hour", 1800, "2026-11-22 13:05", "2026-11-22 12:30", "2026-11-22 13:30"),
        ("day", 0, "2026-11-22 00:00", "2026-11-22 00:00", "2026-11-23 00:00"),
        ("day", 28_800, "2026-11-22 07:59", "2026-11-21 08:00", "2026-11-22 08:00"),  # hydrological
        ("day", 72_000, "2026-11-22 20:01", "2026-11-22 20:00", "2026-11-23 20:00"),  # meteorological
        ("month", 28_800, "2026-03-01 07:00", "2026-02-01 08:00", "2026-03-01 08:00"),
        ("month", 72_000, "2026-02-28 21:00", "2026-02-28 20:00", "2026-03-31 20:00"),
        ("year", 28_800, "2026-01-01 07:59", "2025-01-01 08:00", "2026-01-01 08:00"),
        ("year", 72_000, "2025-12-31 20:00", "2025-12-31 20:00", "2026-12-31 20:00"),
    ],
)
@pytest.mark.claim("ENGINE", "Calendar windows begin at their offset, like the hydrological day at 08:00")
def test_a_period_begins_at_its_offset(unit: str, begins_at_s: int, inside: str, begin: str, following: str) -> None:
    periods = Periods(unit, begins_at_s)
    assert (periods.begin_ms(at_ms(inside)), periods.next_ms(at_ms(inside))) == (at_ms(begin), at_ms(following))


@given(st.sampled_from(("hour", "day", "month", "year")), st.integers(0, 86_399), st.integers(0, 2**42))
def test_periods_follow_each_other_without_a_gap(unit: str, begins_at_s: int, time_ms: int) -> None:
    periods = Periods(unit, begins_at_s)
    begin_ms, next_ms = periods.begin_ms(time_ms), periods.next_ms(time_ms)
    assert begin_ms <= time_ms < next_ms
    assert periods.begin_ms(next_ms) == next_ms and periods.next_ms(begin_ms) == next_ms


def test_the_reading_of_the_boundary_belongs_to_the_day_that_ends() -> None:
    windows = Windows(calendar("day", 28_800, 3600), 0)
    boundary_ms = at_ms("2026-11-22 08:00")
    assert windows.begin_ms(boundary_ms) == boundary_ms - DAY_MS
    assert windows.begin_ms(boundary_ms + HOUR_MS) == boundary_ms


def test_only_the_window_that_closes_its_period_is_final() -> None:
    windows = Windows(calendar("day", 28_800, 3600), 0)
    boundary_ms = at_ms("2026-11-22 08:00")
    windows.fall_due(boundary_ms + 2 * HOUR_MS, boundary_ms - 2 * HOUR_MS, list)
    ends_ms = range(boundary_ms - HOUR_MS, boundary_ms + 9 * HOUR_MS, HOUR_MS)
    assert [end_ms for end_ms in ends_ms if windows.is_final(end_ms)] == [boundary_ms]


def test_a_daily_window_ends_with_its_own_day() -> None:
    windows = Windows(calendar("day", 0, 86_400), 0)  # midnight in the city is 16:00 UTC
    now_ms = at_ms("2026-11-22 09:00")
    assert windows.fall_due(now_ms, now_ms - DAY_MS, list) == [at_ms("2026-11-22 00:00")]


def test_after_a_long_stop_the_days_that_hold_a_pane_are_still_closed() -> None:
    windows = Windows(calendar("day", 28_800, 3600), HOUR_MS // 2)
    begun_ms = at_ms("2026-11-01 09:00")
    windows.fall_due(begun_ms, begun_ms, list)
    panes_ms = [begun_ms + MINUTE_MS, at_ms("2026-11-05 08:00"), at_ms("2026-11-05 08:01")]
    due_ms = windows.fall_due(at_ms("2026-11-22 09:01"), begun_ms, lambda: panes_ms)
    closed = [at_ms(f"2026-11-{day:02} 08:00") for day in (2, 5, 6)]
    assert due_ms[:3] == closed
    assert due_ms[3:] == [*range(due_ms[3], at_ms("2026-11-22 09:00") + 1, HOUR_MS)] and len(due_ms) == 3 + 25
