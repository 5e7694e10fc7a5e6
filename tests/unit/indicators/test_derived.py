"""Indicators of indicators through the whole engine, late, doubled, in any order and across crashes: against a
recursion over all readings that knows nothing of ticks."""

import math
import random
from collections.abc import Callable, Iterable
from functools import cache, partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_city import AREAS, DEVICES, FEEDS, LATENESS_S, METRICS, MINUTE_MS, T0_MS, indicator

from core.records import Quality, ReadingBatch, Stamp, Status, ValueBatch
from indicators.city import CityFold
from indicators.definition import Aggregate, Indicator, Input, Part, RollUp
from indicators.panes import PartitionFold

CITY = AREAS.city.id
SUBJECTS = ("g1", "g2", "g3", "440902", "440981", CITY)
PARENT = {"440902": CITY, "440981": CITY} | {name: device.area for name, device in DEVICES.items()}
SPAN_MS, CHECKED_FROM_MS = 150 * MINUTE_MS, T0_MS + 90 * MINUTE_MS
AREAS_ONLY = ("county", "city")
TABLE = ((0.0, 100.0), (40.0, 60.0), (80.0, 0.0))

Reading = tuple[str, int, float]  # device, event_ms, value; all of the metric rain


def derived(name: str, formula: str = "value", *inputs: Input, **more: object) -> Indicator:
    return indicator(name, (), 300, Aggregate.LAST, RollUp.MEAN, formula=formula, inputs=inputs, **more)


MEAN = indicator("mean", ("rain",), 600, Aggregate.MEAN, RollUp.MEAN)
SLOW = indicator("slow", ("rain",), 1800, Aggregate.SUM, RollUp.SUM, slide_s=1800, settle_s=240)
PEAK = indicator("peak", ("rain",), 600, Aggregate.MAX, RollUp.MAX, early=True)
INDICATORS = {
    i.id: i
    for i in (
        MEAN,
        SLOW,
        PEAK,
        derived("change", "now - before", Input("now", "mean"), Input("before", "mean", ago_s=600)),
        derived("share", "here / all", Input("here", "mean"), Input("all", "peak", area="city")),
        derived("above", "here - up", Input("here", "mean"), Input("up", "mean", area="parent"), levels=AREAS_ONLY),
        derived("usual", "week", Input("week", "mean", spread="mean", spread_s=1800)),
        derived("stiff", "high - low", Input("high", "peak", spread="max", spread_s=900), Input("low", "slow")),
        derived(
            "score",
            levels=AREAS_ONLY,
            parts=(Part("mean", 2, TABLE), Part("slow", 1, TABLE), Part("change", 1, TABLE), Part("peak", 1, TABLE)),
        ),
        derived("worst-hour", "value", Input("s", "score", area="city", spread="min", spread_s=1200), levels=("city",)),
        indicator(
            "excess", ("rain",), 300, Aggregate.MAX, RollUp.MAX,
            formula="max(rain - usual, 0)", formula_at="station", inputs=(Input("usual", "mean", area="parent"),),
        ),
    )
}  # fmt: skip


def average(values: list[float]) -> float:
    return math.fsum(values) / len(values)


def divided(value: float, by: float) -> float:
    return value / by if by else math.nan


class Oracle:
    """Every value as the readings alone determine it."""

    def __init__(self, readings: set[Reading]) -> None:
        self.readings = readings
        self.at = cache(self._at)

    def _at(self, name: str, subject: str, end_ms: int) -> float:
        if name in ("mean", "slow", "peak"):
            return self.rolled(name, subject, lambda station: self.station(INDICATORS[name], station, end_ms))
        mean = partial(self.at, "mean")
        before_ms, up = end_ms - 600_000, PARENT.get(subject, "")
        formulas = {
            "excess": lambda: self.rolled("peak", subject, lambda station: self.excess(station, end_ms)),
            "change": lambda: mean(subject, end_ms) - mean(subject, before_ms),
            "share": lambda: divided(mean(subject, end_ms), self.at("peak", CITY, end_ms)),
            "above": lambda: mean(subject, end_ms) - (mean(up, end_ms) if up else math.nan),
            "usual": lambda: self.spread("mean", subject, end_ms, 1800, average),
            "stiff": lambda: self.spread("peak", subject, end_ms, 900, max) - self.slow(subject, end_ms),
            "worst-hour": lambda: self.spread("score", CITY, end_ms, 1200, min),
            "score": lambda: self.score(subject, end_ms),
        }
        return formulas[name]()

    def rolled(self, name: str, subject: str, of_station: Callable[[str], float]) -> float:
        stations = [s for s in ("g1", "g2", "g3") if subject in (s, DEVICES[s].area, CITY)]
        known = [value for value in map(of_station, stations) if not math.isnan(value)]
        return {"mean": average, "slow": math.fsum, "peak": max}[name](known) if known else math.nan

    def excess(self, station: str, end_ms: int) -> float:
        over = self.station(INDICATORS["excess"], station, end_ms) - self.at("mean", DEVICES[station].area, end_ms)
        return over if math.isnan(over) else max(over, 0.0)

    def score(self, subject: str, end_ms: int) -> float:
        parts = [(2, self.at("mean", subject, end_ms)), (1, self.slow(subject, end_ms))]
        parts += [(1, self.at("change", subject, end_ms)), (1, self.at("peak", subject, end_ms))]
        known = [(w, float(np.interp(v, *zip(*TABLE, strict=True)))) for w, v in parts if not math.isnan(v)]
        weight = sum(w for w, _ in known)
        return math.fsum(w * s for w, s in known) / weight if weight >= 2.5 else math.nan

    def station(self, one: Indicator, station: str, end_ms: int) -> float:
        mine = [v for d, t, v in self.readings if d == station and end_ms - one.window_s * 1000 < t <= end_ms]
        how = {Aggregate.MEAN: average, Aggregate.SUM: math.fsum, Aggregate.MAX: max}
        return how[one.aggregate](mine) if mine else math.nan

    def slow(self, subject: str, end_ms: int) -> float:
        """Due 240 s after its end, while its readers are due 60 s after theirs."""
        return self.at("slow", subject, (end_ms - 180_000) // 1_800_000 * 1_800_000)

    def spread(self, name: str, subject: str, end_ms: int, span_s: int, how: Callable[[list[float]], float]) -> float:
        ends = range(end_ms - span_s * 1000 + 300_000, end_ms + 1, 300_000)
        known = [v for v in (self.at(name, subject, one) for one in ends) if not math.isnan(v)]
        return how(known) if known and len(known) >= len(ends) / 2 else math.nan


class Engine:
    """Two partitions and the city; keeps the newest telling of every row."""

    def __init__(self) -> None:
        self.partitions = [PartitionFold(p, METRICS, FEEDS) for p in range(2)]
        self.city = CityFold(INDICATORS, DEVICES, AREAS, FEEDS, {})
        self.chunks: list[dict[bytes, bytes]] = [{}, {}, {}]
        self.told: dict[tuple[str, int, str], tuple[float, int, str]] = {}

    def fold(self, readings: Iterable[Reading]) -> None:
        for device, at_ms, value in readings:
            columns = (np.zeros(1, np.int32), np.zeros(1, np.uint16), np.array([at_ms]), np.array([value]))
            batch = ReadingBatch(
                "gauge", Stamp.TEST, 0, (device,), ("rain",), *columns, np.array([Quality.GOOD], np.uint16)
            )
            self.partitions[device == "g2"].fold(batch)

    def tick(self, now_ms: int) -> list[ValueBatch]:
        for partition in self.partitions:
            panes = partition.tick(now_ms)
            if panes is not None:
                self.city.fold(panes)
        values = self.city.tick(now_ms)
        for batch in values:
            for row, area in enumerate(batch.areas):
                key = batch.indicator, batch.window_end_ms, area
                self.told[key] = float(batch.value[row]), int(batch.status[row]), batch.detail[row]
        return values

    def crash(self) -> None:
        """Commit what changed, forget everything, and restore."""
        folds = [*self.partitions, self.city]
        for held, fold in zip(self.chunks, folds, strict=True):
            for key, chunk in fold.dirty().items():
                held.pop(key, None) if chunk is None else held.update({key: chunk})
        self.partitions = [PartitionFold(p, METRICS, FEEDS) for p in range(2)]
        self.city = CityFold(INDICATORS, DEVICES, AREAS, FEEDS, {})
        for held, fold in zip(self.chunks, [*self.partitions, self.city], strict=True):
            fold.restore(held)


def run(readings: set[Reading], seed: int, crashes: bool) -> Engine:
    """Readings arrive late, doubled and in any order; ticks and crashes fall between them."""
    rng, engine = random.Random(seed), Engine()
    arrivals = sorted(
        (at_ms + rng.choice((0, 0, rng.randrange(LATENESS_S * 1000 - 120_000))), (device, at_ms, value))
        for device, at_ms, value in sorted(readings)
        for _ in range(rng.choice((1, 1, 2)))
    )
    now_ms, until_ms = T0_MS, T0_MS + SPAN_MS + LATENESS_S * 1000 + 20 * MINUTE_MS
    while now_ms < until_ms:
        engine.tick(now_ms)
        if crashes and rng.random() < 0.2:
            engine.crash()
        now_ms += rng.choice((1, 45, 90, 400)) * 1000
        landed = [reading for at_ms, reading in arrivals if at_ms <= now_ms]
        arrivals = arrivals[len(landed) :]
        engine.fold(landed)
    engine.tick(until_ms)
    return engine


def history(seed: int, gap_s: int) -> set[Reading]:
    """One reading each `gap_s` on average, zeros among them."""
    rng = random.Random(seed)
    times = {
        (device, T0_MS + rng.randrange(0, SPAN_MS, 1000))
        for device in ("g1", "g2", "g3")
        for _ in range(SPAN_MS // 1000 // gap_s)
    }
    return {(device, at_ms, rng.choice((0.0, round(rng.uniform(0, 90), 2)))) for device, at_ms in sorted(times)}


SEEDS, GAPS_S = st.integers(0, 2**32), st.sampled_from((120, 400, 1500))


@settings(max_examples=8, deadline=None)
@given(SEEDS, GAPS_S, st.booleans())
@pytest.mark.claim(
    "ENGINE",
    "Formulas over indicators, at other times and areas, and scores equal an oracle, also late and after crashes",
)
def test_derived_values_equal_the_oracle(seed: int, gap_s: int, crashes: bool) -> None:
    readings = history(seed, gap_s)
    engine, oracle = run(readings, seed, crashes), Oracle(readings)
    checked = 0
    for name, one in INDICATORS.items():
        slide_ms = one.slide_s * 1000
        for end_ms in range(CHECKED_FROM_MS, T0_MS + SPAN_MS, slide_ms):
            for subject in SUBJECTS:
                level = "city" if subject == CITY else "county" if subject.isdigit() else "station"
                if level not in one.levels:
                    assert (name, end_ms, subject) not in engine.told
                    continue
                value, status, _ = engine.told[name, end_ms, subject]
                expected = oracle.at(name, subject, end_ms)
                assert value == pytest.approx(expected, rel=1e-9, abs=1e-8, nan_ok=True), (name, end_ms, subject)
                assert status == (Status.UNKNOWN if math.isnan(value) else Status.FINAL)
                checked += 1
    assert checked > 300


@settings(max_examples=4, deadline=None)
@given(SEEDS, GAPS_S)
@pytest.mark.claim("ENGINE", "A crash at any tick changes no telling of any value")
def test_crashes_change_nothing_that_is_told(seed: int, gap_s: int) -> None:
    readings = sorted(history(seed, gap_s))

    def tellings(crashing: bool) -> list[tuple[object, ...]]:
        rng, engine, told = random.Random(seed), Engine(), []
        for minute in range(0, 150, 3):
            before_ms = T0_MS + minute * MINUTE_MS
            engine.fold(r for r in readings if before_ms - rng.randrange(20 * MINUTE_MS) < r[1] <= before_ms)
            for batch in engine.tick(T0_MS + minute * MINUTE_MS):
                rows = [*zip(batch.value.tolist(), batch.reported.tolist(), batch.newest_ms.tolist(), strict=True)]
                told.append((batch.indicator, batch.window_end_ms, batch.areas, repr(rows), batch.detail))
            if crashing:
                engine.crash()
        return told

    assert tellings(crashing=True) == tellings(crashing=False)
