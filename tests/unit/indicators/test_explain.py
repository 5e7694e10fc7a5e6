"""An explanation folds the log again and comes to what was told, and its numbers add up down to single readings."""

import math
import random
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import yaml
from small_city import AREAS, DEVICES, FEEDS, METRICS, MINUTE_MS, SAME, T0_MS, indicator

from core.declared import Device
from core.errors import UnknownName
from core.records import Quality, ReadingBatch, Stamp, Tick
from indicators.aqi import scheme_of
from indicators.city import CityFold
from indicators.definition import Aggregate, Indicator, Input, Part, RollUp
from indicators.explain import Explainer
from indicators.explanation import Explanation
from indicators.line import Ground
from indicators.panes import PartitionFold
from indicators.refold import Logged, Refold
from indicators.versions import Superseded

CITY = AREAS.city.id
TABLE = ((0.0, 100.0), (90.0, 0.0))


def derived(name: str, formula: str = "value", *inputs: Input, **more: object) -> Indicator:
    return indicator(name, (), 300, Aggregate.LAST, RollUp.MEAN, formula=formula, inputs=inputs, **more)


INDICATORS = {
    i.id: i
    for i in (
        indicator("mean", ("rain",), 600, Aggregate.MEAN, RollUp.MEAN, version="2"),
        indicator("alive", (), 300, Aggregate.REPORTING, RollUp.SHARE, levels=("city",)),
        derived("change", "now - before", Input("now", "mean"), Input("before", "mean", ago_s=600)),
        derived("week", "w", Input("w", "mean", spread="max", spread_s=1200)),
        derived("score", levels=("county", "city"), parts=(Part("mean", 1, TABLE), Part("week", 1, TABLE))),
    )
}
OLD = Superseded(indicator("mean", ("rain",), 300, Aggregate.MAX, RollUp.MAX), T0_MS + 30 * MINUTE_MS)
GROUND = Ground([DEVICES[name] for name in sorted(DEVICES)], FEEDS, AREAS, {})


def batch(device: str, at_ms: int, value: float) -> ReadingBatch:
    row, good = np.zeros(1, np.int32), np.array([Quality.GOOD], np.uint16)
    return ReadingBatch(
        "gauge",
        Stamp.TEST,
        0,
        (device,),
        ("rain",),
        row,
        row.astype(np.uint16),
        np.array([at_ms]),
        np.array([value]),
        good,
    )


class City:
    """A city that ran for an hour and kept its log."""

    def __init__(self, seed: int) -> None:
        rng = random.Random(seed)
        self.log: list[Logged] = []
        self.told: dict[tuple[str, int, str], tuple[float, int, int, str, str]] = {}
        partition = PartitionFold(0, METRICS, FEEDS, DEVICES)
        city = CityFold(INDICATORS, DEVICES, AREAS, FEEDS, {}, [OLD])
        for minute in range(70):
            now_ms = T0_MS + minute * MINUTE_MS
            for device in ("g1", "g2", "g3"):
                for _ in range(rng.choice((0, 1, 2))):
                    at_ms = now_ms - rng.choice((0, 1, 600)) * 1000 - rng.randrange(60_000)
                    reading = batch(device, at_ms, round(rng.uniform(0, 90), 1))
                    self.log.append((f"{now_ms}-{len(self.log)}", reading))
                    partition.fold(reading)
            self.log.append((f"{now_ms}-{len(self.log)}", Tick(now_ms, {})))
            if (panes := partition.tick(now_ms)) is not None:
                city.fold(panes)
            for told in city.tick(now_ms):
                rows = zip(told.areas, told.value, told.reported, told.newest_ms, told.detail, strict=True)
                for area, value, reported, newest_ms, detail in rows:
                    key = told.indicator, told.window_end_ms, area
                    self.told[key] = float(value), int(reported), int(newest_ms), detail, told.version

        self.explainer = cache(self._explainer)

    def explain(self, name: str, area: str, end_ms: int) -> Explanation:
        return self.explainer(name).explained(name, area, end_ms)

    def _explainer(self, name: str) -> Explainer:
        refold = Refold(GROUND, METRICS, INDICATORS, [OLD], name)
        refold.fold("0", self.log, T0_MS)
        return Explainer(GROUND, refold)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.claim("ENGINE", "An explanation, folded anew from the log, comes to the very value that was told")
def test_every_value_is_explained_by_the_log(seed: int) -> None:
    city = City(seed)
    for (name, end_ms, area), (value, reported, newest_ms, detail, version) in city.told.items():
        if end_ms % (900 * 1000) or end_ms <= T0_MS + 20 * MINUTE_MS:
            continue
        why = city.explain(name, area, end_ms)
        assert (why.value if why.value is not None else math.nan) == pytest.approx(value, rel=1e-12, nan_ok=True)
        assert (why.reported, why.newest_ms, why.detail, why.version) == (reported, newest_ms, detail, version)


def test_the_numbers_of_a_mean_add_up_down_to_its_readings() -> None:
    city, end_ms = City(7), T0_MS + 45 * MINUTE_MS
    why = city.explain("mean", "440902", end_ms)
    assert (why.begin_ms, why.end_ms, why.due_ms) == (end_ms - 600_000, end_ms, end_ms + 60_000)
    known = [station.numbers["rain"] for station in why.stations if station.numbers["rain"] is not None]
    assert why.value == pytest.approx(sum(known) / len(known))
    for station in why.stations:
        values = {reading.event_ms: reading.value for reading in station.readings}
        assert all(why.begin_ms < event_ms <= end_ms for event_ms in values)
        assert sum(pane.count for pane in station.panes) == len(values)
        assert sum(pane.total or 0.0 for pane in station.panes) == pytest.approx(sum(values.values()))
        logged = {entry for entry, _ in city.log}
        assert {reading.entry for reading in station.readings} <= logged


def test_a_window_before_the_change_is_explained_by_the_definition_of_then() -> None:
    city = City(3)
    before, after = (city.explain("mean", CITY, T0_MS + minute * MINUTE_MS) for minute in (25, 30))
    assert (before.version, before.aggregate, after.version, after.aggregate) == ("1", "max", "2", "mean")


def test_a_score_says_what_each_part_costs_and_why() -> None:
    why = City(5).explain("score", CITY, T0_MS + 50 * MINUTE_MS)
    assert why.value == pytest.approx(100 - sum(part.lost for part in why.parts))
    assert why.detail == f"worst:{max(why.parts, key=lambda part: part.lost).indicator}"
    mean, week = why.inputs
    assert mean.of is not None and mean.of.value == why.parts[0].value and mean.of.stations
    assert week.of is not None and [one.name for one in week.of.inputs] == ["w"]
    assert week.of.inputs[0].ends_ms == tuple(T0_MS + minute * MINUTE_MS for minute in (35, 40, 45, 50))


def test_an_index_is_told_by_pollutant() -> None:
    name = "hj633-2012-hourly"
    declared = yaml.safe_load(Path(f"packs/topics/schemes/{name}.yaml").read_text("utf-8"))["schemes"][name]
    scheme, pollutants = scheme_of(name, declared), tuple(declared["inputs"])
    hourly = indicator("index", pollutants, 3600, Aggregate.MEAN, RollUp.MEAN, formula="aqi", scheme=name)
    ground = Ground([Device("g1", "gauge", SAME, "440902", None, pollutants)], FEEDS, AREAS, {name: scheme})
    refold = Refold(ground, METRICS, {"index": hourly}, [], "index")
    reading = replace(batch("g1", T0_MS, 115.0), metrics=("pm25_ugm3",))
    refold.fold("0", [("1-0", reading), ("2-0", Tick(T0_MS + 1, {}))], T0_MS)
    why = Explainer(ground, refold).explained("index", CITY, T0_MS)
    assert (why.value, why.detail, why.scheme) == (150.0, "pm25_ugm3", name)
    assert {name: index for name, index in why.sub_indices.items() if index is not None} == {"pm25_ugm3": 150.0}


def test_what_has_no_value_is_refused_by_name() -> None:
    city = City(1)
    with pytest.raises(UnknownName, match="has no value for 'g1'"):
        city.explain("score", "g1", T0_MS + 30 * MINUTE_MS)
    with pytest.raises(UnknownName, match="indicator 'nothing' is not declared"):
        city.explain("nothing", CITY, T0_MS)
