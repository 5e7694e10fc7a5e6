"""The last day of every (indicator, area), in compact columns: for trends, sparks and the series of the API."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from math import isnan

from core.records import HOUR_MS, ValueBatch

KEEP_MS = 26 * HOUR_MS
TRIM_AT = 256  # rows between two looks at what is too old; trimming moves the rest of the memory

Point = tuple[int, float | None, int]  # (window end, value or None where unknown, status)


class Series:
    """Values of one indicator at one area by window end, rising; a later row for the same end replaces it."""

    __slots__ = ("_ends", "_statuses", "_values")

    def __init__(self) -> None:
        self._ends = array("q")
        self._values = array("d")
        self._statuses = array("b")

    def __len__(self) -> int:
        return len(self._ends)

    def put(self, end_ms: int, value: float, status: int) -> bool:
        """Add or correct one point; True when it is the newest of the series now."""
        ends = self._ends
        if not ends or end_ms > ends[-1]:
            ends.append(end_ms)
            self._values.append(value)
            self._statuses.append(status)
            return True
        row = bisect_left(ends, end_ms)
        if ends[row] == end_ms:
            self._values[row], self._statuses[row] = value, status
        else:
            ends.insert(row, end_ms)
            self._values.insert(row, value)
            self._statuses.insert(row, status)
        return row == len(ends) - 1

    def trim(self, before_ms: int) -> None:
        """Forget points that ended before a time."""
        stale = bisect_left(self._ends, before_ms)
        del self._ends[:stale], self._values[:stale], self._statuses[:stale]

    def points(self, from_ms: int = 0) -> Iterator[Point]:
        """Points whose window ended at or after a time, oldest first."""
        for row in range(bisect_left(self._ends, from_ms), len(self._ends)):
            value = self._values[row]
            yield self._ends[row], None if isnan(value) else value, self._statuses[row]


class History:
    """Every series of the last `keep_ms`, by (indicator, area)."""

    def __init__(self, keep_ms: int = KEEP_MS) -> None:
        self._keep_ms = keep_ms
        self._series: dict[tuple[str, str], Series] = {}

    def fold(self, batch: ValueBatch) -> list[int]:
        """Take in one batch. Returns the rows that are now the newest of their series."""
        newest = []
        rows = zip(batch.areas, batch.value.tolist(), batch.status.tolist(), strict=True)
        for row, (area, value, status) in enumerate(rows):
            series = self._series.get((batch.indicator, area))
            if series is None:
                series = self._series[batch.indicator, area] = Series()
            if series.put(batch.window_end_ms, value, status):
                newest.append(row)
            if len(series) % TRIM_AT == 0:
                series.trim(batch.window_end_ms - self._keep_ms)
        return newest

    def points(self, indicator: str, area: str, from_ms: int = 0) -> list[Point]:
        """Points of one series from a time on, oldest first; [] when nothing was ever valued."""
        series = self._series.get((indicator, area))
        return list(series.points(from_ms)) if series else []


def thin(points: Sequence[Point], at_most: int, down_bad: bool = False) -> list[list[float | None]]:
    """`[[end_ms, value or None], …]`, at most `at_most` of them; of each bucket the gravest value stays.

    A peak of one minute must not vanish from a chart of a day. None stays only where a whole bucket is unknown;
    the newest point always stays, as it is.

    >>> thin([(1, 5.0, 0), (2, 9.0, 0), (3, 1.0, 0), (4, None, 2), (5, 2.0, 0)], at_most=3)
    [[2, 9.0], [3, 1.0], [5, 2.0]]
    """
    if len(points) <= at_most:
        return [[end, value] for end, value, _ in points]
    body, last = points[:-1], points[-1]
    size = -(-len(body) // max(at_most - 1, 1))
    gravest = min if down_bad else max
    kept: list[list[float | None]] = []
    for start in range(0, len(body), size):
        known = [(value, end) for end, value, _ in body[start : start + size] if value is not None]
        value, end = gravest(known) if known else (None, body[start][0])
        kept.append([end, value])
    return [*kept, [last[0], last[1]]]
