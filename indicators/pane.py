"""One metric over one span of time: running count, sum, extremes and newest value of each series."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.records import Float64, Int64
from indicators.chunks import pack, unpack
from indicators.seen import SeenKeys

NEVER_MS = np.iinfo(np.int64).min
# What a series holds before its first reading, in the order of the rows of the two blocks below.
_NO_WHOLE = np.array([[0], [NEVER_MS]])  # count, last_ms
_NO_REAL = np.array([[0.0], [np.inf], [-np.inf], [np.nan]])  # total, low, high, last
COLUMNS = ("count", "total", "low", "high", "last_ms", "last")


class Pane:
    """The readings of one metric in (end_ms − width_ms, end_ms], a row for each series.

    A series is one device's row number for this metric; rows are added as series appear. A reading counts once:
    one with the time of an earlier one of its series is doubled, and the first to arrive stays. Of each series
    the newest time is kept in `last_ms`, all others in a set that is only asked about readings out of order.

    Sums are added in the order of arrival: another order differs by less than 1e-12 of the largest addend times
    the count, which the second stage rounds away.
    """

    count: Int64
    total: Float64
    low: Float64
    high: Float64
    last_ms: Int64
    last: Float64

    def __init__(self, end_ms: int, width_ms: int) -> None:
        self.end_ms, self.width_ms = end_ms, width_ms
        self._hold(np.empty((2, 0), dtype=np.int64), np.empty((4, 0)))
        self._older = SeenKeys()
        self._folded: list[Int64] = []

    def fold(self, series: Int64, event_ms: Int64, value: Float64, series_known: int) -> int:
        """Take readings in; returns how many of them were doubled.

        Args:
            series: int64 (n,), each below `series_known`.
            event_ms: int64 (n,), inside this pane.
            value: float64 (n,).
            series_known: How many series the metric has by now.
        """
        self._reach(series_known)
        given = len(series)
        first = _first_of_each(self._keys(series, event_ms))
        series, event_ms, value = series[first], event_ms[first], value[first]
        newest_ms = self.last_ms[series]
        held = event_ms == newest_ms
        out_of_order = np.flatnonzero(event_ms < newest_ms)
        if len(out_of_order):
            held[out_of_order] = self._older.holds(self._keys(series[out_of_order], event_ms[out_of_order]))
        if held.any():
            series, event_ms, value = series[~held], event_ms[~held], value[~held]
        if len(series):
            self._add(series, event_ms, value)
        return given - len(series)

    def has(self, series: Int64) -> NDArray[np.bool_]:
        """Which of the series have a reading here."""
        here = np.zeros(len(series), dtype=np.bool_)
        known = series < len(self.count)
        here[known] = self.count[series[known]] > 0
        return here

    def take_changed(self) -> Int64:
        """The series folded into since this was last asked, rising."""
        changed = np.unique(np.concatenate(self._folded)) if self._folded else np.zeros(0, dtype=np.int64)
        self._folded = []
        return changed

    def chunk(self) -> bytes:
        """The pane as one chunk of state."""
        columns = {"whole": self._whole, "real": self._real, "older": self._older.all()}
        return pack(columns, end_ms=self.end_ms, width_ms=self.width_ms)

    @classmethod
    def from_chunk(cls, chunk: bytes) -> Pane:
        """Inverse of `chunk`."""
        columns, plain = unpack(chunk)
        pane = cls(**plain)
        pane._hold(columns["whole"], columns["real"])
        pane._older = SeenKeys(columns["older"])
        return pane

    def _hold(self, whole: Int64, real: Float64) -> None:
        """Keep two blocks, (2, series) and (4, series); the columns are views of their rows."""
        self._whole, self._real = whole, real
        self.count, self.last_ms = whole
        self.total, self.low, self.high, self.last = real

    def _keys(self, series: Int64, event_ms: Int64) -> Int64:
        """One number for a series and a time inside this pane; sorts by series, then by time."""
        return series * self.width_ms + (event_ms - (self.end_ms - self.width_ms + 1))

    def _reach(self, series_known: int) -> None:
        """Make room for the series that appeared; two blocks, because most panes are small and allocation counts."""
        held = self._whole.shape[1]
        if series_known > held:
            whole, real = np.empty((2, series_known), dtype=np.int64), np.empty((4, series_known))
            whole[:, :held], real[:, :held] = self._whole, self._real
            whole[:, held:], real[:, held:] = _NO_WHOLE, _NO_REAL
            self._hold(whole, real)

    def _add(self, series: Int64, event_ms: Int64, value: Float64) -> None:
        """Readings not held yet, sorted by series and time."""
        begins = np.ones(len(series), dtype=np.bool_)
        begins[1:] = series[1:] != series[:-1]
        starts = np.flatnonzero(begins)
        single = len(starts) == len(series)  # one reading a series, as almost always
        rows = series[starts]
        ends = starts if single else np.append(starts[1:], len(series)) - 1
        newer = event_ms[ends] > self.last_ms[rows]
        newest, rows_newer = ends[newer], rows[newer]
        self._remember_older(series, event_ms, newest, rows_newer)
        self.count[rows] += 1 if single else ends - starts + 1
        self.total[rows] += value if single else np.add.reduceat(value, starts)
        self.low[rows] = np.minimum(self.low[rows], value if single else np.minimum.reduceat(value, starts))
        self.high[rows] = np.maximum(self.high[rows], value if single else np.maximum.reduceat(value, starts))
        self.last_ms[rows_newer] = event_ms[newest]
        self.last[rows_newer] = value[newest]
        self._folded.append(rows)

    def _remember_older(self, series: Int64, event_ms: Int64, newest: NDArray[np.intp], rows: Int64) -> None:
        """Keep the times that are not the newest of their series any more, or never were.

        newest: positions of those readings that become the newest of their series; rows: these series.
        """
        displaced = rows[self.count[rows] > 0]
        if len(displaced):
            self._older.add(self._keys(displaced, self.last_ms[displaced]))
        if len(newest) < len(series):
            passed = np.ones(len(series), dtype=np.bool_)
            passed[newest] = False
            self._older.add(self._keys(series[passed], event_ms[passed]))


def _first_of_each(keys: Int64) -> NDArray[np.intp]:
    """Where each key stands first, in rising order of the keys."""
    order = np.argsort(keys, kind="stable")
    rising = keys[order]
    fresh = np.ones(len(keys), dtype=np.bool_)
    fresh[1:] = rising[1:] != rising[:-1]
    return order[fresh]
