"""Gathers decoded messages into columns until they are appended; cleared only after that, so a retry loses nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from core.declared import Feed
from core.records import Event, ReadingBatch, Rejected, Stamp
from ingest import validate
from ingest.decoders.contract import Decoded, Route
from ingest.known import Known
from stream.appender import Flush, RawMessage
from stream.pictures import Picture

ROWS = 50_000  # readings in one batch at most: below 65,536 its metrics fit the uint16 column in every case


class _Columns:
    """The readings of one feed since the last flush. `rows` and `runs`: device row, and how often in a row."""

    def __init__(self, feed: Feed, stamp: Stamp) -> None:
        self.feed, self.stamp = feed, stamp
        self.devices: dict[str, int] = {}
        self.rows: list[int] = []
        self.runs: list[int] = []
        self.metrics: list[str] = []
        self.event_ms: list[int] = []
        self.values: list[float] = []

    def add(self, decoded: Decoded) -> None:
        """Append the rows of one message."""
        self.rows.append(self.devices.setdefault(decoded.device, len(self.devices)))
        self.runs.append(len(decoded.values))
        self.metrics += decoded.metrics
        self.event_ms += decoded.event_ms
        self.values += decoded.values

    def batches(self, received_ms: int) -> Iterator[ReadingBatch]:
        """The rows as batches of at most `ROWS`, without flags yet."""
        names = tuple(self.devices)
        device = np.repeat(np.array(self.rows, np.int32), self.runs)
        event_ms, value = np.array(self.event_ms, np.int64), np.array(self.values, np.float64)
        for start in range(0, len(value), ROWS):
            part = slice(start, start + ROWS)
            metrics = {name: i for i, name in enumerate(dict.fromkeys(self.metrics[part]))}
            metric = np.fromiter(map(metrics.__getitem__, self.metrics[part]), np.uint16)
            yield ReadingBatch(
                feed=self.feed.id,
                stamp=self.stamp,
                received_ms=received_ms,
                devices=names,
                metrics=tuple(metrics),
                device=device[part],
                metric=metric,
                event_ms=event_ms[part],
                value=value[part],
                quality=np.zeros(len(metric), np.uint16),
            )


class Batcher:
    """What came in since the last `clear`. `readings` and `size_bytes` tell how much that is."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self.clear()

    def clear(self) -> None:
        """Forget what was gathered: it has been appended."""
        self._columns: dict[str, _Columns] = {}
        self._events: list[Event] = []
        self._raw: dict[str, RawMessage] = {}
        self._pictures: dict[str, Picture] = {}
        self._rejected: list[Rejected] = []
        self._counts: Counter[str] = Counter()
        self.messages = self.readings = self.size_bytes = 0

    def add(self, route: Route, topic: str, payload: bytes, decoded: Decoded, received_ms: int) -> None:
        """Take in one decoded message."""
        feed = route.feed
        columns = self._columns.get(feed.id)
        if columns is None:
            columns = self._columns[feed.id] = _Columns(feed, route.stamp)
        if decoded.values:
            columns.add(decoded)
        self._events += decoded.events
        if decoded.is_picture:
            self._pictures[decoded.device] = Picture(payload, received_ms)
        else:
            self._raw[decoded.device] = RawMessage(topic, payload, received_ms)
        self._counts[feed.id] += 1
        self.messages += 1
        self.readings += len(decoded.values) + len(decoded.events)
        self.size_bytes += len(payload)
        if decoded.rejected is not None:
            self._keep_letter(decoded.rejected, feed.id, received_ms)

    def reject(self, rejected: Rejected, feed_id: str, received_ms: int) -> None:
        """Take in a message that is none. `feed_id` "": no feed is declared for it."""
        self.messages += 1
        self.size_bytes += len(rejected.payload)
        self._keep_letter(rejected, feed_id, received_ms)

    def pass_over(self, payload: bytes) -> None:
        """Take note of a message of which nothing is kept: it is acknowledged like any other."""
        self.messages += 1
        self.size_bytes += len(payload)

    def flush(self, received_ms: int) -> Flush:
        """All that was gathered, columnar and flagged; nothing is forgotten before `clear`."""
        readings = [
            replace(batch, quality=validate.quality(batch, columns.feed, self._known.devices, self._known.metrics))
            for columns in self._columns.values()
            for batch in columns.batches(received_ms)
        ]
        declared = {device: message for device, message in self._raw.items() if device in self._known.devices}
        return Flush(
            readings=readings,
            events=tuple(self._events),
            raw=declared,
            raw_undeclared={device: message for device, message in self._raw.items() if device not in declared},
            pictures=dict(self._pictures),
            rejected=tuple(self._rejected),
            counts=self._counted(),
        )

    def _keep_letter(self, rejected: Rejected, feed_id: str, received_ms: int) -> None:
        self._rejected.append(replace(rejected, feed=feed_id, received_ms=received_ms))

    def _counted(self) -> dict[str, int]:
        """`feed|what` → how many: messages, readings, events, refused."""
        counts = Counter({f"{feed}|messages": count for feed, count in self._counts.items()})
        for feed, columns in self._columns.items():
            counts[f"{feed}|readings"] += len(columns.values)
        counts.update(f"{event.feed}|events" for event in self._events)
        counts.update(f"{letter.feed}|refused" for letter in self._rejected)
        return {name: count for name, count in counts.items() if count}
