"""What stands beside a value and never replaces it: what is usual at this hour, and where the trend leads. Pure.

Usual 同期基线: of each hour of the week the value at its end, over the `WEEKS` weeks before; their median and how far
they lie apart. Trend 趋势: the robust line through the last `POINTS` windows, and where it stands `forecast_s` later.
Both are told from final values of the same version of the indicator alone, so that the log alone determines them;
values from before the log began stand in it (`workers/recall.py`).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.records import HOUR_MS, Float64, Int64
from indicators.aggregate import steady
from indicators.definition import Direction, Indicator, WindowKind
from indicators.groups import Rows
from indicators.line import Line, Lines
from indicators.robust import median, spread, straight_line
from indicators.told import SAMPLE, Told
from indicators.windows import Windows

WEEK_MS = 7 * 24 * HOUR_MS
WEEKS = 8
WEEKS_AT_LEAST = 3  # of fewer a median says nothing
POINTS = 12
POINTS_AT_LEAST = 6
USUAL_SPREADS = 3.0  # so many standard deviations around the median are usual
HOUR_OF_WEEK = "hour_of_week"


class Beside:
    """Past values of the indicators that declare a baseline or a forecast; `tables` are checkpointed by name."""

    def __init__(self, lines: Lines) -> None:
        self.tables: dict[str, Told] = {}
        for line in lines:
            for name in _tables(line):
                self.tables[name] = Told(len(line.plan.subjects), SAMPLE)

    def put(self, line: Line, end_ms: int, subjects: Rows, value: Float64) -> None:
        """Note the values of some subjects."""
        for name in _tables(line):
            if name == _recent(line) or line.windows.down_ms(_hour(end_ms)) == end_ms:
                self.tables[name].put(end_ms, subjects, {"value": value})

    def recall(self, line: Line, end_ms: int, subjects: Rows, value: Float64) -> None:
        """Note values of the past, where nothing is known of these subjects."""
        if _usual(line) in self.tables:
            known = self.tables[_usual(line)].at(end_ms)["value"][subjects]
            self.tables[_usual(line)].put(end_ms, subjects, {"value": np.where(np.isnan(known), value, known)})

    def columns(self, line: Line, end_ms: int, subjects: Rows) -> dict[str, Float64]:
        """What stands beside the window's values of some subjects; after `put` of this window."""
        usual = self._usual(line, end_ms, subjects) if line.indicator.baseline == HOUR_OF_WEEK else {}
        trend = self._trend(line, end_ms, subjects) if line.indicator.forecast_s else {}
        return usual | trend

    def pass_time(self, oldest_ms: Mapping[str, int]) -> None:
        """Forget what nobody needs.

        oldest_ms: the earliest window end of each line that may be valued again.
        """
        for key, end_ms in oldest_ms.items():
            for name, keep_ms in ((f"usual:{key}", WEEKS * WEEK_MS + HOUR_MS), (f"recent:{key}", HOUR_MS)):
                if name in self.tables:
                    self.tables[name].drop_before(end_ms - keep_ms)

    def _usual(self, line: Line, end_ms: int, subjects: Rows) -> dict[str, Float64]:
        hour_ms = _hour(end_ms)
        ends = [line.windows.down_ms(hour_ms - week * WEEK_MS) for week in range(1, WEEKS + 1)]
        table = self.tables[_usual(line)]
        samples = np.stack([table.at(sample_ms)["value"][subjects] for sample_ms in ends])
        enough = (~np.isnan(samples)).sum(axis=0) >= WEEKS_AT_LEAST
        middle = np.where(enough, median(samples), np.nan)
        aside = USUAL_SPREADS * spread(samples, middle)
        return {
            "baseline": steady(middle),
            "baseline_low": steady(middle - aside),
            "baseline_high": steady(middle + aside),
        }

    def _trend(self, line: Line, end_ms: int, subjects: Rows) -> dict[str, Float64]:
        ends = trend_ends_ms(line, end_ms)
        table = self.tables[_recent(line)]
        values = np.stack([table.at(one_ms)["value"][subjects] for one_ms in ends])
        hours = (np.array(ends, dtype=np.float64) - end_ms) / HOUR_MS
        told = straight_line(hours, values)
        enough = ((~np.isnan(values)).sum(axis=0) >= POINTS_AT_LEAST) & ~np.isnan(values[-1])
        ahead_h = line.indicator.forecast_s * 1000 / HOUR_MS
        return {
            "forecast": np.where(enough, steady(told.at + told.slope * ahead_h), np.nan),
            "trend_per_h": np.where(enough, steady(told.slope), np.nan),
        }


def sample_ends_ms(indicator: Indicator, after_ms: int, upto_ms: int) -> Int64:
    """The windows of a span, int64 (n,), whose values tell what is usual: the last one of each hour."""
    windows = Windows(indicator, 0)
    hours = range(_hour(after_ms + 1), _hour(upto_ms) + 1, HOUR_MS)
    ends_ms = np.unique(np.array([windows.down_ms(hour_ms) for hour_ms in hours], dtype=np.int64))
    return ends_ms[(ends_ms > after_ms) & (ends_ms <= upto_ms)]


def trend_ends_ms(line: Line, end_ms: int) -> list[int]:
    """The windows whose values make the trend at one of them, rising; of an accumulating one those of its period."""
    slide_ms = line.indicator.slide_s * 1000
    ends = range(end_ms - (POINTS - 1) * slide_ms, end_ms + 1, slide_ms)
    if line.indicator.window is not WindowKind.CALENDAR:
        return list(ends)
    return [one_ms for one_ms in ends if one_ms > line.windows.begin_ms(end_ms)]


def time_to_bound_s(value: float, trend_per_h: float, bound: float, direction: Direction) -> float | None:
    """In how many seconds the trend reaches a bound, s; 0 when it is reached, None when the trend leads away.

    >>> time_to_bound_s(value=3.0, trend_per_h=0.5, bound=4.0, direction=Direction.UP_BAD)
    7200.0
    """
    up = direction is Direction.UP_BAD
    if value >= bound if up else value < bound:
        return 0.0
    if not (trend_per_h > 0 if up else trend_per_h < 0):
        return None
    return (bound - value) / trend_per_h * 3600


def _tables(line: Line) -> list[str]:
    wanted = (_usual(line), line.indicator.baseline == HOUR_OF_WEEK), (_recent(line), line.indicator.forecast_s > 0)
    return [name for name, is_wanted in wanted if is_wanted]


def _usual(line: Line) -> str:
    return f"usual:{line.key}"


def _recent(line: Line) -> str:
    return f"recent:{line.key}"


def _hour(at_ms: int) -> int:
    """The end of the hour that a time lies in."""
    return -(-at_ms // HOUR_MS) * HOUR_MS
