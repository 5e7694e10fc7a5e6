"""Panes of the city's devices from all of their readings, as the first stage would tell them."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from core.records import Event, PaneBatch, ReadingBatch, Stamp
from indicators.measures import DISTINCT, QUANTILES, Counter, parameter_of
from indicators.sketch import distinct_sketches, quantile_sketches


class Reading(NamedTuple):
    """One reading of the one metric of a test."""

    device: str
    event_ms: int
    value: float


def reading_batch(readings: Sequence[Reading], metric: str) -> ReadingBatch:
    """The same readings as ingest would tell them."""
    devices = tuple(dict.fromkeys(r.device for r in readings))
    return ReadingBatch(
        "gauge",
        Stamp.TEST,
        0,
        devices,
        (metric,),
        np.array([devices.index(r.device) for r in readings], dtype=np.int32),
        np.zeros(len(readings), dtype=np.uint16),
        np.array([r.event_ms for r in readings], dtype=np.int64),
        np.array([r.value for r in readings]),
        np.zeros(len(readings), dtype=np.uint16),
    )


PaneKey = tuple[str, int]  # device, end of the pane


def pane_of(reading: Reading, pane_ms: int) -> PaneKey:
    """Closed on the right."""
    return reading.device, -(-reading.event_ms // pane_ms) * pane_ms


def panes_of(readings: Iterable[Reading], pane_ms: int) -> dict[PaneKey, list[Reading]]:
    """The readings of each pane in order of time."""
    panes = defaultdict(list)
    for reading in sorted(set(readings), key=lambda r: r.event_ms):
        panes[pane_of(reading, pane_ms)].append(reading)
    return panes


def batch_of(
    panes: Mapping[PaneKey, list[Reading]],
    metric: str,
    wanted: Iterable[str],
    late_after_ms: int,
    events: Iterable[Event] = (),
) -> PaneBatch:
    """What one tick of the first stage tells of some panes."""
    keys = sorted(panes, key=lambda key: (key[1], key[0]))
    devices = tuple(sorted({device for device, _ in keys}))
    values = [[r.value for r in panes[key]] for key in keys]
    measures = {name: [_measure(name, panes[key], late_after_ms) for key in keys] for name in wanted}
    sketches = {name: tuple(measures.pop(name)) for name in (QUANTILES, DISTINCT) if name in measures}
    return PaneBatch(
        partition=0,
        now_ms=0,
        received_ms=0,
        devices=devices,
        metrics=(metric,),
        device=np.array([devices.index(device) for device, _ in keys], dtype=np.int32),
        metric=np.zeros(len(keys), dtype=np.uint16),
        pane_end_ms=np.array([end_ms for _, end_ms in keys], dtype=np.int64),
        count=np.array([len(v) for v in values], dtype=np.int64),
        total=np.array([math.fsum(v) for v in values]),
        low=np.array([min(v) for v in values]),
        high=np.array([max(v) for v in values]),
        last_ms=np.array([panes[key][-1].event_ms for key in keys], dtype=np.int64),
        last=np.array([panes[key][-1].value for key in keys]),
        events=tuple(events),
        measures={name: np.array(column, dtype=np.float64) for name, column in measures.items()},
        sketches=sketches,
    )


def _measure(name: str, readings: list[Reading], late_after_ms: int) -> float | bytes:
    values, start = np.array([r.value for r in readings]), np.array([0])
    steps = list(pairwise(readings))
    kind = name.partition(":")[0]
    if kind == "rise":
        counter = Counter.of_measure(name)
        return math.fsum(float(counter.gain(*_pair(a, b))[0]) for a, b in steps)
    if kind == "held":
        state = parameter_of(name)
        return sum(min(b.event_ms - a.event_ms, late_after_ms) for a, b in steps if a.value == state)
    return {
        "first": lambda: readings[0].value,
        "first_ms": lambda: float(readings[0].event_ms),
        "above": lambda: float((values >= parameter_of(name)).sum()),
        "below": lambda: float((values < parameter_of(name)).sum()),
        "sin": lambda: math.fsum(math.sin(math.radians(v)) for v in values),
        "cos": lambda: math.fsum(math.cos(math.radians(v)) for v in values),
        QUANTILES: lambda: quantile_sketches(values, start)[0],
        DISTINCT: lambda: distinct_sketches(values, start)[0],
    }[kind]()


def _pair(a: Reading, b: Reading) -> tuple[np.ndarray, ...]:
    return np.array([a.value]), np.array([a.event_ms]), np.array([b.value]), np.array([b.event_ms])
