"""The 24 h before the begin, as the city would have told them: long windows live at first paint.

They are the records themselves, not messages: the caller appends them to the streams of the scene, with ticks between,
so that the engine computes them on its usual path. Without faults, as a record is once all that was late has come.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.records import HOUR_MS, Event, Float64, Int32, Int64, ReadingBatch, Stamp, UInt16
from simulator.city import City, Reporter


@dataclass(frozen=True, slots=True)
class PastSlice:
    """What was told in one slice that ends at upto_ms; one batch a feed, each in time order."""

    upto_ms: int
    batches: tuple[ReadingBatch, ...]
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Columns:
    """All readings of one feed in time order, as in ReadingBatch."""

    devices: tuple[str, ...]
    metrics: tuple[str, ...]
    device: Int32
    metric: UInt16
    event_ms: Int64
    value: Float64


def past_24h(city: City, *, from_ms: int, to_ms: int, slice_ms: int = HOUR_MS) -> Iterator[PastSlice]:
    """All slices of (from_ms, to_ms] in time order, ends at multiples of slice_ms and at to_ms.

    With to_ms the begin of the city's course, the live part goes on where this ends: nothing missing, nothing twice.
    """
    columns = _columns_by_feed(city, from_ms, to_ms)
    after_ms = from_ms
    while after_ms < to_ms:
        upto_ms = min(to_ms, (after_ms // slice_ms + 1) * slice_ms)
        batches = (_batch(feed, found, after_ms, upto_ms) for feed, found in columns.items())
        events = (event for witness in city.witnesses for event in witness.tellings(after_ms, upto_ms))
        yield PastSlice(
            upto_ms,
            tuple(batch for batch in batches if len(batch)),
            tuple(sorted(events, key=lambda event: (event.told_ms, event.id))),
        )
        after_ms = upto_ms


def _columns_by_feed(city: City, from_ms: int, to_ms: int) -> dict[str, _Columns]:
    by_feed: defaultdict[str, list[Reporter]] = defaultdict(list)
    for reporter in city.reporters:
        by_feed[reporter.feed.id].append(reporter)
    return {feed: _columns(reporters, from_ms, to_ms) for feed, reporters in by_feed.items()}


def _columns(reporters: list[Reporter], from_ms: int, to_ms: int) -> _Columns:
    """Device by device at once, then sorted by time: a day of a city is some hundred thousand numbers."""
    metrics = tuple(sorted({metric for reporter in reporters for metric in reporter.device.metrics}))
    parts: list[tuple[int, int, Int64, Float64]] = [
        (row, metrics.index(metric), times_ms[told], column[told])
        for row, reporter in enumerate(reporters)
        for times_ms, pace_s in reporter.past_spans_ms(from_ms, to_ms)
        for metric, column in reporter.source.values(reporter.device, times_ms, pace_s).items()
        if metric in reporter.device.metrics
        for told in [~np.isnan(column)]
    ]
    lengths = [len(column) for *_, column in parts]
    event_ms = np.concatenate([times for _, _, times, _ in parts])
    order = np.argsort(event_ms, kind="stable")
    return _Columns(
        devices=tuple(reporter.device.id for reporter in reporters),
        metrics=metrics,
        device=np.repeat(np.array([row for row, *_ in parts], np.int32), lengths)[order],
        metric=np.repeat(np.array([metric for _, metric, *_ in parts], np.uint16), lengths)[order],
        event_ms=event_ms[order],
        value=np.concatenate([column for *_, column in parts])[order],
    )


def _batch(feed: str, all_of: _Columns, after_ms: int, upto_ms: int) -> ReadingBatch:
    first, last = np.searchsorted(all_of.event_ms, (after_ms, upto_ms), side="right")
    span = slice(int(first), int(last))
    return ReadingBatch(
        feed=feed,
        stamp=Stamp.DEMO,
        received_ms=upto_ms,
        devices=all_of.devices,
        metrics=all_of.metrics,
        device=all_of.device[span],
        metric=all_of.metric[span],
        event_ms=all_of.event_ms[span],
        value=all_of.value[span],
        quality=np.zeros(span.stop - span.start, np.uint16),
    )
