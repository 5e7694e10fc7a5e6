"""Many series over one span of time: of most one reading each, of some running figures, of few every reading. Pure."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from core.records import Float64, Int64
from indicators.chunks import Columns, pack, unpack
from indicators.names import Series, grown
from indicators.needs import Needs
from indicators.seen import SeenKeys
from indicators.several import Several
from indicators.trace import Trace, ordered_measure, sketches

# Above this share of the series it costs less to mark those that changed than to sort their numbers.
_MARK_ABOVE = 1 / 16


class Pane:
    """The readings in (end_ms − width_ms, end_ms] of the series of one shelf.

    A reading counts once: one with the time of an earlier one of its series is doubled, and the first to arrive
    stays. Of each series the newest reading is kept, 10 bytes when the pane is a minute wide; only a second reading
    brings running figures (and a trace of all readings, where measures need their order), and the times that are not
    the newest go to a set that is only asked about readings out of order.

    Sums are added in the order of arrival: another order differs by less than 1e-12 of the largest addend times
    the count, which the second stage rounds away. All other figures are the same to the bit in any order.
    """

    def __init__(self, end_ms: int, width_ms: int, needs: Needs) -> None:
        self.end_ms, self.width_ms, self._needs = end_ms, width_ms, needs
        self._begin_ms = end_ms - width_ms
        self._newest = np.zeros(0, dtype=np.min_scalar_type(width_ms))  # ms since the pane began; 0: no reading
        self._value: Float64 = np.zeros(0)  # of the newest
        self._several = Several(needs)
        self._older = SeenKeys()
        self._trace = Trace() if needs.keeps_readings else None  # of series with more than one
        self._folded: list[Int64] = []

    def fold(self, series: Int64, offset: Int64, value: Float64, of: Series) -> int:
        """Take readings in; returns how many of them were doubled.

        Args:
            series: int64 (n,), numbers of `of`.
            offset: int64 (n,), ms since the pane began, 1 to `width_ms`.
            value: float64 (n,).
            of: All series that there are by now.
        """
        if of.room > len(self._newest):
            self._newest, self._value = grown(self._newest, of.room), grown(self._value, of.room)
        first, newest = of.first_of_each(series), self._newest[series]
        alone = first & (newest == 0)
        if alone.all():
            self._put(series, offset, value)
            return 0
        if alone.any():
            self._put(series[alone], offset[alone], value[alone])
        follows = first & (newest > 0) & (offset > newest)
        if follows.any():
            self._follow(series[follows], newest[follows].astype(np.int64), offset[follows], value[follows])
        rest = ~(alone | follows)
        return self._fold_again(series[rest], offset[rest], value[rest]) if rest.any() else 0

    def has(self, series: Int64) -> NDArray[np.bool_]:
        """Which of the series have a reading here."""
        here = np.zeros(len(series), dtype=np.bool_)
        within = series < len(self._newest)
        here[within] = self._newest[series[within]] > 0
        return here

    def last_ms(self, series: Int64) -> Int64:
        """Event time of the newest reading of series that have one."""
        return self._begin_ms + self._newest[series].astype(np.int64)

    def take_changed(self) -> Int64:
        """The series folded into since this was last asked, rising."""
        folded, self._folded = self._folded, []
        if not folded:
            return np.zeros(0, dtype=np.int64)
        series = np.concatenate(folded)
        if len(series) < _MARK_ABOVE * len(self._newest):
            return np.unique(series)
        changed = np.zeros(len(self._newest), dtype=np.bool_)
        changed[series] = True
        return np.flatnonzero(changed)

    def columns(self, series: Int64) -> Columns:
        """count, total, low, high, last_ms and last of series that have a reading."""
        value, count = self._value[series], np.ones(len(series), dtype=np.int64)
        low = high = total = value
        if len(self._several):
            slots = self._several.slots(series)
            has_more, more = slots >= 0, slots[slots >= 0]
            low, high, total = value.copy(), value.copy(), value.copy()
            count[has_more] = self._several.count[more]
            low[has_more], high[has_more], _, total[has_more] = self._several.real[:4, more]
        columns: Columns = {"count": count, "total": total, "low": low, "high": high}
        return columns | {"last_ms": self.last_ms(series), "last": value}

    def measures(self, series: Int64, limit_ms: Callable[[Int64], Int64]) -> tuple[Columns, dict[str, list[bytes]]]:
        """What the metrics of the pane need beyond: measures and sketches of series that have a reading.

        limit_ms: for how long a reading of each series holds at most.
        """
        if not self._needs.names:
            return {}, {}
        running = self._running(series)
        if self._trace is None:
            return running, {}
        event_ms, value, starts = self._readings(series, self._trace)
        limits_ms = limit_ms(series)
        ordered = {name: ordered_measure(name, event_ms, value, starts, limits_ms) for name in self._needs.ordered}
        return running | ordered, {name: sketches(name, value, starts) for name in self._needs.sketches}

    def rest(self) -> None:
        """Take less room, for little more is to be expected here."""
        self._several.rest()
        self._older.rest()

    def chunk(self) -> bytes:
        """The pane as one chunk of state; only series that have a reading."""
        series = np.flatnonzero(self._newest)
        columns = {"series": series.astype(np.int32), "newest": self._newest[series], "value": self._value[series]}
        columns |= {"older": self._older.steps()} | self._several.columns()
        if self._trace is not None:
            columns["keys"], columns["values"] = self._trace.all()
        return pack(columns)

    def restore(self, chunk: bytes) -> None:
        """Put back what `chunk` gave."""
        columns, _ = unpack(chunk)
        series = columns["series"]
        room = int(series.max()) + 1 if len(series) else 0
        self._newest, self._value = np.zeros(room, dtype=self._newest.dtype), np.zeros(room)
        self._newest[series], self._value[series] = columns["newest"], columns["value"]
        self._several = Several.from_columns(self._needs, columns)
        self._older = SeenKeys(columns["older"])
        if self._trace is not None:
            self._trace = Trace(columns["keys"], columns["values"])

    def _put(self, series: Int64, offset: Int64, value: Float64) -> None:
        """The first reading of each of some series."""
        self._newest[series], self._value[series] = offset, value
        self._folded.append(series)

    def _follow(self, series: Int64, newest: Int64, offset: Int64, value: Float64) -> None:
        """One reading of each of some series, later than the newest that each has: almost all but the first."""
        self._several.follow(self._slots(series, newest), value)
        self._older.add(self._keys(series, newest))
        self._newest[series], self._value[series] = offset, value
        self._folded.append(series)
        if self._trace is not None:
            self._trace.add(self._keys(series, offset), value)

    def _slots(self, series: Int64, newest: Int64) -> NDArray[np.intp]:
        """The slots of series that have a reading, given now to those that have one only."""
        slots = self._several.slots(series)
        single = slots < 0
        if not single.any():
            return slots
        begins, offset, value = series[single], newest[single], self._value[series[single]]
        self._several.begin(begins, offset, value, len(self._newest))
        if self._trace is not None:
            self._trace.add(self._keys(begins, offset), value)
        return self._several.slots(series)

    def _fold_again(self, series: Int64, offset: Int64, value: Float64) -> int:
        """Readings in any order of series that have one already; returns how many of them were doubled."""
        given = len(series)
        first = _first_of_each(self._keys(series, offset))
        series, offset, value = series[first], offset[first], value[first]
        newest = self._newest[series].astype(np.int64)
        held = offset == newest
        out_of_order = np.flatnonzero(offset < newest)
        if len(out_of_order):
            held[out_of_order] = self._older.holds(self._keys(series[out_of_order], offset[out_of_order]))
        if held.any():
            series, offset, value = series[~held], offset[~held], value[~held]
        if len(series):
            self._add(series, offset, value)
        return given - len(series)

    def _add(self, series: Int64, offset: Int64, value: Float64) -> None:
        """Readings not held yet, sorted by series and time, of series that have one already."""
        starts = np.flatnonzero(np.append(True, series[1:] != series[:-1]))
        rows, ends = series[starts], np.append(starts[1:], len(series)) - 1
        newest = self._newest[rows].astype(np.int64)
        self._several.add(self._slots(rows, newest), starts, offset, value)
        newer = offset[ends] > newest
        passed = np.ones(len(series), dtype=np.bool_)
        passed[ends[newer]] = False
        self._older.add(self._keys(rows[newer], newest[newer]))
        self._older.add(self._keys(series[passed], offset[passed]))
        self._newest[rows[newer]], self._value[rows[newer]] = offset[ends[newer]], value[ends[newer]]
        if self._trace is not None:
            self._trace.add(self._keys(series, offset), value)
        self._folded.append(rows)

    def _running(self, series: Int64) -> Columns:
        """`first`, `first_ms` and sums, as far as they are needed."""
        value, slots = self._value[series], self._several.slots(series)
        has_more, more = slots >= 0, slots[slots >= 0]
        first, first_ms = value.copy(), self.last_ms(series).astype(np.float64)
        first[has_more] = self._several.real[2, more]
        first_ms[has_more] = self._begin_ms + self._several.offset[more]
        wanted = {
            name: column for name, column in (("first", first), ("first_ms", first_ms)) if name in self._needs.names
        }
        for row, (name, term) in enumerate(self._needs.sums.items(), start=4):
            wanted[name] = term(value)
            wanted[name][has_more] = self._several.real[row, more]
        return wanted

    def _readings(self, series: Int64, trace: Trace) -> tuple[Int64, Float64, Int64]:
        """All readings of series in order: event times, values, and where each series begins."""
        several = self._several.slots(series) >= 0
        alone, more = series[~several], series[several]
        traced, traced_value, lengths_traced = trace.between(more * self.width_ms, (more + 1) * self.width_ms)
        lengths = np.ones(len(series), dtype=np.int64)
        lengths[several] = lengths_traced
        starts = np.cumsum(lengths) - lengths
        one = np.zeros(lengths.sum(), dtype=np.bool_)
        one[starts[~several]] = True
        offset, value = np.empty(len(one), dtype=np.int64), np.empty(len(one))
        offset[one], offset[~one] = self._newest[alone], 1 + traced % self.width_ms
        value[one], value[~one] = self._value[alone], traced_value
        return self._begin_ms + offset, value, starts

    def _keys(self, series: Int64, offset: Int64) -> Int64:
        """One number for a series and a time inside this pane; sorts by series, then by time."""
        return series * self.width_ms + (offset - 1)


def _first_of_each(keys: Int64) -> NDArray[np.intp]:
    """Where each key stands first, in rising order of the keys."""
    order = np.argsort(keys, kind="stable")
    rising = keys[order]
    fresh = np.ones(len(keys), dtype=np.bool_)
    fresh[1:] = rising[1:] != rising[:-1]
    return order[fresh]
