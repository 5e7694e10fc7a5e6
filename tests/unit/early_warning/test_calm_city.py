"""A calm city, a whole day, through panes, indicators and every shipped rule: hardly a warning, and none that stays."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import catalogue
from core.records import DAY_MS, HOUR_MS, MINUTE_MS, CityWarning, Level, Stamp, WarningPhase
from early_warning.cards import rings
from early_warning.rule import RuleState
from early_warning.subjects import looked_at
from early_warning.watch import Watch
from indicators.city import CityFold
from indicators.definition import Direction
from indicators.measures import needed
from indicators.panes import PartitionFold
from simulator.city import Course, Declarations, city_of
from simulator.past import past_24h
from simulator.weather import Scenario

PACKS = Path(__file__).parents[3] / "packs"
END_MS = 1_772_319_600_000  # 2026-03-01 07:00 in China
AN_HOUR_A_SEAT = 6


def a_day() -> tuple[catalogue.Declared, set[str], list[tuple[CityWarning | None, CityWarning]]]:
    """Indicators that had values on a calm day, and what it told, each telling with the one before it.

    Rules in trial judge and ring as if adopted.
    """
    d = catalogue.load(PACKS, "茂名")
    rules = {name: replace(rule, state=RuleState.ACTIVE) for name, rule in d.rules.items()}
    centres_deg = {area.id: area.centre_deg for area in d.areas.counties}
    course = Course(7, Scenario.CALM, END_MS, faults=0.0)
    simulated = city_of(course, Declarations(d.metrics, d.feeds, d.devices, centres_deg))
    partition = PartitionFold(0, d.metrics, d.feeds, d.devices, needed(d.indicators))
    city = CityFold(d.indicators, d.devices, d.areas, d.feeds, d.schemes)
    watch = Watch(rules, d.indicators, d.devices, d.areas, d.feeds)
    newest: dict[str, CityWarning] = {}
    told: list[tuple[CityWarning | None, CityWarning]] = []
    known: set[str] = set()
    for part in past_24h(simulated, from_ms=END_MS - DAY_MS, to_ms=END_MS, slice_ms=10 * MINUTE_MS):
        for batch in part.batches:
            partition.fold(batch)
        partition.fold_events(part.events)
        if (panes := partition.tick(part.upto_ms)) is not None:
            city.fold(panes)
        values = city.tick(part.upto_ms)
        known |= {batch.indicator for batch in values if not np.isnan(batch.value).all()}
        for warning in watch.judge(values, part.upto_ms, Stamp.DEMO):
            told.append((newest.get(warning.id), warning))
            newest[warning.id] = warning
    return d, known, told


@pytest.mark.long
@pytest.mark.claim(
    "WARN", "A calm city, 24 h, all shipped rules: ≤ 6 warnings an hour, none standing, none on a good value"
)
def test_a_calm_day_is_calm(record_property) -> None:
    declared, known, told = a_day()
    judged = {name for rule in declared.rules.values() for name in looked_at(rule)}
    assert len(judged - known) <= 2, "feeders are declared nowhere, statistics may be missing; all else has values"
    ringing = Counter(now.decided_ms // HOUR_MS for before, now in told if rings(before, now))
    record_property("warnings in an hour at most", max(ringing.values(), default=0))
    assert max(ringing.values(), default=0) <= AN_HOUR_A_SEAT, ringing
    last = {now.id: now for _, now in told}
    standing = [now for now in last.values() if now.phase is WarningPhase.ACTIVE]
    assert [one for one in standing if END_MS - one.since_ms > DAY_MS // 2] == []
    opened = [now for before, now in told if before is None and now.level > Level.NORMAL]
    up_bad = {name for name, rule in declared.rules.items() if rule.direction is Direction.UP_BAD}
    good = [one for one in opened if (one.value < one.bound if one.rule in up_bad else one.value >= one.bound)]
    assert good == []
