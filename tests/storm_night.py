"""A power cut of 300 devices and their return, through panes, indicators and rules: what is told, tick by tick."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from core.declared import Device, Feed, Metric, Words
from core.records import MINUTE_MS, CityWarning, Level, ReadingBatch, Stamp
from early_warning.belongings import Belongings
from early_warning.cards import REMEMBERED_MS, Card, grouped, rings
from early_warning.rule import LevelBound, NoData, Rule, RuleState
from early_warning.watch import Watch
from geo.areas import Area, AreaLevel, AreaTree
from indicators.city import CityFold
from indicators.definition import Aggregate, Direction, Indicator, RollUp, Source, Verification
from indicators.panes import PartitionFold

T0_MS = 1_763_993_100_000  # 2025-11-24 22:05 in China
CUT, BACK, END = 10, 46, 80  # minutes
TICK_MS = 20_000
SAME = Words("同", "same")
SOURCE = Source("test", Verification.NONE, Verification.NONE)
CITY, COUNTIES = "440900", ("440902", "440904", "440981", "440982", "440983")
AREAS = AreaTree(
    [
        Area(CITY, SAME, AreaLevel.CITY, "", (0, 0)),
        *(Area(name, SAME, AreaLevel.COUNTY, CITY, (0, 0)) for name in COUNTIES),
    ]
)
METRICS = {"mpa": Metric("mpa", SAME, "MPa", 0, 2, zero_at_boot=True)}
FEEDS = {"pipes": Feed("pipes", SAME, "pipes/+/+", settle_n=3, settle_for_s=90)}
CUT_OFF = [f"p{n:03}" for n in range(300)]
DEVICES = {
    name: Device(name, "pipes", SAME, COUNTIES[number % 5], None, ("mpa",), feeder="城南" if number < 300 else "城北")
    for number, name in enumerate([*CUT_OFF, *(f"p{n:03}" for n in range(300, 500))])
}


def indicator(name: str, aggregate: Aggregate, rollup: RollUp, levels: Sequence[str], window_s: int) -> Indicator:
    metrics = ("mpa",) if aggregate is Aggregate.LAST else ()
    what = (Direction.DOWN_BAD, window_s, 60, aggregate, rollup, tuple(levels), SOURCE)
    return Indicator(name, SAME, "system", "%", *what, metrics=metrics, decimals=2)


ONLINE = indicator("online", Aggregate.REPORTING, RollUp.SHARE, ("feeder", "county", "city"), 180)
INDICATORS = {
    one.id: one for one in (ONLINE, indicator("pressure", Aggregate.LAST, RollUp.MIN, ("station", "city"), 300))
}


def rule(name: str, subjects: str, what: str, *bounds: tuple[Level, float], no_data: NoData = NoData.KEEP) -> Rule:
    levels = tuple(LevelBound(level, what, bound) for level, bound in bounds)
    after_s = 600 if no_data is NoData.LOST else 0
    how = (Direction.DOWN_BAD, levels, RuleState.ACTIVE, SOURCE)
    return Rule(name, "1", SAME, "system", subjects, *how, no_data=no_data, no_data_after_s=after_s)


RULES = {
    one.id: one
    for one in (
        rule("cut", "feeder", "online", (Level.ORANGE, 50.0)),
        rule("online", "county", "online", (Level.YELLOW, 90.0), (Level.RED, 50.0)),
        rule("online_city", "city", "online", (Level.ORANGE, 90.0)),
        rule("pressure", "station", "pressure", (Level.RED, 0.2), no_data=NoData.LOST),
    )
}


def readings(rng: random.Random) -> Iterator[tuple[int, str, int, float]]:
    """(sent at, device, event time, MPa): each minute; cut at 22:15, back at 22:51 with zeros and all that waited."""
    for name in DEVICES:
        begun_ms = rng.randrange(MINUTE_MS)
        waited = []
        for minute in range(END):
            at_ms = T0_MS + minute * MINUTE_MS + begun_ms
            value = round(rng.uniform(0.3, 0.5), 3)
            if name not in CUT_OFF or not CUT <= minute < BACK:
                yield at_ms, name, at_ms, value
            elif name in CUT_OFF[::3]:  # a battery kept what was measured; pumps stood still here and there
                waited.append((at_ms, 0.1 if minute % 20 == 3 and rng.random() < 0.3 else value))
        if name in CUT_OFF:
            back_ms = T0_MS + BACK * MINUTE_MS + begun_ms
            yield from ((back_ms - n * 10_000, name, back_ms - n * 10_000, 0.0) for n in (3, 2, 1))
            yield from ((back_ms + 5_000, name, at_ms, value) for at_ms, value in waited)


@dataclass
class Night:
    """What was told, and which cards stood and rang."""

    known: dict[str, CityWarning] = field(default_factory=dict)
    cards: dict[str, Card] = field(default_factory=dict)
    heard: dict[str, Level] = field(default_factory=dict)  # warning → the gravest level at which its card rang
    sounds: int = 0
    told: list[tuple[int, list[CityWarning]]] = field(default_factory=list)  # each tick: when, and what changed

    def take(self, changed: Sequence[CityWarning], now_ms: int, belongings: Belongings) -> None:
        """A card rings when a warning on it does, at a level at which it has not rung."""
        self.told.append((now_ms, list(changed)))
        ringing = [one for one in changed if rings(self.known.get(one.id), one)]
        self.known |= {one.id: one for one in changed}
        shown = [one for one in self.known.values() if (one.ended_ms or now_ms) >= now_ms - REMEMBERED_MS]
        cards = grouped(shown, belongings)
        self.cards |= {card.id: card for card in cards}
        for card in cards:
            loudest = max((one.level for one in ringing if one.id in card.warnings), default=Level.NORMAL)
            covered = max(self.heard.get(one, Level.NORMAL) for one in card.warnings)
            self.sounds += loudest > covered
            self.heard |= dict.fromkeys(card.warnings, max(loudest, covered))


def batch(told: Sequence[tuple[int, str, int, float]]) -> ReadingBatch:
    names = sorted({name for _, name, _, _ in told})
    row = {name: number for number, name in enumerate(names)}
    device = np.array([row[name] for _, name, _, _ in told], dtype=np.int32)
    event_ms = np.array([at_ms for _, _, at_ms, _ in told], dtype=np.int64)
    value = np.array([one for *_, one in told])
    zeros = np.zeros(len(told), dtype=np.uint16)
    sent_ms = max(at_ms for at_ms, *_ in told)
    return ReadingBatch("pipes", Stamp.TEST, sent_ms, tuple(names), ("mpa",), device, zeros, event_ms, value, zeros)


def power_cut(seed: int) -> Night:
    """The whole night."""
    told: dict[int, list[tuple[int, str, int, float]]] = {}
    for one in readings(random.Random(seed)):
        told.setdefault((one[0] - T0_MS) // TICK_MS, []).append(one)
    return through_the_night(told)


def through_the_night(told: Mapping[int, Sequence[tuple[int, str, int, float]]]) -> Night:
    """Every tick of it, with what came since the one before."""
    night, belongings = Night(), Belongings(DEVICES, AREAS, INDICATORS, RULES)
    partition, city = PartitionFold(0, METRICS, FEEDS, DEVICES, ()), CityFold(INDICATORS, DEVICES, AREAS, FEEDS, {})
    watch = Watch(RULES, INDICATORS, DEVICES, AREAS, FEEDS)
    for step in range((END + 2) * MINUTE_MS // TICK_MS):
        now_ms = T0_MS + (step + 1) * TICK_MS
        if step in told:
            partition.fold(batch(told[step]))
        if (panes := partition.tick(now_ms)) is not None:
            city.fold(panes)
        night.take(watch.judge(city.tick(now_ms), now_ms, Stamp.TEST), now_ms, belongings)
    return night
