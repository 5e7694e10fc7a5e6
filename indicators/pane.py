"""One metric over one span of time: running count, sum, extremes and newest value of each series."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.records import Float64, Int64
from indicators.chunks import pack, unpack
from indicators.seen import SeenKeys

NEVER_MS = np.iinfo(np.int64).min
_NOTHING: dict[str, np.generic] = {
    "count": np.int32(0),
    "total": np.float64(0.0),
    "low": np.float64(np.inf),
    "high": np.float64(-np.inf),
    "last_ms": np.int64(NEVER_MS),
    "last": np.float64(np.nan),
}


class Pane:
    """The readings of one metric in (end_ms − width_ms, end_ms], a row for each series.

    A series is one device's row number for this metric; rows are added as series appear. A reading counts once:
    one with the time of an earlier one of its series is doubled, and the first to arrive stays. Of each series
    the newest time is kept in `last_ms`, all others in a set that is only asked about readings out of order.

    Sums are added in the order of arrival: another order differs by less than 1e-12 of the largest addend times
    the count, which the second stage rounds away.
    """

    count: NDArray[np.int32]
    total: Float64
    low: Float64
    high: Float64
    last_ms: Int64
    last: Float64

    def __init__(self, end_ms: int, width_ms: int) -> None:
        self.end_ms, self.width_ms = end_ms, width_ms
        for name, nothing in _NOTHING.items():
            setattr(self, name, np.zeros(0, dtype=nothing.dtype))
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
        _, first = np.unique(self._keys(series, event_ms), return_index=True)
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
        columns = {name: getattr(self, name) for name in _NOTHING}
        return pack(columns | {"older": self._older.all()}, end_ms=self.end_ms, width_ms=self.width_ms)

    @classmethod
    def from_chunk(cls, chunk: bytes) -> Pane:
        """Inverse of `chunk`."""
        columns, plain = unpack(chunk)
        pane = cls(**plain)
        pane._older = SeenKeys(columns.pop("older"))
        for name, column in columns.items():
            setattr(pane, name, column)
        return pane

    def _keys(self, series: Int64, event_ms: Int64) -> Int64:
        """One number for a series and a time inside this pane; sorts by series, then by time."""
        return series * self.width_ms + (event_ms - (self.end_ms - self.width_ms + 1))

    def _reach(self, series_known: int) -> None:
        missing = series_known - len(self.count)
        if missing > 0:
            for name, nothing in _NOTHING.items():
                setattr(self, name, np.concatenate((getattr(self, name), np.full(missing, nothing))))

    def _add(self, series: Int64, event_ms: Int64, value: Float64) -> None:
        """Readings not held yet, sorted by series and time."""
        starts = np.flatnonzero(np.concatenate(([True], series[1:] != series[:-1])))
        ends = np.concatenate((starts[1:], [len(series)])) - 1
        rows = series[starts]
        newer = event_ms[ends] > self.last_ms[rows]
        self._remember_older(series, event_ms, ends[newer], rows[newer])
        self.count[rows] += (ends - starts + 1).astype(np.int32)
        self.total[rows] += np.add.reduceat(value, starts)
        self.low[rows] = np.minimum(self.low[rows], np.minimum.reduceat(value, starts))
        self.high[rows] = np.maximum(self.high[rows], np.maximum.reduceat(value, starts))
        self.last_ms[rows[newer]] = event_ms[ends[newer]]
        self.last[rows[newer]] = value[ends[newer]]
        self._folded.append(rows)

    def _remember_older(self, series: Int64, event_ms: Int64, newest: NDArray[np.intp], rows: Int64) -> None:
        """Keep the times that are not the newest of their series any more, or never were.

        newest: positions of those readings that become the newest of their series; rows: these series.
        """
        passed = np.ones(len(series), dtype=np.bool_)
        passed[newest] = False
        displaced = rows[self.count[rows] > 0]
        self._older.add(self._keys(series[passed], event_ms[passed]))
        self._older.add(self._keys(displaced, self.last_ms[displaced]))
