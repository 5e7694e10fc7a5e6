"""From the rows of a table to readings, or the reason why one is none; the checks are those of a message."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from core.declared import Feed
from core.records import DAY_MS, Quality, ReadingBatch
from ingest import validate
from ingest.decoders.contract import Fault
from ingest.decoders.fields import shown
from ingest.known import Known
from ingest.tables.cells import name_in, number_in, time_reader
from ingest.tables.mapping import Mapping
from ingest.tables.sources import Chunk

OLDEST_MS = -70 * 365 * DAY_MS  # 1900: what is older is a mistake in the table, not a record of ours
FLAGS = {
    Quality.OUT_OF_RANGE: "out-of-range",
    Quality.UNKNOWN_METRIC: "unknown-metric",
    Quality.UNPLACED: "unplaced",
}
FLAGGED_A_CHUNK = 100  # remarks of one flag: a table of an undeclared device would be one remark a row


@dataclass(frozen=True, slots=True)
class Remark:
    """What is wrong with a row, or with one cell. kept: it is a reading all the same, flagged."""

    row: int
    reason: str
    kept: bool
    device: str
    metric: str
    value: str
    detail: str = ""


@dataclass(slots=True)
class Taken:
    """What a chunk gave. `gaps`: cells that say there is no reading; `counts` by reason, `remarks` some of each."""

    batch: ReadingBatch
    remarks: list[Remark]
    counts: Counter[str]
    gaps: int


@dataclass(slots=True)
class _Columns:
    """Readings as they are found; `rows` is where each stands in the table."""

    devices: dict[str, int] = field(default_factory=dict)
    metrics: dict[str, int] = field(default_factory=dict)
    device: list[int] = field(default_factory=list)
    metric: list[int] = field(default_factory=list)
    event_ms: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)

    def add(self, row: int, device: str, event_ms: int, metric: str, value: float) -> None:
        """One reading."""
        self.device.append(self.devices.setdefault(device, len(self.devices)))
        self.metric.append(self.metrics.setdefault(metric, len(self.metrics)))
        self.event_ms.append(event_ms)
        self.value.append(value)
        self.rows.append(row)


class Rows:
    """Reads the chunks of tables that one mapping fits. Whatever a cell holds, the next one is read."""

    def __init__(self, mapping: Mapping, feed: Feed, known: Known, now_ms: int) -> None:
        self._mapping, self._feed, self._known, self._now_ms = mapping, feed, known, now_ms
        self._missing = frozenset(mapping.missing)
        self._time_ms = time_reader(mapping)

    def take(self, chunk: Chunk) -> Taken:
        """All readings of a chunk, flagged as those of messages are."""
        found, remarks, gaps = _Columns(), list[Remark](), 0
        for row, device_cell, time_cells, figures in self._cells(chunk):
            try:
                device = name_in(device_cell, "device")
                event_ms = self._near(self._time_ms(time_cells))
            except Fault as fault:
                remarks.append(Remark(row, fault.reason, False, shown(device_cell), "", "", fault.detail))
                continue
            for metric_cell, factor, cell in figures:
                if cell is None or (type(cell) is str and cell.strip() in self._missing):
                    gaps += 1
                    continue
                try:
                    metric = self._metric(metric_cell)
                    found.add(row, device, event_ms, metric, number_in(cell, metric) * factor)
                except Fault as fault:
                    named = (device, shown(metric_cell), shown(cell))
                    remarks.append(Remark(row, fault.reason, False, *named, fault.detail))
        batch = self._batch(found)
        counts = Counter(remark.reason for remark in remarks)
        remarks += self._flagged(batch, found.rows, counts)
        return Taken(batch, remarks, counts, gaps)

    def _cells(
        self, chunk: Chunk
    ) -> Iterator[tuple[int, object, Sequence[object], Sequence[tuple[object, float, object]]]]:
        """Of each row its number, the cells of device and time, and its figures as (metric, factor, cell)."""
        mapping, columns = self._mapping, chunk.columns
        devices = columns[mapping.device] if mapping.device else [mapping.device_is] * len(chunk)
        times = zip(
            *(columns[n] for n in ([mapping.time] if isinstance(mapping.time, str) else mapping.time)), strict=True
        )
        if mapping.layout == "long":
            figures = (
                [self._named(m, v)] for m, v in zip(columns[mapping.metric], columns[mapping.value], strict=True)
            )
        else:
            wide = [(q.metric, q.factor, columns[column]) for column, q in mapping.metrics.items()]
            figures = ([(m, f, column[at]) for m, f, column in wide] for at in range(len(chunk)))
        rows = range(chunk.first_row, chunk.first_row + len(chunk))
        return zip(rows, devices, times, figures, strict=True)

    def _named(self, metric: object, value: object) -> tuple[object, float, object]:
        quantity = self._mapping.metrics.get(metric) if type(metric) is str else None
        return (quantity.metric, quantity.factor, value) if quantity else (metric, 1.0, value)

    def _metric(self, cell: object) -> str:
        name = name_in(cell, "metric")
        return self._feed.fields.get(name, name)

    def _near(self, at_ms: int) -> int:
        if not OLDEST_MS <= at_ms <= self._now_ms + self._feed.ahead_s * 1000:
            raise Fault("far-from-clock", f"time: {at_ms} ms UTC lies ahead of now, or before 1900")
        return at_ms

    def _batch(self, found: _Columns) -> ReadingBatch:
        batch = ReadingBatch(
            feed=self._feed.id,
            stamp=self._known.scene.stamp,
            received_ms=self._now_ms,
            devices=tuple(found.devices),
            metrics=tuple(found.metrics),
            device=np.array(found.device, np.int32),
            metric=np.array(found.metric, np.uint16),
            event_ms=np.array(found.event_ms, np.int64),
            value=np.array(found.value, np.float64),
            quality=np.zeros(len(found.value), np.uint16),
        )
        return replace(batch, quality=validate.quality(batch, self._feed, self._known.devices, self._known.metrics))

    def _flagged(self, batch: ReadingBatch, rows: Sequence[int], counts: Counter[str]) -> Iterator[Remark]:
        """The first readings of each flag; all are counted."""
        for flag, reason in FLAGS.items():
            hits = np.flatnonzero(batch.quality & flag).tolist()
            if hits:
                counts[reason] += len(hits)
            for at in hits[:FLAGGED_A_CHUNK]:
                device, metric = batch.devices[batch.device[at]], batch.metrics[batch.metric[at]]
                yield Remark(rows[at], reason, True, device, metric, repr(float(batch.value[at])))
