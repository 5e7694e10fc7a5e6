"""Rules over recorded data: the warnings that the live watch tells are the episodes that the backtest tells."""

import csv
import gzip
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest

from core.declared import Device, Feed, Reference, Words
from core.records import DAY_MS, HOUR_MS, MINUTE_MS, CityWarning, Float64, Int64, Level, Stamp, Status, ValueBatch
from early_warning.backtest import Case, Past, backtest
from early_warning.past import Series
from early_warning.rule import LevelBound, Rule, RuleState
from early_warning.watch import Watch
from geo.areas import Area, AreaLevel, AreaTree
from indicators.definition import Aggregate, Direction, Indicator, RollUp, Source, Verification

CHINA = timezone(timedelta(hours=8))
SAME = Words("同", "same")
SOURCE = Source("test", Verification.NONE, Verification.NONE)
AREAS = AreaTree([Area("110000", SAME, AreaLevel.CITY, "", (0, 0))])
FEEDS = {"f": Feed("f", SAME, "f/+/+", lateness_s=3600)}

pytestmark = pytest.mark.recorded


def indicator(name: str, direction: Direction = Direction.UP_BAD) -> Indicator:
    what = (direction, 3600, 60, Aggregate.LAST, RollUp.MAX, ("station",), SOURCE)
    return Indicator(name, SAME, "test", "u", *what, metrics=("m",), decimals=3)


def rule(name: str, *bounds: LevelBound, direction: Direction = Direction.UP_BAD) -> Rule:
    return Rule(name, "1", SAME, "test", "station", direction, bounds, RuleState.ACTIVE, SOURCE)


def device(name: str, *references: Reference) -> Device:
    return Device(name, "f", SAME, "110000", None, ("m",), references, "d")


Told = set[tuple[str, str, int, int | None, Level]]  # rule, subject, since, ended, gravest level


def live(rules: list[Rule], past: Past) -> Told:
    """What `Watch` tells when one window end after another comes, each in its own tick."""
    indicators = {b.indicator: indicator(b.indicator, one.direction) for one in rules for b in one.bounds}
    watch = Watch({one.id: one for one in rules}, indicators, past.devices, AREAS, FEEDS)
    newest: dict[str, CityWarning] = {}
    stations = sorted(past.devices)
    for row, end_ms in enumerate(past.ends_ms.tolist()):
        batches = [
            batch(name, end_ms, stations, np.array([past.series[name, one].value[row] for one in stations]))
            for name in sorted(indicators)
        ]
        newest |= {one.id: one for one in watch.judge(batches, end_ms, Stamp.TEST)}
    return {(one.rule, one.subject, one.since_ms, one.ended_ms, one.peak) for one in newest.values()}


def batch(name: str, end_ms: int, stations: list[str], value: Float64) -> ValueBatch:
    ones = np.ones(len(value), dtype=np.int32)
    status = np.where(np.isnan(value), Status.UNKNOWN, Status.FINAL).astype(np.uint8)
    columns = (value, ones, ones, np.full(len(value), end_ms), status, ("",) * len(value))
    return ValueBatch(name, "1", end_ms, end_ms, tuple(stations), *columns)


def backtested(rules: list[Rule], past: Past) -> Told:
    outcomes = backtest([Case(one, tuple(sorted(past.devices))) for one in rules], past)
    return {
        (one.id, subject, episode.since_ms, episode.ended_ms, episode.peak)
        for one, outcome in zip(rules, outcomes, strict=True)
        for subject, found in outcome.episodes.items()
        for episode in found
    }


def grid(rows: Mapping[str, Mapping[int, float]], begin_ms: int, stop_ms: int, step_ms: int) -> tuple[Int64, Float64]:
    """Window ends, and values (stations in order of name, ends) with NaN where nothing was recorded."""
    ends_ms = np.arange(begin_ms, stop_ms, step_ms, dtype=np.int64)
    return ends_ms, np.array([[rows[name].get(at, np.nan) for at in ends_ms.tolist()] for name in sorted(rows)])


@pytest.mark.claim("WARN", "Live warnings are the backtest's episodes: Beijing's air, six stations, a winter")
def test_beijing(recorded_data: Path, record_property) -> None:
    begin_ms = int(datetime.fromisoformat("2015-11-01T00:00+08:00").timestamp()) * 1000
    rows: dict[str, dict[int, float]] = {}
    for path in sorted((recorded_data / "air_beijing").glob("*.csv.gz")):
        with gzip.open(path, "rt") as file:
            for line in csv.DictReader(file):
                if line["PM2.5"] != "NA":
                    clock = (int(line[part]) for part in ("year", "month", "day", "hour"))
                    at_ms = int(datetime(*clock, tzinfo=CHINA).timestamp()) * 1000
                    rows.setdefault(line["station"], {})[at_ms] = float(line["PM2.5"])
    ends_ms, values = grid(rows, begin_ms, begin_ms + 120 * DAY_MS, HOUR_MS)
    series = {("pm25", name): Series(ends_ms, value) for name, value in zip(sorted(rows), values, strict=True)}
    for name, value in zip(sorted(rows), values, strict=True):  # for the rule with a window for each level
        longer = np.convolve(value, np.full(6, 1 / 6))[: len(value)]
        series["pm25_6h", name] = Series(ends_ms, np.round(longer, 3))
    past = Past(ends_ms, series, {name: device(name) for name in rows}, "110000")
    bounds = ((Level.BLUE, 75.0), (Level.YELLOW, 115.0), (Level.ORANGE, 150.0), (Level.RED, 250.0))
    rules = [
        rule("plain", *(LevelBound(level, "pm25", bound=bound) for level, bound in bounds)),
        rule("calm", *(LevelBound(level, "pm25", bound=bound, hysteresis=15.0) for level, bound in bounds)),
        rule(
            "windows",
            *(LevelBound(level, "pm25_6h", bound=bound, hysteresis=5.0) for level, bound in bounds[:2]),
            *(LevelBound(level, "pm25", bound=bound, hysteresis=5.0) for level, bound in bounds[2:]),
        ),
        rule("no_yellow", *(LevelBound(level, "pm25", bound=bound) for level, bound in bounds if level != 2)),
    ]
    assert np.isnan(values).any()
    compare(rules, past, 400, record_property)


@pytest.mark.claim("WARN", "Live warnings are the backtest's episodes: the Calder's levels with stations' references")
def test_calder(recorded_data: Path, record_property) -> None:
    rows: dict[str, dict[int, float]] = {}
    for path in sorted((recorded_data / "hydrology_calder").glob("*-level-*.csv")):
        with path.open() as file:
            for line in csv.DictReader(file):
                if line["value"]:
                    at_ms = int(datetime.fromisoformat(f"{line['dateTime']}+00:00").timestamp()) * 1000
                    rows.setdefault(path.name.partition("-level")[0], {})[at_ms] = float(line["value"])
    first_ms, last_ms = (pick(at for own in rows.values() for at in own) for pick in (min, max))
    ends_ms, values = grid(rows, first_ms, last_ms + 1, 15 * MINUTE_MS)
    turn_ms = int(ends_ms[len(ends_ms) // 2])
    devices, series = {}, {}
    for name, value in zip(sorted(rows), values, strict=True):
        series["stage", name] = Series(ends_ms, value)
        at = [round(float(np.nanquantile(value, share)), 3) for share in (0.8, 0.95, 0.99)]
        references = (
            Reference("warning", at[0], "m", "d", valid_to_ms=turn_ms),
            Reference("warning", at[0] + 0.01, "m", "d", valid_from_ms=turn_ms),
            Reference("guaranteed", at[1], "m", "d"),
            Reference("record", at[2], "m", "d", valid_from_ms=turn_ms),
        )
        devices[name] = device(name, *references)
    own = (("warning", Level.YELLOW), ("guaranteed", Level.ORANGE), ("record", Level.RED))
    levels = [LevelBound(level, "stage", reference=name, hysteresis=0.005) for name, level in own]
    near = LevelBound(Level.BLUE, "stage", reference="warning", offset=-0.02, hysteresis=0.005)
    low = rule("low", LevelBound(Level.YELLOW, "stage", bound=0.1, hysteresis=0.01), direction=Direction.DOWN_BAD)
    past = Past(ends_ms, series, devices, "110000")
    compare([rule("stage", near, *levels)], past, 20, record_property)
    compare([low], past, 5, record_property)


def compare(rules: list[Rule], past: Past, at_least: int, record_property) -> None:
    found, expected = backtested(rules, past), live(rules, past)
    record_property("episodes", len(found))
    assert sorted(found - expected, key=str) == [] and sorted(expected - found, key=str) == []
    assert len(found) >= at_least
