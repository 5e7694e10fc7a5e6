"""The shipped packs alone, on readings made by hand: heavy pollution by days, the rain signal, the river references."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import catalogue
from core.records import DAY_MS, HOUR_MS, MINUTE_MS, CityWarning, Level, ReadingBatch, Stamp, WarningPhase
from early_warning.rule import NoData
from early_warning.watch import Watch
from indicators.city import CityFold
from indicators.measures import needed
from indicators.panes import PartitionFold

PACKS = Path(__file__).parents[3] / "packs"
MIDNIGHT_MS = 1_763_913_600_000  # 2025-11-24 00:00 in China


@pytest.fixture(scope="module")
def maoming() -> catalogue.Declared:
    return catalogue.load(PACKS, "maoming")


def told(
    whole: catalogue.Declared, rule: str, readings: Mapping[int, Mapping[tuple[str, str], float]]
) -> Iterator[CityWarning]:
    """What one rule tells of readings (event time → device, metric → value), a tick after each time and one at last."""
    wanted = {bound.indicator for bound in whole.rules[rule].bounds}
    for _ in range(4):  # and what they are reckoned from
        wanted |= {one.indicator for name in wanted for one in whole.indicators[name].inputs}
    d = replace(whole, indicators={name: whole.indicators[name] for name in sorted(wanted)})
    partition = PartitionFold(0, d.metrics, d.feeds, d.devices, needed(d.indicators))
    city = CityFold(d.indicators, d.devices, d.areas, d.feeds, d.schemes)
    watch = Watch({rule: d.rules[rule]}, d.indicators, d.devices, d.areas, d.feeds)
    for at_ms in sorted(readings):
        for (device, metric), value in readings[at_ms].items():
            partition.fold(batch(d.devices[device].feed, device, metric, at_ms, value))
        now_ms = at_ms + 2 * MINUTE_MS
        panes = partition.tick(now_ms)
        if panes is not None:
            city.fold(panes)
        yield from watch.judge(city.tick(now_ms), now_ms, Stamp.DEMO)
    yield from watch.judge(city.tick(now_ms + 2 * HOUR_MS), now_ms + 2 * HOUR_MS, Stamp.DEMO)


def batch(feed: str, device: str, metric: str, at_ms: int, value: float) -> ReadingBatch:
    number = np.zeros(1, np.int64)
    return ReadingBatch(
        feed,
        Stamp.DEMO,
        at_ms,
        (device,),
        (metric,),
        number.astype(np.int32),
        number.astype(np.uint16),
        number + at_ms,
        number + value,
        number.astype(np.uint16),
    )


@pytest.mark.claim("ENGINE", "Heavy pollution, rain signal and river references run as data in packs, no code")
def test_heavy_pollution_climbs_with_the_days(maoming: catalogue.Declared) -> None:
    stations = [name for name, device in maoming.devices.items() if device.feed == "air"]
    days_ugm3 = [160.0, 160.0, 260.0, 260.0, 30.0]  # indices 210, 210, 310, 310, 43
    readings = {
        MIDNIGHT_MS + hour * HOUR_MS: {(station, "pm25_ugm3"): days_ugm3[(hour - 1) // 24] for station in stations}
        for hour in range(1, 5 * 24 + 1)
    }
    warnings = list(told(maoming, "ecology.heavy_pollution", readings))
    assert [(w.level, w.phase) for w in warnings] == [
        (Level.BLUE, WarningPhase.ACTIVE),
        (Level.YELLOW, WarningPhase.ACTIVE),
        (Level.ORANGE, WarningPhase.ACTIVE),
        (Level.RED, WarningPhase.ACTIVE),
        (Level.NORMAL, WarningPhase.CLEARED),
    ]
    assert warnings[0].since_ms == MIDNIGHT_MS + DAY_MS
    assert {w.subject for w in warnings} == {"440900"}


@pytest.mark.claim("ENGINE", "Heavy pollution, rain signal and river references run as data in packs, no code")
def test_the_rain_signal_has_a_window_for_each_colour(maoming: catalogue.Declared) -> None:
    gauge = next(name for name, device in maoming.devices.items() if device.feed == "rain")
    step_ms = 5 * MINUTE_MS
    slow = {MIDNIGHT_MS + n * step_ms: {(gauge, "rain_mm"): 0.4} for n in range(1, 145)}  # 57.6 mm in 12 h, 28.8 in 6
    assert {w.level for w in told(maoming, "meteorology.rainstorm", slow)} == {Level.BLUE}
    fast = {MIDNIGHT_MS + n * step_ms: {(gauge, "rain_mm"): 3.0} for n in range(1, 37)}  # 108 mm in 3 h
    assert max(w.level for w in told(maoming, "meteorology.rainstorm", fast)) is Level.RED


@pytest.mark.claim("ENGINE", "Heavy pollution, rain signal and river references run as data in packs, no code")
def test_rivers_are_judged_by_the_references_of_each_station(maoming: catalogue.Declared) -> None:
    upper, lower = "mm-river-01", "mm-river-02"  # warning at 118.5 m and at 77.0 m, in different datums
    levels = {}
    for station, stage_m in ((upper, 120.0), (lower, 77.0)):
        readings = {MIDNIGHT_MS + n * 5 * MINUTE_MS: {(station, "stage_m"): stage_m} for n in range(1, 13)}
        warnings = list(told(maoming, "water.river_stage", readings))
        levels[station] = max(w.level for w in warnings)
        assert {w.subject for w in warnings} == {station}
        assert "lost_ms" not in warnings[0].facts
        last = warnings[-1]
        assert (last.phase, last.level) == (WarningPhase.ACTIVE, levels[station]), "it stands, and is judged no more"
        assert last.facts["lost_ms"] > MIDNIGHT_MS + HOUR_MS, (
            "two hours without a word: each shipped rule says 数据中断"
        )
    assert {rule.no_data for rule in maoming.rules.values()} == {NoData.LOST}
    assert levels == {upper: Level.ORANGE, lower: Level.YELLOW}
