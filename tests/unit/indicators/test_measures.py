"""What panes carry for further aggregates, and the sketches, against sorting all values."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_city import MINUTE_MS, T0_MS, indicator

from core.records import DAY_MS, HOUR_MS
from indicators import measures, sketch
from indicators.definition import Aggregate, Lifecycle, Reset, RollUp
from indicators.measures import Counter

NUMBERS = st.floats(-1e12, 1e12) | st.integers(-50, 50).map(float) | st.sampled_from((0.0, -0.0, 1e-12, 35.2))
RUNS = st.lists(st.lists(NUMBERS, min_size=1, max_size=40), min_size=1, max_size=6)
LOCAL_MIDNIGHT_MS = T0_MS // DAY_MS * DAY_MS - 8 * HOUR_MS


def columns(runs: list[list[float]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([v for run in runs for v in run]), np.cumsum([0, *map(len, runs)])[:-1]


def test_a_metric_carries_what_its_indicators_need() -> None:
    def declared(how: Aggregate, *metrics: str, **more: object) -> object:
        return replace(indicator("x", metrics, 3600, how, RollUp.MEAN), **more)

    of_a_restart = declared(Aggregate.INCREASE, "meter", reset=Reset.RESTART)
    indicators = {
        "mean": declared(Aggregate.MEAN, "pm25"),
        "share": declared(Aggregate.SHARE_ABOVE, "pm25", parameter=75.0),
        "middle": declared(Aggregate.QUANTILE, "pm25", "noise", parameter=0.5),
        "draft": declared(Aggregate.DISTINCT, "noise", lifecycle=Lifecycle.DRAFT),
        "used": of_a_restart,
        "rain": declared(Aggregate.INCREASE, "rain"),
        "wind": declared(Aggregate.CIRCULAR_MEAN, "direction"),
        "on": declared(Aggregate.TIME_IN_STATE, "pump", parameter=1.0),
        "plain": declared(Aggregate.MAX, "level"),
    }
    assert measures.needed(indicators) == {
        "direction": ("cos", "sin"),
        "meter": ("first", "first_ms", "rise:restart:0:0.0"),
        "noise": ("quantiles",),
        "pm25": ("above:75", "quantiles"),
        "pump": ("first_ms", "held:1"),
        "rain": ("first", "first_ms"),
    }


@pytest.mark.parametrize(
    "counter",
    [Counter(Reset.RESTART), Counter(Reset.DAILY, 28800), Counter(Reset.ROLLOVER, 0, 65536.0), Counter(Reset.NEVER)],
)
def test_a_counter_is_known_again_by_the_name_of_its_measure(counter: Counter) -> None:
    assert Counter.of_measure(counter.measure) == counter


@pytest.mark.parametrize(
    ("counter", "readings", "gained"),
    [
        (Counter(Reset.NEVER), [(0, 5.0), (1, 4.9), (2, 7.0)], 2.0),
        (Counter(Reset.RESTART), [(0, 5.0), (1, 8.0), (2, 1.5), (3, 2.0)], 3.0 + 1.5 + 0.5),
        (Counter(Reset.ROLLOVER, 0, 100.0), [(0, 95.0), (1, 99.0), (2, 3.0)], 4.0 + 4.0),
        # minutes before and after local midnight: at the boundary some counters still show the day that ends
        (Counter(Reset.DAILY), [(-2, 40.0), (0, 41.0), (1, 0.5), (2, 0.7)], 1.0 + 0.5 + 0.2),
        (Counter(Reset.DAILY), [(-2, 40.0), (0, 0.0), (1, 0.5)], 0.5),
        (Counter(Reset.DAILY), [(-2, 1.0), (1, 9.0)], 9.0),
        (Counter(Reset.DAILY, 28800), [(479, 3.0), (481, 4.0)], 4.0),
        (Counter(Reset.DAILY, 28800), [(-1, 3.0), (1, 4.0)], 1.0),
    ],
)
@pytest.mark.claim("ENGINE", "A counter gains over resets, days and roll-overs")
def test_a_counter_gains_over_its_resets(counter: Counter, readings: list[tuple[int, float]], gained: float) -> None:
    at_ms = np.array([LOCAL_MIDNIGHT_MS + minute * MINUTE_MS for minute, _ in readings])
    value = np.array([v for _, v in readings])
    gains = counter.gain(value[:-1], at_ms[:-1], value[1:], at_ms[1:])
    assert math.fsum(gains) == pytest.approx(gained, rel=1e-12)


def test_a_state_holds_until_the_next_reading_and_not_for_ever() -> None:
    before, before_ms, after_ms = np.array([1.0, 0.0, 1.0]), np.array([0, 0, 0]), np.array([60, 60, 900])
    assert measures.held_ms(before, before_ms, after_ms, 1.0, 300).tolist() == [60, 0, 300]


@given(st.lists(st.integers(0, 359), min_size=1, max_size=20), st.integers(0, 359))
@pytest.mark.claim("ENGINE", "Directions have a circular mean")
def test_directions_turn_with_their_mean(degrees: list[int], turn: int) -> None:
    def mean(of: np.ndarray) -> float:
        angle = np.radians(of)
        return float(measures.circular_mean(np.sin(angle).sum(), np.cos(angle).sum(), np.int64(len(of))))

    spread = np.array(degrees)
    unit = np.exp(1j * np.radians(spread)).sum()
    if abs(unit) < 1e-6 * len(spread):
        return
    difference = (mean(spread + turn) - mean(spread) - turn) % 360
    assert min(difference, 360 - difference) < 1e-6
    assert 0 <= mean(spread) < 360


@settings(max_examples=60, deadline=None)
@given(RUNS, st.floats(0, 1), st.randoms(use_true_random=False))
@pytest.mark.claim("ENGINE", "Quantiles of any spans merge, and lie within 0.5 % of sorting all values, in any order")
def test_a_merged_quantile_is_near_the_true_one(runs: list[list[float]], share: float, rng: object) -> None:
    value, starts = columns(runs)
    merged = sketch.merged_quantiles(sketch.quantile_sketches(value, starts))
    shuffled = [float(v) for v in value]
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    assert merged == sketch.quantile_sketches(np.array(shuffled), np.array([0]))[0]
    true = float(np.sort(value)[math.floor(share * (len(value) - 1))])
    assert sketch.quantile(merged, share) == pytest.approx(true, rel=sketch.RELATIVE_ERROR + 1e-12, abs=1e-9)


@given(RUNS)
def test_few_values_are_counted_exactly_by_any_way_of_merging(runs: list[list[float]]) -> None:
    value, starts = columns(runs)
    parts = sketch.distinct_sketches(value, starts)
    assert [sketch.distinct(part) for part in parts] == [float(len(set(run))) for run in runs]
    assert sketch.distinct(sketch.merged_distinct(parts)) == len(set(value.tolist()))


def test_many_values_are_estimated() -> None:
    rng = np.random.default_rng(3)
    value = rng.integers(0, 50_000, 200_000).astype(np.float64)
    merged = sketch.merged_distinct(sketch.distinct_sketches(value, np.arange(0, len(value), 1000)))
    assert len(merged) == 8 * sketch.HASHES
    assert sketch.distinct(merged) == pytest.approx(len(np.unique(value)), rel=0.1)
    assert merged == sketch.distinct_sketches(rng.permutation(value), np.array([0]))[0]


def test_nothing_has_no_quantile() -> None:
    assert math.isnan(sketch.quantile(b"", 0.5))
    assert sketch.distinct(b"") == 0
