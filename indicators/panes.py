"""Stage one, one a partition: readings become panes, each reading once, in whatever order they come. Pure.

A reading out of range shows that its device is alive and nothing else: it is folded apart and told as a pane
with count 0. Readings of unknown metrics and unplaced devices are folded like any other, so that their latest
value can be looked at; the second stage leaves them out of every indicator.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.declared import Feed, Metric
from core.records import HOUR_MS, MINUTE_MS, Event, Int64, PaneBatch, Quality, ReadingBatch
from indicators.chunks import Columns, pack, unpack
from indicators.events import EventFold
from indicators.names import NO_ROOM, Names, Series
from indicators.pane import COLUMNS, Pane

UNKNOWN_METRIC_PANE_S = 60
# Names that nobody declared, a partition: anybody may publish under any, and each is kept for as long as we run.
UNDECLARED_DEVICES = 10_000
UNKNOWN_METRICS = 200
RowsOfPane = tuple["PaneId", NDArray[np.intp]]
_NO_ROWS: Columns = {
    name: np.zeros(0, dtype=dtype)
    for name, dtype in {
        **dict.fromkeys(("device", "metric", "pane_end_ms", "count", "last_ms"), np.int64),
        **dict.fromkeys(("total", "low", "high", "last"), np.float64),
    }.items()
}


class PaneId(NamedTuple):
    """A metric's number, whether its readings were in range, and the end of the span."""

    metric: int
    in_range: bool
    end_ms: int

    @property
    def chunk(self) -> bytes:
        """Name of its chunk of state."""
        return f"pane:{self.metric}:{int(self.in_range)}:{self.end_ms}".encode()

    @classmethod
    def of_chunk(cls, name: bytes) -> PaneId:
        """Inverse of `chunk`."""
        metric, in_range, end_ms = map(int, name.split(b":")[1:])
        return cls(metric, bool(in_range), end_ms)


class PartitionFold:
    """State of one partition. The same readings and ticks give the same panes, however they are cut into batches.

    Between two ticks the order of arrival does not matter either, but for two readings of one device, metric and
    time with different values: the first stays.
    """

    def __init__(
        self,
        partition: int,
        metrics: Mapping[str, Metric],
        feeds: Mapping[str, Feed],
        devices: Collection[str] = (),
    ) -> None:
        """devices: those that are declared; of others so many are taken in, see `UNDECLARED_DEVICES`."""
        self.partition = partition
        self._declared_metrics, self._declared_devices = metrics, devices
        self._feed_lateness_ms = {feed.id: feed.lateness_s * 1000 for feed in feeds.values()}
        self._devices = Names(devices, UNDECLARED_DEVICES)
        self._metrics = Names(metrics, UNKNOWN_METRICS)
        # By metric number: its series, the width of its panes, the longest lateness of the feeds that brought it.
        self._series: list[Series] = []
        self._pane_ms: list[int] = []
        self._lateness_ms: list[int] = []
        self._panes: dict[PaneId, Pane] = {}
        self._events = EventFold(self._feed_lateness_ms)
        self._now_ms = self._swept_ms = 0
        self._received_ms = self._late = self._doubled = self._crowded = 0
        self._touched: set[PaneId] = set()
        self._dirty: set[PaneId] = set()
        self._dirty_metrics: set[int] = set()
        self._saved_devices = 0

    def fold(self, batch: ReadingBatch) -> None:
        """Take the readings of one batch into their panes.

        Those beyond the lateness of their feed are counted, and so are those for whose names there is no room.
        """
        self._received_ms = max(self._received_ms, batch.received_ms)
        lateness_ms = self._feed_lateness_ms.get(batch.feed, HOUR_MS)
        numbers = np.array([self._metric_number(name, lateness_ms) for name in batch.metrics], dtype=np.int64)
        metric, device = numbers[batch.metric], self._devices.numbers(batch.devices)[batch.device]
        named = (metric != NO_ROOM) & (device != NO_ROOM)
        in_time = batch.event_ms >= self._now_ms - lateness_ms
        self._crowded += int(np.count_nonzero(~named))
        self._late += int(np.count_nonzero(named & ~in_time))
        taken = np.flatnonzero(named & in_time)
        metric, device, event_ms, value = metric[taken], device[taken], batch.event_ms[taken], batch.value[taken]
        in_range = (batch.quality[taken] & Quality.OUT_OF_RANGE) == 0
        for pane_id, rows in self._by_pane(metric, in_range, event_ms):
            series = self._series[pane_id.metric]
            known = len(series)
            row = series.rows(device[rows])
            if len(series) > known:
                self._dirty_metrics.add(pane_id.metric)
            if pane_id not in self._panes:
                self._panes[pane_id] = Pane(pane_id.end_ms, self._pane_ms[pane_id.metric])
            self._doubled += self._panes[pane_id].fold(row, event_ms[rows], value[rows], len(series))
            self._touched.add(pane_id)

    def fold_events(self, events: Iterable[Event]) -> None:
        """Take tellings of events in."""
        self._events.fold(events)

    def tick(self, now_ms: int) -> PaneBatch | None:
        """What changed since the last tick, decided as of `now_ms` (city time); None when nothing did."""
        self._now_ms = max(self._now_ms, now_ms)
        told = self._events.tick(self._now_ms)
        parts = [self._changed_columns(pane_id) for pane_id in sorted(self._touched)]
        columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]} if parts else _NO_ROWS
        devices, device = np.unique(columns["device"], return_inverse=True)
        metrics, metric = np.unique(columns["metric"], return_inverse=True)
        named: dict[str, Any] = columns | {"device": device.astype(np.int32), "metric": metric.astype(np.uint16)}
        batch = PaneBatch(
            partition=self.partition,
            now_ms=self._now_ms,
            received_ms=self._received_ms,
            devices=tuple(self._devices.all[number] for number in devices.tolist()),
            metrics=tuple(self._metrics.all[number] for number in metrics.tolist()),
            **named,
            events=told.events,
            event_counts=told.counts,
            late=self._late + self._events.take_late(),
            doubled=self._doubled,
            crowded=self._crowded,
        )
        self._dirty |= self._touched
        self._touched = set()
        self._late = self._doubled = self._crowded = self._received_ms = 0
        self._sweep()
        counted = batch.late or batch.doubled or batch.crowded
        return batch if len(batch) or batch.events or batch.event_counts or counted else None

    def dirty(self) -> dict[bytes, bytes | None]:
        """Chunks that changed since this was last asked; None: dropped. Ask right after a tick only."""
        chunks: dict[bytes, bytes | None] = {b"clock": pack({}, now_ms=self._now_ms, swept_ms=self._swept_ms)}
        for pane_id in self._dirty:
            pane = self._panes.get(pane_id)
            chunks[pane_id.chunk] = pane.chunk() if pane else None
        for metric in self._dirty_metrics:
            chunks[f"series:{metric}".encode()] = pack({"devices": self._series[metric].things})
        if self._dirty_metrics or len(self._devices) > self._saved_devices:
            plain = {"devices": self._devices.all, "metrics": self._metrics.all, "lateness_ms": self._lateness_ms}
            chunks[b"names"] = pack({}, **plain)
        self._saved_devices = len(self._devices)
        self._dirty, self._dirty_metrics = set(), set()
        return chunks | self._events.dirty()

    def restore(self, chunks: Mapping[bytes, bytes]) -> None:
        """Put back what `dirty` gave, one chunk by name; of a fresh start nothing."""
        if b"clock" not in chunks:
            return
        clock = unpack(chunks[b"clock"])[1]
        self._now_ms, self._swept_ms = clock["now_ms"], clock["swept_ms"]
        if b"names" in chunks:
            names = unpack(chunks[b"names"])[1]
            self._devices = Names(self._declared_devices, UNDECLARED_DEVICES, names["devices"])
            for metric, lateness_ms in zip(names["metrics"], names["lateness_ms"], strict=True):
                self._metric_number(metric, lateness_ms)
        for name, chunk in chunks.items():
            kind, _, rest = name.partition(b":")
            if kind == b"pane":
                self._panes[PaneId.of_chunk(name)] = Pane.from_chunk(chunk)
            elif kind == b"series":
                self._series[int(rest)] = Series(unpack(chunk)[0]["devices"])
        self._dirty_metrics = set()
        self._saved_devices = len(self._devices)
        self._events.restore(chunks, self._now_ms)

    def _metric_number(self, name: str, lateness_ms: int) -> int:
        """The number of a metric, with its width of pane and the longest lateness of the feeds that brought it."""
        number = self._metrics.number(name)
        if number == NO_ROOM:
            return NO_ROOM
        if number == len(self._series):
            declared = self._declared_metrics.get(name)
            self._series.append(Series())
            self._pane_ms.append((declared.pane_s if declared else UNKNOWN_METRIC_PANE_S) * 1000)
            self._lateness_ms.append(0)
        if lateness_ms > self._lateness_ms[number]:
            self._lateness_ms[number] = lateness_ms
            self._dirty_metrics.add(number)
        return number

    def _by_pane(self, metric: Int64, in_range: NDArray[np.bool_], event_ms: Int64) -> Iterator[RowsOfPane]:
        """Which rows belong to which pane, in order of metric and time."""
        if not len(metric):
            return
        pane_ms = np.array(self._pane_ms, dtype=np.int64)[metric]
        end_ms = -(-event_ms // pane_ms) * pane_ms
        kind = metric * 2 + in_range
        order = np.lexsort((end_ms, kind))
        kind, end_ms = kind[order], end_ms[order]
        starts = np.flatnonzero(np.concatenate(([True], (kind[1:] != kind[:-1]) | (end_ms[1:] != end_ms[:-1]))))
        for start, stop in itertools.pairwise((*starts.tolist(), len(order))):
            pane_id = PaneId(int(kind[start]) // 2, bool(kind[start] % 2), int(end_ms[start]))
            yield pane_id, order[start:stop]

    def _sweep(self) -> None:
        """Once a minute forget the panes that no reading can reach any more."""
        if self._now_ms - self._swept_ms < MINUTE_MS:
            return
        self._swept_ms = self._now_ms
        gone = [p for p in self._panes if p.end_ms < self._now_ms - self._lateness_ms[p.metric]]
        for pane_id in gone:
            del self._panes[pane_id]
        self._dirty.update(gone)

    def _changed_columns(self, pane_id: PaneId) -> Columns:
        """The rows of one pane that changed; of readings out of range those that no reading in range stands beside."""
        pane = self._panes[pane_id]
        rows = pane.take_changed()
        columns: dict[str, NDArray[Any]]
        if pane_id.in_range:
            columns = {name: getattr(pane, name)[rows] for name in COLUMNS}
        else:
            beside = self._panes.get(pane_id._replace(in_range=True))
            rows = rows[~beside.has(rows)] if beside else rows
            unknown = np.full(len(rows), np.nan)
            columns = {"count": np.zeros(len(rows), dtype=np.int64), "total": np.zeros(len(rows))}
            columns |= {"low": unknown, "high": unknown, "last_ms": pane.last_ms[rows], "last": unknown}
        return columns | {
            "device": self._series[pane_id.metric].things[rows],
            "metric": np.full(len(rows), pane_id.metric),
            "pane_end_ms": np.full(len(rows), pane_id.end_ms),
        }
