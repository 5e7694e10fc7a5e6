"""Every kind of window with every aggregate against pandas: late, in any order, told twice, over crashes."""

from __future__ import annotations

import random
from functools import partial
from typing import TypeVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pane_maker import Reading, batch_of, pane_of, panes_of, reading_batch
from small_city import AREAS, DEVICES, FEEDS, METRICS, MINUTE_MS
from window_oracle import (
    BEGIN_MS,
    HOWS,
    LATE_AFTER_MS,
    METRIC,
    WINDOWS,
    Arrival,
    assert_equals_the_oracle,
    declared,
    history,
)

from core.records import Event, Int64, Phase
from indicators.cells import one_window
from indicators.city import CityFold
from indicators.definition import Indicator
from indicators.inputs import Inputs
from indicators.measures import needed
from indicators.panes import PartitionFold
from indicators.plan import Plan


class Engine:
    """The second stage as far as values of stations, turned by hand; keeps the newest value of each window."""

    def __init__(self, indicators: list[Indicator]) -> None:
        numbered = [DEVICES[device] for device in sorted(DEVICES)]
        self.plans = {one.id: Plan(one, numbered, FEEDS, AREAS) for one in indicators}
        self.inputs = Inputs(self.plans, numbered, FEEDS, AREAS)
        self.windows = {name: self.inputs.windows(plan, plan.indicator.settle_s) for name, plan in self.plans.items()}
        self.needed = needed({one.id: one for one in indicators}).get(METRIC, ())
        self.held: set[Reading] = set()
        self.values: dict[tuple[str, int, str], tuple[float, int]] = {}
        self.chunks: dict[bytes, bytes] = {}

    def tick(self, now_ms: int, told: list[Reading | Event]) -> None:
        readings = [one for one in told if isinstance(one, Reading)]
        events = sorted((one for one in told if isinstance(one, Event)), key=lambda e: e.phase is Phase.UPDATE)
        self.held.update(readings)
        changed = {pane_of(reading, MINUTE_MS) for reading in readings}
        panes = {key: pane for key, pane in panes_of(self.held, MINUTE_MS).items() if key in changed}
        self.inputs.fold(batch_of(panes, METRIC, self.needed, LATE_AFTER_MS, events))
        self.inputs.listen(now_ms)
        changes = self.inputs.take_changes()
        for name, plan in self.plans.items():
            earliest_ms, ends = self.inputs.earliest_ms(plan), partial(self.inputs.pane_ends_ms, plan)
            for end_ms in self.windows[name].fall_due(now_ms, earliest_ms, ends):
                self._value(name, end_ms, np.arange(len(plan.stations)))
        for change in changes:
            plan, windows = self.plans[change.indicator], self.windows[change.indicator]
            rows = np.unique(plan.stations.row[change.devices])
            for end_ms in windows.touched(change.pane_end_ms, change.reach_ms, now_ms, self.inputs.passed_ms):
                self._value(change.indicator, end_ms, rows[rows >= 0])
        self.inputs.pass_time(now_ms)

    def crash(self) -> Engine:
        """Another engine, from what this one committed."""
        for key, chunk in self.inputs.dirty().items():
            if chunk is None:
                self.chunks.pop(key, None)
            else:
                self.chunks[key] = chunk
        other = Engine([plan.indicator for plan in self.plans.values()])
        for name, windows in self.windows.items():
            other.windows[name].decided_ms = windows.decided_ms
        other.inputs.restore(self.chunks, self.inputs.passed_ms, self.inputs.since_ms)
        other.held, other.values, other.chunks = self.held, self.values, self.chunks
        return other

    def _value(self, name: str, end_ms: int, rows: Int64) -> None:
        plan = self.plans[name]
        taken = self.inputs.measured(plan, METRIC, one_window(end_ms, rows))
        for row, value, newest_ms in zip(rows, taken.value, taken.newest_ms, strict=True):
            self.values[name, end_ms, plan.subjects[row]] = (float(value), int(newest_ms))


class BothStages:
    """Both stages as they run, with what they commit."""

    def __init__(self, indicators: list[Indicator]) -> None:
        self.indicators = indicators
        by_name = {one.id: one for one in indicators}
        self.partition = PartitionFold(0, METRICS, FEEDS, DEVICES, needed(by_name))
        self.city = CityFold(by_name, DEVICES, AREAS, FEEDS, {})
        self.values: dict[tuple[str, int, str], tuple[float, int]] = {}
        self.chunks: tuple[dict[bytes, bytes], dict[bytes, bytes]] = ({}, {})

    def tick(self, now_ms: int, told: list[Reading | Event]) -> None:
        readings = [one for one in told if isinstance(one, Reading)]
        if readings:
            self.partition.fold(reading_batch(readings, METRIC))
        self.partition.fold_events(one for one in told if isinstance(one, Event))
        panes = self.partition.tick(now_ms)
        if panes is not None:
            self.city.fold(panes)
        for batch in self.city.tick(now_ms):
            rows = zip(batch.areas, batch.value.tolist(), batch.newest_ms.tolist(), strict=True)
            self.values |= {(batch.indicator, batch.window_end_ms, area): (v, newest) for area, v, newest in rows}

    def crash(self) -> BothStages:
        """Others, from what these committed."""
        other = BothStages(self.indicators)
        for held, mine, theirs in zip(
            self.chunks, (self.partition, self.city), (other.partition, other.city), strict=True
        ):
            held.update(changed := mine.dirty())  # type: ignore[arg-type]
            for gone in [key for key, chunk in changed.items() if chunk is None]:
                del held[gone]
            theirs.restore(held)
        other.values, other.chunks = self.values, self.chunks
        return other


Folding = TypeVar("Folding", Engine, BothStages)


def run(engine: Folding, arrivals: list[Arrival], seed: int, crashes: bool) -> tuple[Folding, int]:
    """Turn an engine over all arrivals; the engine after all crashes and the time of its last tick."""
    rng, crash_rng = random.Random(seed), random.Random(seed + 1)
    waiting: list[Reading | Event] = []
    now_ms = BEGIN_MS
    engine.tick(now_ms, [])
    for arrival in sorted(arrivals, key=lambda a: (a.at_ms, str(a.told))):
        while arrival.at_ms > now_ms:
            rng.shuffle(waiting)
            engine.tick(now_ms, waiting)
            waiting = []
            now_ms += rng.choice((1, 30, 90, 400, 400, 3000)) * 1000
            if crashes and crash_rng.random() < 0.3:
                engine = engine.crash()
        waiting.append(arrival.told)
    engine.tick(now_ms, waiting)
    for _ in range(8):
        now_ms += 400_000
        engine.tick(now_ms, [])
    return engine, now_ms


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(WINDOWS), st.sampled_from(HOWS), st.booleans()), min_size=1, max_size=2),
    st.integers(0, 2**32),
    st.booleans(),
)
@pytest.mark.claim("ENGINE", "Every kind of window with every aggregate equals pandas, late, double, over crashes")
def test_windows_equal_the_oracle(
    kinds: list[tuple[dict[str, object], dict[str, object], bool]],
    seed: int,
    crashes: bool,
) -> None:
    readings, events, arrivals = history(seed)
    indicators = [declared(f"i{at}", *kind) for at, kind in enumerate(kinds)]
    engine, until_ms = run(Engine(indicators), arrivals, seed, crashes)
    assert_equals_the_oracle(engine.values, indicators, readings, events, until_ms)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(WINDOWS), st.sampled_from(HOWS), st.integers(0, 2**32))
@pytest.mark.claim("ENGINE", "After any crash every window says the same to the last bit")
def test_crashes_change_no_bit(window: dict[str, object], how: dict[str, object], seed: int) -> None:
    indicators = [declared("one", window, how, early=True)]
    arrivals = history(seed)[2]
    undisturbed, disturbed = (run(Engine(indicators), arrivals, seed, crashes)[0].values for crashes in (False, True))
    assert {key: np.array(value).tobytes() for key, value in undisturbed.items()} == {
        key: np.array(value).tobytes() for key, value in disturbed.items()
    }


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(WINDOWS), st.sampled_from(HOWS), st.booleans(), st.integers(0, 2**32), st.booleans())
@pytest.mark.claim("ENGINE", "Both stages together equal pandas for every kind of window with every aggregate")
def test_both_stages_equal_the_oracle(
    window: dict[str, object], how: dict[str, object], early: bool, seed: int, crashes: bool
) -> None:
    readings, events, arrivals = history(seed)
    indicators = [declared("one", window, how, early)]
    stages, until_ms = run(BothStages(indicators), arrivals, seed, crashes)
    assert_equals_the_oracle(stages.values, indicators, readings, events, until_ms)
