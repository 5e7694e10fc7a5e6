"""A small river town for tests of rules: two stations in a town, one in the city alone; stages, and rain."""

import math

import numpy as np

from core.declared import Device, Feed, Words
from core.records import Status, ValueBatch
from early_warning.rule import LevelBound, Rule, RuleState
from early_warning.watch import Watch
from geo.areas import Area, AreaLevel, AreaTree
from indicators.definition import Aggregate, Direction, Indicator, RollUp, Source, Verification

MINUTE_MS = 60_000
T0_MS = 1_763_913_600_000  # 2025-11-24 00:00 in China, a Monday
LATENESS_S = 1800
SAME = Words("同", "same")
SOURCE = Source("test", Verification.NONE, Verification.NONE)
CITY, COUNTY, TOWN = "440900", "440981", "440981100"
AREAS = AreaTree(
    [
        Area(CITY, SAME, AreaLevel.CITY, "", (0, 0)),
        Area(COUNTY, SAME, AreaLevel.COUNTY, CITY, (0, 0)),
        Area(TOWN, SAME, AreaLevel.TOWN, COUNTY, (0, 0)),
    ]
)
FEEDS = {"river": Feed("river", SAME, "river/+/+", lateness_s=LATENESS_S)}
DEVICES = {
    name: Device(name, "river", SAME, area, None, ("stage",)) for name, area in (("s1", TOWN), ("s2", ""), ("s3", TOWN))
}


def indicator(name: str, slide_s: int, level: str) -> Indicator:
    what = (Direction.UP_BAD, 900, slide_s, Aggregate.LAST, RollUp.MAX, (level,), SOURCE)
    return Indicator(name, SAME, "test", "m", *what, metrics=("stage",), decimals=2)


INDICATORS = {one.id: one for one in (indicator("stage", 60, "station"), indicator("rain", 300, "city"))}


def rule(*bounds: LevelBound, **more: object) -> Rule:
    return Rule("r", "1", SAME, "test", "station", Direction.UP_BAD, bounds, RuleState.ACTIVE, SOURCE, **more)


def watch(one: Rule) -> Watch:
    return Watch({one.id: one}, INDICATORS, DEVICES, AREAS, FEEDS)


def told(key: tuple[str, str], end_ms: int, row: tuple[float, float, float], is_open: bool = False) -> ValueBatch:
    value, reporting, baseline = row
    status = Status.UNKNOWN if math.isnan(value) else Status.OPEN if is_open else Status.FINAL
    counts = np.array([round(100 * reporting)], dtype=np.int32), np.array([100], dtype=np.int32)
    columns = (np.array([value]), *counts, np.array([end_ms]), np.array([status], dtype=np.uint8), ("",))
    return ValueBatch(key[0], "1", end_ms, end_ms, (key[1],), *columns, {"baseline": np.array([baseline])})
