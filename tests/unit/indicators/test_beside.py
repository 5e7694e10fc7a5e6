"""What is usual at this hour and where the trend leads: against pandas and brute force, over crashes and late data."""

import math
import random
from itertools import combinations
from statistics import median as plain_median

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pane_maker import Reading, batch_of, panes_of
from small_city import AREAS, DEVICES, FEEDS, MINUTE_MS, T0_MS, indicator

from core.records import HOUR_MS, ValueBatch
from indicators.beside import POINTS, POINTS_AT_LEAST, WEEK_MS, WEEKS, WEEKS_AT_LEAST, time_to_bound_s
from indicators.city import CityFold
from indicators.definition import Aggregate, Direction, Indicator, RollUp
from indicators.robust import median, straight_line

UNKNOWN_OR_NUMBER = st.one_of(st.just(math.nan), st.floats(-1e6, 1e6))
SIGMA_OF_MAD = 1.4826


class City:
    """A city with one indicator of the gauge g2, and what it told last of each window."""

    def __init__(self, one: Indicator) -> None:
        self.one = one
        self.chunks: dict[bytes, bytes] = {}
        self.told: dict[int, tuple[float, dict[str, float]]] = {}
        self.fold = self._fresh()

    def _fresh(self) -> CityFold:
        return CityFold({self.one.id: self.one}, DEVICES, AREAS, FEEDS, {})

    def at(self, now_ms: int, *readings: Reading) -> list[ValueBatch]:
        if readings:
            self.fold.fold(batch_of(panes_of(readings, MINUTE_MS), "rain", (), 0))
        batches = self.fold.tick(now_ms)
        for batch in batches:
            row = batch.areas.index(AREAS.city.id)
            beside = {name: float(column[row]) for name, column in batch.beside.items()}
            self.told[batch.window_end_ms] = float(batch.value[row]), beside
        return batches

    def crash(self) -> None:
        for key, chunk in self.fold.dirty().items():
            self.chunks.pop(key, None) if chunk is None else self.chunks.update({key: chunk})
        self.fold = self._fresh()
        self.fold.restore(self.chunks)


@pytest.mark.parametrize("slide_s", [3600, 7200])
@pytest.mark.claim(
    "ENGINE", "The usual value of an hour of the week is the median of the weeks before, as pandas has it"
)
def test_what_is_usual_equals_a_group_by(slide_s: int) -> None:
    rng, slide_ms = random.Random(slide_s), slide_s * 1000
    hourly = indicator(
        "load", ("rain",), slide_s, Aggregate.MEAN, RollUp.MEAN, slide_s=slide_s, baseline="hour_of_week", settle_s=0
    )
    city, told = City(hourly), {}
    begin_ms, hours = T0_MS // slide_ms * slide_ms, (WEEKS + 2) * 7 * 24
    for number in range(0, hours * HOUR_MS // slide_ms):
        end_ms = begin_ms + number * slide_ms
        value = round(10 + number % 24 + rng.gauss(0, 2), 2)
        if rng.random() < 0.8:
            told[end_ms] = value
            city.at(end_ms, Reading("g2", end_ms, value))
        else:
            city.at(end_ms)
        if rng.random() < 0.02:
            city.crash()
    frame = pd.Series({end_ms: told.get(end_ms, math.nan) for end_ms in city.told}).sort_index()
    checked = 0
    for end_ms in frame.index[-7 * 24 * HOUR_MS // slide_ms :]:
        samples = frame.reindex([end_ms - week * WEEK_MS for week in range(1, WEEKS + 1)]).dropna()
        beside = city.told[end_ms][1]
        if len(samples) < WEEKS_AT_LEAST:
            assert all(math.isnan(value) for value in beside.values())
            continue
        aside = 3 * SIGMA_OF_MAD * (samples - samples.median()).abs().median()
        expected = {
            "baseline": samples.median(), "baseline_low": samples.median() - aside,
            "baseline_high": samples.median() + aside,
        }  # fmt: skip
        assert beside == pytest.approx(expected, rel=1e-9, abs=1e-9)
        checked += 1
    assert checked > 50


def line_of(points: list[tuple[float, float]]) -> tuple[float, float]:
    """Height at 0 and slope by Theil and Sen, written out."""
    slopes = [(y2 - y1) / (x2 - x1) for (x1, y1), (x2, y2) in combinations(points, 2)]
    slope = plain_median(slopes)
    return plain_median(y - slope * x for x, y in points), slope


@pytest.mark.claim("ENGINE", "A forecast is the robust line through the last windows, corrected when one of them is")
def test_a_forecast_follows_the_last_windows_and_their_corrections() -> None:
    rng = random.Random(3)
    level = indicator("level", ("rain",), 300, Aggregate.LAST, RollUp.MAX, settle_s=0, forecast_s=1800)
    city, truth = City(level), {}
    ends = [T0_MS + number * 300_000 for number in range(30)]
    late: list[Reading] = []
    for number, end_ms in enumerate(ends):
        value = round(2 + 0.1 * number + rng.gauss(0, 0.05) + (30 if number == 20 else 0), 3)
        reading = Reading("g2", end_ms, value)
        if number % 7 == 5:
            late.append(reading)
        elif number != 13:
            truth[end_ms] = value
            city.at(end_ms, reading)
        if number % 7 == 0:
            truth |= {one.event_ms: one.value for one in late}
            city.at(end_ms, *late)
            late = []
        city.at(end_ms)
        if number % 4 == 0:
            city.crash()
    known = 0
    for end_ms in ends:
        last = [end_ms - n * 300_000 for n in range(POINTS)]
        points = [((one - end_ms) / HOUR_MS, truth[one]) for one in last if one in truth]
        beside = city.told[end_ms][1]
        if end_ms not in truth or len(points) < POINTS_AT_LEAST:
            assert all(math.isnan(value) for value in beside.values())
            continue
        at, slope = line_of(points)
        assert beside == pytest.approx({"forecast": at + 0.5 * slope, "trend_per_h": slope}, rel=1e-9, abs=1e-8)
        known += 1
    assert known > 15
    assert city.told[ends[-1]][1]["trend_per_h"] == pytest.approx(1.2, abs=0.4)  # the wild one of 32 m moved nothing


def test_the_value_itself_stays_as_it_is() -> None:
    plain, beside = (
        City(indicator("level", ("rain",), 300, Aggregate.LAST, RollUp.MAX, settle_s=0, **more))
        for more in ({}, {"forecast_s": 600, "baseline": "hour_of_week"})
    )
    for number in range(20):
        end_ms = T0_MS + number * 300_000
        told = [city.at(end_ms, Reading("g2", end_ms, float(number))) for city in (plain, beside)]
        np.testing.assert_array_equal(told[0][0].value, told[1][0].value)
        assert not told[0][0].beside and set(told[1][0].beside) > {"forecast", "baseline"}


@given(st.lists(st.lists(UNKNOWN_OR_NUMBER, min_size=3, max_size=3), min_size=1, max_size=9))
def test_the_median_equals_that_of_numpy(rows: list[list[float]]) -> None:
    values = np.array(rows)
    for column, found in zip(values.T, median(values).tolist(), strict=True):
        known = column[~np.isnan(column)]
        assert found == pytest.approx(float(np.median(known)) if len(known) else math.nan, nan_ok=True)


@given(st.floats(-100, 100), st.floats(-10, 10), st.sets(st.integers(0, 9), max_size=2), st.floats(-1e6, 1e6))
def test_a_few_wild_points_move_no_line(at: float, slope: float, wild: set[int], value: float) -> None:
    x = np.arange(-9.0, 1.0)
    y = at + slope * x
    y[list(wild)] = value
    found = straight_line(x, y[:, None])
    assert found.slope[0] == pytest.approx(slope, abs=1e-6)
    assert found.at[0] == pytest.approx(at, abs=1e-5)


@pytest.mark.parametrize(
    ("value", "trend", "bound", "direction", "seconds"),
    [
        (3.0, 0.5, 4.0, Direction.UP_BAD, 7200.0),
        (4.0, -1.0, 4.0, Direction.UP_BAD, 0.0),
        (3.0, -0.5, 4.0, Direction.UP_BAD, None),
        (3.0, math.nan, 4.0, Direction.UP_BAD, None),
        (8.0, -2.0, 5.0, Direction.DOWN_BAD, 5400.0),
        (5.0, -2.0, 5.0, Direction.DOWN_BAD, 0.0),
        (4.9, 2.0, 5.0, Direction.DOWN_BAD, 0.0),
        (8.0, 2.0, 5.0, Direction.DOWN_BAD, None),
    ],
)
def test_the_time_to_the_next_bound(
    value: float, trend: float, bound: float, direction: Direction, seconds: float | None
) -> None:
    assert time_to_bound_s(value, trend, bound, direction) == seconds
