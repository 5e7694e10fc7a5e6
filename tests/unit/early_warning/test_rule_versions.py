"""A rule as data and back, what differs between two of them, and what became of a promise a week later."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from catalogue.load import load
from early_warning.declaration import declaration_of, faults, rule_of
from early_warning.rule import Override, Rule, Schedule
from early_warning.rule_changes import changes, only_later, only_sooner
from early_warning.week_after import WEEK_MS, week_after

PACKS = Path(__file__).parents[3] / "packs"
DAY_MS = 86_400_000


@pytest.fixture(scope="module")
def rain() -> Rule:
    return load(PACKS, "440900").rules["meteorology.rainstorm"]


@pytest.mark.parametrize("city", ["440900", "calder", "beijing"])
def test_every_shipped_rule_is_the_same_after_a_way_through_data(city: str) -> None:
    for name, rule in load(PACKS, city).rules.items():
        assert rule_of(name, declaration_of(rule), rule.version, rule.state) == rule


def test_schedules_and_exceptions_keep_their_meaning(rain: Rule) -> None:
    schedule = Schedule(((3600, 7200), (79_200, 21_600)), (1, 5), ((11, 15), (3, 15)))
    level = rain.bounds[0].level
    changed = replace(
        rain, schedule=schedule, overrides=(Override("440981", level, 120.0),), valid_from_ms=1_735_660_800_000
    )
    assert rule_of(rain.id, declaration_of(changed), rain.version, rain.state) == changed


def test_mistakes_are_told_with_their_place(rain: Rule) -> None:
    wrong: dict[str, Any] = declaration_of(rain) | {"subjects": "planet", "min_reporting": 7}
    wrong["bounds"] = [{**wrong["bounds"][0], "hold_s": -1}, *wrong["bounds"][1:]]
    assert {path[0] for path, _ in faults(wrong)} == {"subjects", "min_reporting", "bounds"}


@pytest.mark.parametrize(
    ("field", "value", "sooner"),
    [
        ("bound", 40.0, True),
        ("bound", 60.0, False),
        ("hold_s", 600, False),
        ("hysteresis", 9.0, True),
        ("clear", 1.0, None),
    ],
)
def test_a_change_is_known_to_warn_sooner_or_later(rain: Rule, field: str, value: float, sooner: bool | None) -> None:
    before = declaration_of(rain)
    after = before | {"bounds": [*before["bounds"][:-1], before["bounds"][-1] | {field: value}]}
    (found,) = changes(before, after)
    assert (found.level, found.field, found.sooner) == ("blue", field, sooner)
    assert (only_sooner([found]), only_later([found])) == (sooner is True, sooner is False)
    assert not only_sooner([]) and not only_later([])


@pytest.mark.claim("WARN", "Seven days after activation a rule is held against what its backtest promised.")
def test_a_promise_is_held_against_what_came() -> None:
    promised = {"a_week": {"red": 1.0, "yellow": 8.0}}
    met, flood, quiet = (week_after(promised, 0, actual, WEEK_MS) for actual in (11, 18, 0))
    assert met is not None and flood is not None and quiet is not None
    assert [one.is_breached for one in (met, flood, quiet)] == [False, True, True]
    early = week_after(promised, 0, 0, DAY_MS)
    assert early is not None and not early.is_breached and not early.is_over
    assert week_after(None, 0, 3, WEEK_MS) is None and week_after(promised, WEEK_MS, 0, WEEK_MS) is None
