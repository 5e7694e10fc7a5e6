"""Running figures of those series that have more than one reading in a pane; the others need none. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.records import Float64, Int64
from indicators.chunks import Columns
from indicators.names import grown
from indicators.needs import Needs

Slots = NDArray[np.intp]
_LEAST_ROOM = 16


class Several:
    """Columns by slot, and the slot of each series.

    count: uint32. offset: of the earliest reading. real: rows low, high, value of the earliest, total, then the
    sums that are needed.
    """

    def __init__(self, needs: Needs) -> None:
        self._needs = needs
        self._slot = np.zeros(0, dtype=np.int32)  # by series: slot + 1; 0: none. Empty while it rests
        self.series = np.zeros(0, dtype=np.int32)
        self.count = np.zeros(0, dtype=np.uint32)
        self.offset: Int64 = np.zeros(0, dtype=np.int64)
        self.real: Float64 = np.zeros((4 + len(needs.sums), 0))
        self._used = 0

    def __len__(self) -> int:
        return self._used

    def slots(self, series: Int64) -> Slots:
        """(n,): the slot of each series; -1 where it has none."""
        self._wake()
        slots = np.full(len(series), -1, dtype=np.intp)
        within = series < len(self._slot)
        slots[within] = self._slot[series[within]]
        slots[within] -= 1
        return slots

    def begin(self, series: Int64, offset: Int64, value: Float64, room: int) -> None:
        """Give each series a slot with its one reading so far; there are `room` series at most for now."""
        self._wake()
        if room > len(self._slot):
            self._slot = grown(self._slot, room)
        stop = self._used + len(series)
        if stop > len(self.series):
            self._grow(max(stop, 2 * len(self.series), _LEAST_ROOM))
        slots = slice(self._used, stop)
        self._slot[series] = np.arange(self._used + 1, stop + 1)
        self.series[slots], self.count[slots], self.offset[slots] = series, 1, offset
        self.real[:4, slots] = value
        for row, term in enumerate(self._needs.sums.values(), start=4):
            self.real[row, slots] = term(value)
        self._used = stop

    def add(self, slots: Slots, starts: Slots, offset: Int64, value: Float64) -> None:
        """Add runs of readings, each sorted by time; `slots` (runs,), `starts` where each run begins."""
        low, high, first, total, *sums = self.real
        self.count[slots] += np.diff(np.append(starts, len(value))).astype(np.uint32)
        low[slots] = np.minimum(low[slots], np.minimum.reduceat(value, starts))
        high[slots] = np.maximum(high[slots], np.maximum.reduceat(value, starts))
        total[slots] += np.add.reduceat(value, starts)
        for row, term in zip(sums, self._needs.sums.values(), strict=True):
            row[slots] += np.add.reduceat(term(value), starts)
        earlier = offset[starts] < self.offset[slots]
        self.offset[slots[earlier]] = offset[starts[earlier]]
        first[slots[earlier]] = value[starts[earlier]]

    def follow(self, slots: Slots, value: Float64) -> None:
        """Add one reading to each slot, later than all that it has."""
        low, high, _, total, *sums = self.real
        self.count[slots] += np.uint32(1)
        low[slots] = np.minimum(low[slots], value)
        high[slots] = np.maximum(high[slots], value)
        total[slots] += value
        for row, term in zip(sums, self._needs.sums.values(), strict=True):
            row[slots] += term(value)

    def rest(self) -> None:
        """Give up what only folding needs, 4 bytes a series; the next that asks finds it again."""
        self._slot = np.zeros(0, dtype=np.int32)

    def columns(self) -> Columns:
        """As columns for a chunk."""
        used = slice(0, self._used)
        return {
            "several_series": self.series[used],
            "several_count": self.count[used],
            "several_offset": self.offset[used],
            "several_real": self.real[:, used],
        }

    @classmethod
    def from_columns(cls, needs: Needs, columns: Columns) -> Several:
        """Inverse of `columns`."""
        several = cls(needs)
        several.series, several.count = columns["several_series"], columns["several_count"]
        several.offset, several.real = columns["several_offset"], columns["several_real"]
        several._used = len(several.series)
        return several

    def _wake(self) -> None:
        if self._used and not len(self._slot):
            series = self.series[: self._used]
            self._slot = np.zeros(int(series.max()) + 1, dtype=np.int32)
            self._slot[series] = np.arange(1, self._used + 1)

    def _grow(self, room: int) -> None:
        self.series, self.count, self.offset = (grown(c, room) for c in (self.series, self.count, self.offset))
        wider = np.zeros((len(self.real), room))
        wider[:, : self.real.shape[1]] = self.real
        self.real = wider
