"""Both stages against one pass over all readings, in whatever order, doubling and batching they come."""

import math
import random
from collections.abc import Iterable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_city import AREAS, DEVICES, FEEDS, INDICATORS, LATENESS_S, METRICS, MINUTE_MS, T0_MS

from core.records import PaneBatch, Quality, ReadingBatch, Stamp, Status, ValueBatch
from indicators.city import CityFold
from indicators.definition import Aggregate, Indicator, RollUp
from indicators.panes import PartitionFold

Reading = tuple[str, str, int, float]  # device, metric, event_ms, value
SPAN_MS = 60 * MINUTE_MS
RANGE = {name: (metric.low, metric.high) for name, metric in METRICS.items()}


def batch_of(readings: Sequence[Reading], received_ms: int = 0) -> ReadingBatch:
    devices = tuple(dict.fromkeys(r[0] for r in readings))
    metrics = tuple(dict.fromkeys(r[1] for r in readings))
    out = [not RANGE.get(m, (-math.inf, math.inf))[0] <= v <= RANGE.get(m, (0, math.inf))[1] for _, m, _, v in readings]
    return ReadingBatch(
        "gauge",
        Stamp.TEST,
        received_ms,
        devices,
        metrics,
        np.array([devices.index(r[0]) for r in readings], dtype=np.int32),
        np.array([metrics.index(r[1]) for r in readings], dtype=np.uint16),
        np.array([r[2] for r in readings], dtype=np.int64),
        np.array([r[3] for r in readings]),
        np.where(out, int(Quality.OUT_OF_RANGE), 0).astype(np.uint16),
    )


class Engine:
    """Two partitions and the city, turned by hand; keeps the newest value of each row."""

    def __init__(self) -> None:
        self.stage_one = [PartitionFold(p, METRICS, FEEDS) for p in range(2)]
        self.city = CityFold(INDICATORS, DEVICES, AREAS, FEEDS, {})
        self.values: dict[tuple[str, int, str], tuple[float, int, int, int]] = {}
        self.told: list[ValueBatch] = []
        self.panes: list[PaneBatch] = []

    def fold(self, readings: Sequence[Reading]) -> None:
        for p, fold in enumerate(self.stage_one):
            if mine := [r for r in readings if sum(r[0].encode()) % 2 == p]:
                fold.fold(batch_of(mine))

    def tick(self, now_ms: int) -> None:
        for fold in self.stage_one:
            if (panes := fold.tick(now_ms)) is not None:
                self.panes.append(panes)
                self.city.fold(panes)
        for batch in self.city.tick(now_ms):
            self.told.append(batch)
            rows = zip(batch.areas, batch.value, batch.reported, batch.newest_ms, batch.status, strict=True)
            for area, value, reported, newest_ms, status in rows:
                key = (batch.indicator, batch.window_end_ms, area)
                self.values[key] = (float(value), int(reported), int(newest_ms), int(status))

    def crash(self, chunks: list[dict[bytes, bytes]]) -> "Engine":
        """Another engine, as restored from the chunks that this one committed."""
        other = Engine()
        for fold, held in zip((*other.stage_one, other.city), chunks, strict=True):
            fold.restore(held)
        other.values, other.told, other.panes = self.values, self.told, self.panes
        return other

    def commit(self, chunks: list[dict[bytes, bytes]]) -> None:
        for fold, held in zip((*self.stage_one, self.city), chunks, strict=True):
            for key, chunk in fold.dirty().items():
                if chunk is None:
                    held.pop(key, None)
                else:
                    held[key] = chunk


def run(arrivals: Iterable[tuple[int, Reading]], seed: int, until_ms: int, crash: bool = False) -> Engine:
    """Readings by time of arrival, in batches of random size, ticks between them."""
    rng, engine, chunks = random.Random(seed), Engine(), [{}, {}, {}]
    waiting: list[Reading] = []
    now_ms = T0_MS
    for at_ms, reading in sorted(arrivals, key=lambda a: a[0]):
        while at_ms > now_ms:
            engine.fold(waiting)
            waiting = []
            engine.tick(now_ms)
            now_ms += rng.choice((1, 30, 90, 400)) * 1000
            if crash and rng.random() < 0.3:
                engine.commit(chunks)
                engine = engine.crash(chunks)
        waiting.append(reading)
        if rng.random() < 0.2:
            engine.fold(waiting)
            waiting = []
    engine.fold(waiting)
    for later_ms in range(now_ms, until_ms + 1, 7 * MINUTE_MS):
        engine.tick(later_ms)
    engine.tick(until_ms)
    return engine


def reporters(indicator: Indicator, area: str) -> list[str]:
    metric = indicator.metrics[0]
    return [d.id for d in DEVICES.values() if metric in d.metrics and area in (d.id, d.area, AREAS.city.id)]


def oracle_station(indicator: Indicator, station: str, end_ms: int, readings: set[Reading]) -> float:
    low, high = RANGE[indicator.metrics[0]]
    mine = [
        r
        for r in readings
        if r[:2] == (station, indicator.metrics[0]) and end_ms - indicator.window_s * 1000 < r[2] <= end_ms
    ]
    if indicator.aggregate is Aggregate.REPORTING:
        return float(bool(mine))
    good = sorted((r[2], r[3]) for r in mine if low <= r[3] <= high)
    if not good:
        return math.nan
    values = [v for _, v in good]
    return {
        Aggregate.SUM: math.fsum(values),
        Aggregate.MEAN: math.fsum(values) / len(values),
        Aggregate.MAX: max(values),
        Aggregate.MIN: min(values),
        Aggregate.LAST: values[-1],
        Aggregate.COUNT: float(len(values)),
    }[indicator.aggregate]


def oracle(indicator: Indicator, area: str, end_ms: int, readings: set[Reading]) -> float:
    values = [oracle_station(indicator, s, end_ms, readings) for s in reporters(indicator, area)]
    known = [v for v in values if not math.isnan(v)]
    if not known:
        return math.nan
    return {
        RollUp.MEAN: math.fsum(known) / len(known),
        RollUp.SUM: math.fsum(known),
        RollUp.MAX: max(known),
        RollUp.MIN: min(known),
        RollUp.SHARE: 100 * math.fsum(known) / len(values),
    }[indicator.rollup]


def assert_equals_the_oracle(engine: Engine, readings: set[Reading], until_ms: int) -> None:
    checked = 0
    for name, indicator in INDICATORS.items():
        slide_ms = indicator.slide_s * 1000
        last_ms = (until_ms - indicator.settle_s * 1000) // slide_ms * slide_ms
        for end_ms in range(T0_MS + SPAN_MS // 2 // slide_ms * slide_ms, last_ms + 1, slide_ms):
            for area in (*DEVICES, "440902", "440981", "440900"):
                if not reporters(indicator, area):
                    assert (name, end_ms, area) not in engine.values
                    continue
                value, reported, newest_ms, status = engine.values[name, end_ms, area]
                assert value == pytest.approx(
                    oracle(indicator, area, end_ms, readings), rel=1e-9, abs=1e-9, nan_ok=True
                )
                after_ms = end_ms - indicator.window_s * 1000
                inside = [
                    r
                    for r in readings
                    if r[0] in reporters(indicator, area) and r[1] == indicator.metrics[0] and after_ms < r[2] <= end_ms
                ]
                assert reported == len({r[0] for r in inside})
                assert status == (Status.UNKNOWN if math.isnan(value) else Status.FINAL)
                if all(RANGE[r[1]][0] <= r[3] <= RANGE[r[1]][1] for r in inside):
                    assert newest_ms == max((r[2] for r in inside), default=0)
                checked += 1
    assert checked > 100


@st.composite
def histories(draw: st.DrawFn) -> tuple[set[Reading], list[tuple[int, Reading]]]:
    """What was measured (each device, metric and time once), and how it arrives: late, doubled, in any order."""
    rng = random.Random(draw(st.integers(0, 2**32)))
    readings: dict[tuple[str, str, int], Reading] = {}
    for _ in range(draw(st.integers(0, 250))):
        device, metric = rng.choice(("g1", "g2", "g3", "stranger")), rng.choice(("rain", "level", "noise", "strange"))
        event_ms = T0_MS + rng.randrange(0, SPAN_MS, rng.choice((1, 1000, MINUTE_MS)))
        value = rng.choice((rng.uniform(0, 100), 50.0, 0.1, -999.0))
        readings[device, metric, event_ms] = (device, metric, event_ms, value)
    arrivals = []
    for reading in readings.values():
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            late_ms = rng.choice((0, rng.randrange(0, LATENESS_S * 1000 - 1)))
            arrivals.append((reading[2] + late_ms, reading))
    declared = {r for r in readings.values() if r[0] in DEVICES and r[1] in DEVICES[r[0]].metrics}
    return declared, arrivals


@settings(max_examples=40, deadline=None)
@given(histories(), st.integers(0, 2**32), st.booleans())
@pytest.mark.claim("PULSE", "Values do not depend on order, doubling, lateness inside the limit, batches or crashes")
def test_values_equal_the_oracle(
    history: tuple[set[Reading], list[tuple[int, Reading]]], seed: int, crash: bool
) -> None:
    readings, arrivals = history
    until_ms = T0_MS + SPAN_MS + LATENESS_S * 1000 + 20 * MINUTE_MS
    engine = run(arrivals, seed, until_ms, crash)
    assert sum(panes.late for panes in engine.panes) == 0
    counted = len({r for _, r in arrivals})
    assert sum(panes.doubled for panes in engine.panes) == len(arrivals) - counted
    assert_equals_the_oracle(engine, readings, until_ms)
