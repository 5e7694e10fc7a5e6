"""Stage one, one a partition: readings become panes, each reading once, in whatever order they come. Pure.

A reading out of range, or of a device that settles (`indicators/settling.py`), shows that its device is alive and
nothing else. Readings of unknown metrics and unplaced devices are folded like any other, so that their latest value can
be looked at; the second stage leaves them out of every indicator.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.declared import Device, Feed, Metric
from core.records import HOUR_MS, MINUTE_MS, Event, Float64, Int64, PaneBatch, Quality, ReadingBatch
from indicators.chunks import Columns, pack, unpack
from indicators.events import EventFold
from indicators.names import NO_ROOM, Names, grown
from indicators.needs import Needs
from indicators.settling import Flags, Settling
from indicators.shelf import Shelf, Told
from indicators.skew import DeviceClocks

_COUNTS_FOR_NOTHING = int(Quality.OUT_OF_RANGE | Quality.SETTLING)
UNKNOWN_METRIC_PANE_S = 60
UNKNOWN_FEED_LATE_AFTER_MS = 5 * MINUTE_MS
# Names that nobody declared, a partition: anybody may publish under any, and each is kept for as long as we run.
UNDECLARED_DEVICES = 10_000
UNKNOWN_METRICS = 200
_NO_ROWS: Columns = {
    name: np.zeros(0, dtype=dtype)
    for name, dtype in {
        **dict.fromkeys(("device", "metric", "pane_end_ms", "count", "last_ms"), np.int64),
        **dict.fromkeys(("total", "low", "high", "last"), np.float64),
    }.items()
}


class Rows(NamedTuple):
    """Readings of one feed by numbers, all (n,); `counts`: in range and not settling."""

    metric: Int64
    device: Int64
    event_ms: Int64
    value: Float64
    counts: Flags


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
        devices: Mapping[str, Device] | None = None,
        needed: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """devices: those declared; of others so many are taken in, see `UNDECLARED_DEVICES`.

        needed: by metric the measures that its panes carry (`indicators/measures.py`).
        """
        self.partition = partition
        self._declared_metrics, self._declared_devices = metrics, devices or {}
        self._needed = needed or {}
        self._feed_lateness_ms = {feed.id: feed.lateness_s * 1000 for feed in feeds.values()}
        # Feeds by number, and of each device its own; the last number stands for feeds that nobody declared.
        self._feed_number = {name: number for number, name in enumerate(sorted(feeds))}
        late_after_ms = [1000 * feeds[name].late_after_s for name in self._feed_number]
        self._late_after_ms = np.array([*late_after_ms, UNKNOWN_FEED_LATE_AFTER_MS], dtype=np.int64)
        self._feed_of = np.zeros(0, dtype=np.int16)
        self._devices = Names(self._declared_devices, UNDECLARED_DEVICES)
        self._metrics = Names(metrics, UNKNOWN_METRICS)
        self._shelves: list[Shelf] = []
        self._shelf_of: list[int] = []  # by metric number
        self._events = EventFold(self._feed_lateness_ms)
        self._booting = {name for name, metric in metrics.items() if metric.zero_at_boot}
        self._settling = {name: Settling(feed) for name, feed in feeds.items() if self._settles(feed)}
        self._unsettled: dict[str, list[Rows]] = {}  # of feeds that settle, until the next tick
        self._clocks = DeviceClocks()
        self._too_late: list[tuple[Int64, Int64]] = []  # devices and times that count for nothing but their clock
        self._now_ms = self._swept_ms = 0
        self._received_ms = self._late = self._doubled = self._crowded = 0
        self._saved_names = (0, 0, 0)

    def fold(self, batch: ReadingBatch) -> None:
        """Take the readings of one batch into their panes.

        Those beyond the lateness of their feed are counted, and so are those for whose names there is no room.
        """
        self._received_ms = max(self._received_ms, batch.received_ms)
        lateness_ms = self._feed_lateness_ms.get(batch.feed, HOUR_MS)
        metric = np.array([self._metric_number(name, lateness_ms) for name in batch.metrics], dtype=np.int64)
        device = self._device_numbers(batch.devices, batch.feed)
        rows = Rows(
            metric[batch.metric],
            device[batch.device],
            batch.event_ms,
            batch.value,
            (batch.quality & _COUNTS_FOR_NOTHING) == 0,
        )
        if NO_ROOM in metric or NO_ROOM in device:
            named = (rows.metric != NO_ROOM) & (rows.device != NO_ROOM)
            self._crowded += int(np.count_nonzero(~named))
            rows = _where(named, rows)
        in_time = rows.event_ms >= self._now_ms - lateness_ms
        if not in_time.all():
            late = _where(~in_time, rows)
            self._late += len(late.device)
            self._too_late.append((late.device, late.event_ms))
            rows = _where(in_time, rows)
        if batch.feed in self._settling:
            self._unsettled.setdefault(batch.feed, []).append(rows)
        else:
            self._fold_rows(rows)

    def fold_events(self, events: Iterable[Event]) -> None:
        """Take tellings of events in."""
        self._events.fold(events)

    def tick(self, now_ms: int) -> PaneBatch | None:
        """What changed since the last tick, decided as of `now_ms` (city time); None when nothing did."""
        self._now_ms = max(self._now_ms, now_ms)
        told = self._events.tick(self._now_ms)
        settling = self._settle()
        rows = [part for shelf in self._shelves for part in shelf.take_changed(self._holds_ms)]
        columns = _joined(rows)
        heard, device = _renumbered(columns["device"], len(self._devices))
        metrics, metric = _renumbered(columns["metric"], len(self._metrics))
        self._hear(heard, device, columns["last_ms"])
        named: dict[str, Any] = columns | {"device": device.astype(np.int32), "metric": metric.astype(np.uint16)}
        batch = PaneBatch(
            partition=self.partition,
            now_ms=self._now_ms,
            received_ms=self._received_ms,
            devices=tuple(map(self._devices.all.__getitem__, heard.tolist())),
            metrics=tuple(map(self._metrics.all.__getitem__, metrics.tolist())),
            **named,
            measures=_measures(rows),
            sketches=_sketches(rows),
            events=told.events,
            event_counts=told.counts,
            late=self._late + self._events.take_late(),
            doubled=self._doubled,
            crowded=self._crowded,
            settling=settling,
            clock_s=self._sweep(),
        )
        self._late = self._doubled = self._crowded = self._received_ms = 0
        counted = batch.late or batch.doubled or batch.crowded
        said = batch.events or batch.event_counts or batch.settling or batch.clock_s
        return batch if len(batch) or said or counted else None

    def dirty(self) -> dict[bytes, bytes | None]:
        """Chunks that changed since this was last asked; None: dropped. Ask right after a tick only."""
        chunks: dict[bytes, bytes | None] = {b"clock": pack({}, now_ms=self._now_ms, swept_ms=self._swept_ms)}
        for number, shelf in enumerate(self._shelves):
            chunks |= {f"shelf:{number}:".encode() + name: chunk for name, chunk in shelf.dirty().items()}
        names = (len(self._devices), len(self._metrics), sum(shelf.lateness_ms for shelf in self._shelves))
        if names != self._saved_names:
            self._saved_names, chunks[b"names"] = names, self._names_chunk()
        further = {f"settling:{name}": settling.chunk() for name, settling in self._settling.items()}
        further["skew"] = self._clocks.chunk()
        chunks |= {name.encode(): chunk for name, chunk in further.items() if chunk is not None}
        return chunks | self._events.dirty()

    def restore(self, chunks: Mapping[bytes, bytes]) -> None:
        """Put back what `dirty` gave, one chunk by name; of a fresh start nothing."""
        if b"clock" not in chunks:
            return
        clock = unpack(chunks[b"clock"])[1]
        self._now_ms, self._swept_ms = clock["now_ms"], clock["swept_ms"]
        if b"names" in chunks:
            self._restore_names(chunks[b"names"])
        for name, chunk in chunks.items():
            kind, _, rest = name.partition(b":")
            if kind == b"shelf":
                number, _, part = rest.partition(b":")
                self._shelves[int(number)].restore(part, chunk)
            elif kind == b"settling" and (feed := rest.decode()) in self._settling:
                self._settling[feed].restore(chunk)
            elif kind == b"skew":
                self._clocks.restore(chunk)
        self._events.restore(chunks, self._now_ms)

    def _names_chunk(self) -> bytes:
        shelves = [(shelf.width_ms, shelf.needs.names, shelf.lateness_ms) for shelf in self._shelves]
        plain = {"devices": self._devices.all, "metrics": self._metrics.all, "shelf_of": self._shelf_of}
        feeds = list(self._feed_number)
        return pack({"feed_of": self._feed_of[: len(self._devices)]}, **plain, feeds=feeds, shelves=shelves)

    def _restore_names(self, chunk: bytes) -> None:
        columns, names = unpack(chunk)
        self._devices = Names(self._declared_devices, UNDECLARED_DEVICES, names["devices"])
        self._metrics = Names(self._declared_metrics, UNKNOWN_METRICS, names["metrics"])
        feeds = [*names["feeds"], ""]  # "": one that nobody had declared
        self._note_feeds(0, [feeds[number] for number in columns["feed_of"].tolist()])
        self._shelf_of = names["shelf_of"]
        self._shelves = [
            Shelf(width_ms, Needs(needs), lateness_ms) for width_ms, needs, lateness_ms in names["shelves"]
        ]

    def _settles(self, feed: Feed) -> bool:
        """Whether the readings of a feed must wait for the tick that says which of them settle."""
        mine = (device for device in self._declared_devices.values() if device.feed == feed.id)
        zeros = any(self._booting.intersection(device.metrics) for device in mine) if self._booting else False
        return bool(feed.settle_n or feed.settle_for_s or zeros)

    def _metric_number(self, name: str, lateness_ms: int) -> int:
        """The number of a metric, whose shelf keeps its panes for the longest lateness of the feeds that brought it."""
        number = self._metrics.number(name)
        if number == len(self._shelf_of):
            self._shelf_of.append(self._shelf_for(name, lateness_ms))
        if number != NO_ROOM:
            shelf = self._shelves[self._shelf_of[number]]
            shelf.lateness_ms = max(shelf.lateness_ms, lateness_ms)
        return number

    def _shelf_for(self, metric: str, lateness_ms: int) -> int:
        """The number of the shelf for a metric that appears."""
        declared, needs = self._declared_metrics.get(metric), tuple(self._needed.get(metric, ()))
        width_ms = 1000 * (declared.pane_s if declared else UNKNOWN_METRIC_PANE_S)
        for number, shelf in enumerate(self._shelves):
            if (shelf.width_ms, shelf.needs.names, shelf.lateness_ms) == (width_ms, needs, lateness_ms):
                return number
        self._shelves.append(Shelf(width_ms, Needs(needs), lateness_ms))
        return len(self._shelves) - 1

    def _device_numbers(self, names: Sequence[str], feed: str) -> Int64:
        """The numbers of devices, given now to those that have none."""
        known = len(self._devices)
        numbers = self._devices.numbers(names)
        if len(self._devices) > known:
            self._note_feeds(known, itertools.repeat(feed, len(self._devices) - known))
        return numbers

    def _note_feeds(self, first: int, brought_by: Iterable[str]) -> None:
        """The devices from a number on belong to the feeds that they declare, else to those that brought them."""
        unknown, declared = len(self._feed_number), self._declared_devices
        named = zip(self._devices.all[first:], brought_by, strict=True)
        feeds = [declared[name].feed if name in declared else feed for name, feed in named]
        if len(self._devices) > len(self._feed_of):
            self._feed_of = grown(self._feed_of, 2 * len(self._devices))
        self._feed_of[first : len(self._devices)] = [self._feed_number.get(feed, unknown) for feed in feeds]

    def _holds_ms(self, device: Int64) -> Int64:
        """(n,): for how long a reading of each device holds at most."""
        held: Int64 = self._late_after_ms[self._feed_of[device]]
        return held

    def _fold_rows(self, rows: Rows) -> None:
        if not len(rows.metric):
            return
        shelf_of = np.array(self._shelf_of)[rows.metric]
        first = int(shelf_of[0])
        numbers = [first] if (shelf_of == first).all() else np.flatnonzero(np.bincount(shelf_of)).tolist()
        for number in numbers:
            mine = rows if len(numbers) == 1 else _where(shelf_of == number, rows)
            shelf = self._shelves[number]
            if mine.counts.all():
                self._doubled += shelf.fold(*mine[:4], counts=True)
            else:
                self._doubled += shelf.fold(*_where(mine.counts, mine)[:4], counts=True)
                self._doubled += shelf.fold(*_where(~mine.counts, mine)[:4], counts=False)

    def _settle(self) -> dict[str, tuple[int, int]]:
        """Fold what waited for this tick; by device the span in which it settles, where that changed."""
        changed: dict[str, tuple[int, int]] = {}
        for feed, waiting in sorted(self._unsettled.items()):
            rows = Rows(*(np.concatenate(columns) for columns in zip(*waiting, strict=True)))
            boots = np.array([name in self._booting for name in self._metrics.all], dtype=np.bool_)
            settles = self._settling[feed].judge(rows.device, rows.event_ms, boots[rows.metric] & (rows.value == 0))
            self._fold_rows(rows._replace(counts=rows.counts & ~settles))
            changed |= {self._devices.all[d]: span for d, span in self._settling[feed].take_changed().items()}
        self._unsettled = {}
        return changed

    def _hear(self, heard: Int64, device: NDArray[np.intp], last_ms: Int64) -> None:
        """Look at the clocks of the devices whose readings came since the last tick; `device` are rows of `heard`."""
        if self._too_late:
            late, late_ms = (np.concatenate(columns) for columns in zip(*self._too_late, strict=True))
            self._too_late = []
            heard, device = _renumbered(np.concatenate((heard[device], late)), len(self._devices))
            last_ms = np.concatenate((last_ms, late_ms))
        newest_ms = np.full(len(heard), np.iinfo(np.int64).min)
        np.maximum.at(newest_ms, device, last_ms)
        self._clocks.hear(heard, newest_ms, self._now_ms)

    def _sweep(self) -> dict[str, int]:
        """Once a minute forget what no reading can reach; by device how wrong its clock is, where that changed."""
        if self._now_ms - self._swept_ms < MINUTE_MS:
            return {}
        self._swept_ms = self._now_ms
        for shelf in self._shelves:
            shelf.pass_time(self._now_ms)
        return {self._devices.all[device]: skew_s for device, skew_s in self._clocks.judge(self._feed_of).items()}


def _where(wanted: Flags, rows: Rows) -> Rows:
    metric, device, event_ms, value, counts = rows
    return Rows(metric[wanted], device[wanted], event_ms[wanted], value[wanted], counts[wanted])


def _renumbered(numbers: Int64, of: int) -> tuple[Int64, NDArray[np.intp]]:
    """The different ones of numbers below `of`, rising, and where each number stands among them; without sorting."""
    seen = np.zeros(of, dtype=np.bool_)
    seen[numbers] = True
    different = np.flatnonzero(seen)
    place = np.zeros(of, dtype=np.intp)
    place[different] = np.arange(len(different))
    return different, place[numbers]


def _joined(parts: Sequence[Told]) -> Columns:
    """The columns of all parts, one behind the other."""
    return {name: np.concatenate([part.columns[name] for part in parts]) for name in _NO_ROWS} if parts else _NO_ROWS


def _measures(parts: Sequence[Told]) -> Columns:
    """The measures of all parts; NaN in the rows of those that do not have them."""
    names = sorted({name for part in parts for name in part.measures})
    lengths = [len(part.columns["count"]) for part in parts]
    return {
        name: np.concatenate(
            [part.measures.get(name, np.full(rows, np.nan)) for part, rows in zip(parts, lengths, strict=True)]
        )
        for name in names
    }


def _sketches(parts: Sequence[Told]) -> dict[str, tuple[bytes, ...]]:
    """The sketches of all parts; b"" in the rows of those that do not have them."""
    names = sorted({name for part in parts for name in part.sketches})
    return {name: tuple(itertools.chain.from_iterable(_of_part(part, name) for part in parts)) for name in names}


def _of_part(part: Told, name: str) -> Sequence[bytes]:
    return part.sketches.get(name) or [b""] * len(part.columns["count"])
