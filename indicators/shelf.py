"""All panes of one width whose metrics need the same: one set of series, one pass over a batch for all of them. Pure.

A reading out of range, or one of a device that settles, shows that its device is alive and nothing else: it is folded
apart and told as a pane with count 0, unless a reading in range stands in the same pane.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from core.records import MINUTE_MS, Float64, Int64
from indicators.chunks import Columns, pack, unpack
from indicators.names import Series
from indicators.needs import Needs
from indicators.pane import Pane

_NOTHING = Needs()
_RADIX_BELOW = 1 << 16  # numbers of 16 bits are sorted in one pass over them
_RESTS_AFTER_MS = 10 * MINUTE_MS  # most of what is late comes within minutes, and would wake the pane again
LimitMs = Callable[[Int64], Int64]


class PaneId(NamedTuple):
    """The end of the span, and whether its readings count."""

    end_ms: int
    counts: bool


class Told(NamedTuple):
    """Panes that changed: one row each in all columns; measures and sketches by name."""

    columns: Columns
    measures: Columns
    sketches: dict[str, list[bytes]]


class Shelf:
    """The panes of some metrics. `lateness_ms`: for how long after its end a pane is kept."""

    def __init__(self, width_ms: int, needs: Needs, lateness_ms: int) -> None:
        self.width_ms, self.needs, self.lateness_ms = width_ms, needs, lateness_ms
        self._series = Series()
        self._panes: dict[PaneId, Pane] = {}
        self._touched: set[PaneId] = set()
        self._dirty: set[PaneId] = set()
        self._saved_series = 0

    def fold(self, metric: Int64, device: Int64, event_ms: Int64, value: Float64, counts: bool) -> int:
        """Take readings in, all (n,); returns how many of them were doubled."""
        if not len(metric):
            return 0
        series = self._series.numbers(metric, device)
        first_ms, newest_ms = int(event_ms.min()), int(event_ms.max())
        end_ms = -(-first_ms // self.width_ms) * self.width_ms
        if newest_ms <= end_ms:
            return self._fold_pane(PaneId(end_ms, counts), series, event_ms - (end_ms - self.width_ms), value)
        later = (event_ms - (end_ms - self.width_ms + 1)) // self.width_ms  # which pane, 0: the first
        if newest_ms - first_ms < _RADIX_BELOW * self.width_ms // 2:
            later = later.astype(np.uint16)
        order = np.argsort(later, kind="stable")
        later, series, value = later[order].astype(np.int64), series[order], value[order]
        offset = event_ms[order] - (end_ms - self.width_ms) - later * self.width_ms
        cuts = np.flatnonzero(np.append(True, later[1:] != later[:-1])).tolist()
        doubled = 0
        for start, stop in itertools.pairwise((*cuts, len(order))):
            pane_id = PaneId(end_ms + int(later[start]) * self.width_ms, counts)
            doubled += self._fold_pane(pane_id, series[start:stop], offset[start:stop], value[start:stop])
        return doubled

    def take_changed(self, limit_ms: LimitMs) -> Iterator[Told]:
        """The panes that changed since this was last asked; limit_ms: for how long a reading of devices holds."""
        for pane_id in sorted(self._touched):
            pane = self._panes[pane_id]
            series = pane.take_changed()
            if not len(series):
                continue  # all that came was doubled
            if pane_id.counts:
                columns = pane.columns(series)
                measures, sketches = pane.measures(series, lambda rows: limit_ms(self._series.device[rows]))
            else:
                beside = self._panes.get(pane_id._replace(counts=True))
                series = series[~beside.has(series)] if beside else series
                columns, measures, sketches = _alive(pane.last_ms(series)), {}, {}
            whose: Columns = {"device": self._series.device[series], "metric": self._series.metric[series]}
            yield Told(columns | whose | {"pane_end_ms": np.full(len(series), pane_id.end_ms)}, measures, sketches)
        self._dirty |= self._touched
        self._touched = set()

    def pass_time(self, now_ms: int) -> None:
        """Forget the panes that no reading can reach any more, and let those rest that only late ones do."""
        gone = [pane_id for pane_id in self._panes if pane_id.end_ms < now_ms - self.lateness_ms]
        for pane_id in gone:
            del self._panes[pane_id]
        self._dirty.update(gone)
        for pane_id, pane in self._panes.items():
            if pane_id.end_ms < now_ms - _RESTS_AFTER_MS:
                pane.rest()

    def dirty(self) -> dict[bytes, bytes | None]:
        """Chunks that changed since this was last asked; None: dropped. Ask right after a tick only."""
        chunks: dict[bytes, bytes | None] = {}
        for end_ms, counts in self._dirty:
            pane = self._panes.get(PaneId(end_ms, counts))
            chunks[f"pane:{end_ms}:{int(counts)}".encode()] = pane.chunk() if pane else None
        if len(self._series) > self._saved_series:
            chunks[b"series:"] = pack(self._series.pairs())
        self._dirty, self._saved_series = set(), len(self._series)
        return chunks

    def restore(self, name: bytes, chunk: bytes) -> None:
        """Put back one chunk that `dirty` gave."""
        kind, _, rest = name.partition(b":")
        if kind == b"series":
            self._series.restore(**unpack(chunk)[0])
            self._saved_series = len(self._series)
        else:
            end_ms, counts = map(int, rest.split(b":"))
            self._pane(PaneId(end_ms, bool(counts))).restore(chunk)

    def _fold_pane(self, pane_id: PaneId, series: Int64, offset: Int64, value: Float64) -> int:
        self._touched.add(pane_id)
        return self._pane(pane_id).fold(series, offset, value, self._series)

    def _pane(self, pane_id: PaneId) -> Pane:
        pane = self._panes.get(pane_id)
        if pane is None:
            needs = self.needs if pane_id.counts else _NOTHING
            pane = self._panes[pane_id] = Pane(pane_id.end_ms, self.width_ms, needs)
        return pane


def _alive(last_ms: Int64) -> Columns:
    """Panes of devices that were heard at `last_ms` and told nothing that counts."""
    unknown = np.full(len(last_ms), np.nan)
    columns: Columns = {"count": np.zeros(len(last_ms), dtype=np.int64), "total": np.zeros(len(last_ms))}
    return columns | {"low": unknown, "high": unknown, "last_ms": last_ms, "last": unknown}
