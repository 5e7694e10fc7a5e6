"""Panes and their measures against one pass over all readings in Python, however they come, and over crashes."""

from __future__ import annotations

import itertools
import math
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pane_maker
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_city import DEVICES, LATENESS_S, METRICS, MINUTE_MS, SAME, T0_MS
from small_city import FEEDS as USUAL_FEEDS

from core.declared import Feed, Metric
from core.records import DAY_MS, HOUR_MS, PaneBatch, Quality, ReadingBatch, Stamp
from indicators import sketch
from indicators.panes import PartitionFold

Reading = tuple[str, str, int, float]  # device, metric, event_ms, value
Cell = tuple[str, str, int]  # device, metric, pane_end_ms
Rows = dict[Cell, dict[str, Any]]
HOLDS_MS, DAY_BEGINS_S = 60_000, 72_150  # in the middle of a pane of noise; T0 is 20:00 in the city
FEEDS = USUAL_FEEDS | {"gauge": replace(USUAL_FEEDS["gauge"], late_after_s=HOLDS_MS // 1000)}
CARRIED = {
    "rain": ("first", "first_ms", "rise:restart:0:0.0"),
    "level": ("above:50", "below:5", "cos", "sin"),
    "noise": ("distinct", "first_ms", "held:50", "quantiles", f"rise:daily:{DAY_BEGINS_S}:0.0"),
}
ALL = METRICS | {"plain": Metric("plain", SAME, "1", 0, 500)}
ORDER_MATTERS_LITTLE = {"total", "sin", "cos"}


def batch_of(readings: Sequence[Reading], feed: str = "gauge") -> ReadingBatch:
    devices, metrics = (tuple(dict.fromkeys(r[i] for r in readings)) for i in (0, 1))
    outside = [not ALL[m].low <= v <= ALL[m].high for _, m, _, v in readings]
    return ReadingBatch(
        feed,
        Stamp.TEST,
        0,
        devices,
        metrics,
        np.array([devices.index(r[0]) for r in readings], dtype=np.int32),
        np.array([metrics.index(r[1]) for r in readings], dtype=np.uint16),
        np.array([r[2] for r in readings], dtype=np.int64),
        np.array([r[3] for r in readings]),
        np.where(outside, int(Quality.OUT_OF_RANGE), 0).astype(np.uint16),
    )


def rows_of(batch: PaneBatch) -> Rows:
    names = ("count", "total", "low", "high", "last_ms", "last")
    columns = {name: getattr(batch, name) for name in names} | batch.measures | batch.sketches
    return {
        (batch.devices[d], batch.metrics[m], int(end_ms)): {name: column[i] for name, column in columns.items()}
        for i, (d, m, end_ms) in enumerate(zip(batch.device, batch.metric, batch.pane_end_ms, strict=True))
    }


def told(
    spans: Sequence[tuple[int, list[Reading]]], seed: int, crash: bool, feeds: Mapping[str, Feed] = FEEDS
) -> tuple[Rows, int, int]:
    """The newest row of each pane, how many were late and doubled; readings cut into batches at random."""
    rng, rows, late, doubled, chunks = random.Random(seed), {}, 0, 0, {}
    fold = PartitionFold(0, ALL, feeds, DEVICES, CARRIED)
    for now_ms, readings in spans:
        waiting = rng.sample(readings, len(readings))
        while waiting:
            size = rng.choice((1, 3, 50))
            fold.fold(batch_of(waiting[:size]))
            waiting = waiting[size:]
        if (batch := fold.tick(now_ms)) is not None:
            rows |= rows_of(batch)
            late, doubled = late + batch.late, doubled + batch.doubled
        if crash and rng.random() < 0.4:
            for name, chunk in fold.dirty().items():
                chunks.pop(name, None) if chunk is None else chunks.update({name: chunk})
            fold = PartitionFold(0, ALL, feeds, DEVICES, CARRIED)
            fold.restore(chunks)
    return rows, late, doubled


def rise(readings: list[tuple[int, float]], daily: bool) -> float:
    """What a counter gained, by hand: a fall began anew at 0, and so did each day."""
    gained = 0.0
    for (before_ms, before), (after_ms, after) in itertools.pairwise(readings):
        days = [math.ceil((at_ms + 8 * HOUR_MS - 1000 * DAY_BEGINS_S) / DAY_MS) for at_ms in (before_ms, after_ms)]
        anew = after < before or (daily and days[0] != days[1])
        gained += after if anew else after - before
    return gained


def expected(metric: str, readings: list[tuple[int, float]]) -> dict[str, Any]:
    """One pane of readings in range, by time, at least one."""
    values = [v for _, v in readings]
    row: dict[str, Any] = {"count": len(values), "total": math.fsum(values), "low": min(values), "high": max(values)}
    row |= {"last_ms": readings[-1][0], "last": values[-1]}
    for name in CARRIED.get(metric, ()):
        kind = name.partition(":")[0]
        row[name] = {
            "first": lambda: values[0],
            "first_ms": lambda: readings[0][0],
            "rise": lambda name=name: rise(readings, "daily" in name),
            "above": lambda: sum(v >= 50 for v in values),
            "below": lambda: sum(v < 5 for v in values),
            "sin": lambda: math.fsum(math.sin(math.radians(v)) for v in values),
            "cos": lambda: math.fsum(math.cos(math.radians(v)) for v in values),
            "held": lambda: sum(
                min(b_ms - a_ms, HOLDS_MS) for (a_ms, a), (b_ms, _) in itertools.pairwise(readings) if a == 50
            ),
            "distinct": lambda: sketch.distinct_sketches(np.array(values), np.array([0]))[0],
            "quantiles": lambda: sketch.quantile_sketches(np.array(values), np.array([0]))[0],
        }[kind]()
    return row


def oracle(spans: Sequence[tuple[int, list[Reading]]]) -> tuple[Rows, int, int]:
    """What all panes must be, how many readings are late and how many doubled."""
    taken: set[Reading] = set()
    late = given_in_time = before_ms = 0
    for now_ms, readings in spans:
        in_time = [r for r in readings if r[2] >= before_ms - LATENESS_S * 1000]
        late, given_in_time = late + len(readings) - len(in_time), given_in_time + len(in_time)
        taken.update(in_time)
        before_ms = now_ms
    cells: dict[Cell, list[tuple[int, float]]] = defaultdict(list)
    for device, metric, event_ms, value in sorted(taken, key=lambda r: r[2]):
        width_ms = 1000 * ALL[metric].pane_s
        cells[device, metric, -(-event_ms // width_ms) * width_ms].append((event_ms, value))
    rows: Rows = {}
    for cell, readings in cells.items():
        good = [r for r in readings if ALL[cell[1]].low <= r[1] <= ALL[cell[1]].high]
        rows[cell] = expected(cell[1], good) if good else {"count": 0, "last_ms": readings[-1][0]}
    return rows, late, given_in_time - len(taken)


def assert_same(row: dict[str, Any], other: dict[str, Any], exact: bool) -> None:
    for name, value in other.items():
        if isinstance(value, bytes):
            assert row[name] == value, name
        elif exact and name not in ORDER_MATTERS_LITTLE:
            assert np.float64(row[name]).tobytes() == np.float64(value).tobytes(), name
        else:
            assert row[name] == pytest.approx(value, rel=1e-9, abs=1e-9, nan_ok=True), name


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[int, list[Reading]]]:
    """Ticks, and what comes before each: late, too late, doubled, out of range, crowded into few moments."""
    rng = random.Random(draw(st.integers(0, 2**32)))
    known: list[Reading] = []
    held: dict[Cell, float] = {}
    spans, now_ms = [], T0_MS
    for _ in range(draw(st.integers(1, 12))):
        readings = []
        for _ in range(rng.choice((0, 1, 5, 40))):
            device, metric = rng.choice(("g1", "g2", "stranger")), rng.choice(sorted(ALL))
            event_ms = now_ms - rng.choice((0, rng.randrange(MINUTE_MS), rng.randrange(40 * MINUTE_MS)))
            event_ms = event_ms // (step := rng.choice((1, 10_000))) * step
            value = held.setdefault((device, metric, event_ms), rng.choice((rng.uniform(0, 100), 50.0, 3.0, -999.0)))
            readings.append((device, metric, event_ms, value))
        known += readings
        again = rng.sample(known, min(len(known), rng.choice((0, 0, 3))))
        now_ms += rng.choice((1000, 20_000, 3 * MINUTE_MS))
        spans.append((now_ms, readings + again))
    return spans


@settings(max_examples=80, deadline=None)
@given(histories(), st.integers(0, 2**32), st.booleans())
@pytest.mark.claim(
    "ENGINE", "Panes and their measures equal an independent pass over all readings, in any order and over crashes"
)
def test_panes_equal_the_oracle(spans: list[tuple[int, list[Reading]]], seed: int, crash: bool) -> None:
    rows, late, doubled = told(spans, seed, crash)
    expect, expect_late, expect_doubled = oracle(spans)
    assert (late, doubled) == (expect_late, expect_doubled)
    assert rows.keys() == expect.keys()
    for cell, row in expect.items():
        assert_same(rows[cell], row, exact=False)
        if row["count"] == 0:
            assert np.isnan([rows[cell][name] for name in ("low", "high", "last")]).all()
    again, *_ = told(spans, seed + 1, crash=False)
    for cell, row in rows.items():
        assert_same(again[cell], row, exact=True)


@settings(max_examples=40, deadline=None)
@given(histories(), st.integers(0, 2**32))
def test_what_settles_is_the_same_in_any_batches_and_over_crashes(
    spans: list[tuple[int, list[Reading]]], seed: int
) -> None:
    feeds = FEEDS | {"gauge": replace(FEEDS["gauge"], settle_n=2, settle_for_s=20)}
    rows, *counted = told(spans, seed, crash=True, feeds=feeds)
    again, *counted_again = told(spans, seed + 1, crash=False, feeds=feeds)
    assert counted == counted_again
    assert rows.keys() == again.keys()
    for cell, row in rows.items():
        assert_same(again[cell], row, exact=True)


@given(st.lists(st.tuples(st.sampled_from(("g1", "g2")), st.integers(0, 400), st.sampled_from((1.0, 50.0, 75.5)))))
def test_the_second_stage_is_tested_with_the_panes_that_the_first_one_tells(
    told_s: list[tuple[str, int, float]],
) -> None:
    readings = {(d, at_s): pane_maker.Reading(d, T0_MS + 1000 * at_s, value) for d, at_s, value in told_s}.values()
    wanted = tuple(sorted({name for names in CARRIED.values() for name in names}))
    fold = PartitionFold(0, ALL, FEEDS, DEVICES, {"rain": wanted})
    if readings:
        fold.fold(batch_of([(r.device, "rain", r.event_ms, r.value) for r in readings]))
    made = pane_maker.batch_of(pane_maker.panes_of(readings, MINUTE_MS), "rain", wanted, HOLDS_MS)
    found = fold.tick(T0_MS)
    assert (found is None) == (len(made) == 0)
    if found is not None:
        rows = rows_of(found)
        assert rows.keys() == rows_of(made).keys()
        for cell, row in rows_of(made).items():
            assert_same(rows[cell], row, exact=False)


def test_the_first_of_two_values_stays() -> None:
    fold = PartitionFold(0, ALL, FEEDS, DEVICES, CARRIED)
    for value in (1.0, 2.0):
        fold.fold(batch_of([("g1", "rain", T0_MS, value), ("g1", "rain", T0_MS - 5, value)]))
    batch = fold.tick(T0_MS)
    assert batch is not None
    assert batch.doubled == 2
    assert rows_of(batch)["g1", "rain", T0_MS]["total"] == 2.0


def test_metrics_that_need_nothing_say_nothing_beyond() -> None:
    fold = PartitionFold(0, ALL, FEEDS, DEVICES, CARRIED)
    fold.fold(batch_of([("g1", "plain", T0_MS, 1.0), ("g1", "rain", T0_MS, 2.0), ("g1", "noise", T0_MS, 2.0)]))
    batch = fold.tick(T0_MS)
    assert batch is not None
    rows = rows_of(batch)
    assert math.isnan(rows["g1", "plain", T0_MS]["first"])
    assert rows["g1", "plain", T0_MS]["quantiles"] == b""
    assert rows["g1", "noise", T0_MS]["quantiles"] != b""
    fold.fold(batch_of([("g1", "plain", T0_MS + 1, 1.0)]))
    batch = fold.tick(T0_MS + 1)
    assert batch is not None
    assert not batch.measures and not batch.sketches


def test_a_pane_is_forgotten_when_no_reading_can_reach_it_any_more() -> None:
    fold = PartitionFold(0, ALL, FEEDS, DEVICES, CARRIED)
    fold.fold(batch_of([("g1", "rain", T0_MS, 1.0)]))
    fold.tick(T0_MS)
    kept = {name for name, chunk in fold.dirty().items() if b"pane" in name and chunk}
    fold.tick(T0_MS + 1000 * LATENESS_S)
    assert not any(b"pane" in name for name in fold.dirty())
    fold.tick(T0_MS + 1000 * LATENESS_S + MINUTE_MS)
    assert {name for name, chunk in fold.dirty().items() if chunk is None} == kept


def test_a_slow_feed_does_not_make_others_keep_their_panes() -> None:
    feeds = FEEDS | {"months": replace(FEEDS["gauge"], id="months", lateness_s=100 * 86_400)}
    fold = PartitionFold(0, ALL, feeds, DEVICES)
    fold.fold(batch_of([("g1", "rain", T0_MS, 1.0)]))
    fold.fold(batch_of([("g1", "level", T0_MS, 1.0)], "months"))
    fold.tick(T0_MS)
    fold.dirty()
    fold.tick(T0_MS + DAY_MS)
    assert sum(chunk is None for chunk in fold.dirty().values()) == 1


def test_a_checkpoint_is_understood_when_other_feeds_are_declared_by_then() -> None:
    fold = PartitionFold(0, ALL, FEEDS, DEVICES, CARRIED)
    fold.fold(batch_of([(name, "noise", T0_MS - 200_000, 50.0) for name in ("g1", "stranger", "other")]))
    fold.fold(batch_of([("new", "noise", T0_MS - 200_000, 50.0)], "nobody"))
    fold.tick(T0_MS)
    chunks = {name: chunk for name, chunk in fold.dirty().items() if chunk is not None}
    feeds = {"air": replace(FEEDS["gauge"], id="air", late_after_s=100)} | FEEDS
    devices = DEVICES | {"other": replace(DEVICES["g1"], id="other", feed="air")}
    later = PartitionFold(0, ALL, feeds, devices, CARRIED)
    later.restore(chunks)
    later.fold(batch_of([(name, "noise", T0_MS, 1.0) for name in ("g1", "stranger", "other")]))
    later.fold(batch_of([("new", "noise", T0_MS, 1.0)], "nobody"))
    batch = later.tick(T0_MS)
    assert batch is not None
    held_ms = {device: row["held:50"] for (device, _, _), row in rows_of(batch).items()}
    assert held_ms == {"g1": 60_000, "stranger": 60_000, "other": 100_000, "new": 200_000}
