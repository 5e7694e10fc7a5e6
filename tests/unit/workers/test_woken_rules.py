"""Rules that judge only while a response is in force: which, from which level on, and under which version."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from prerequisites import REPOSITORY

from catalogue.declared import Declared
from catalogue.load import load
from dispatch.plans import Plan, Response, ResponseLevel
from early_warning.declaration import rule_of
from early_warning.rule import Rule, RuleState
from indicators.definition import Verification
from workers.adoption import woken


@cache
def declared() -> Declared:
    return load(REPOSITORY / "packs", "440900")


@cache
def rules() -> dict[str, Rule]:
    """One rule on trial with bounds of a standard, and one whose bounds nobody verified."""
    stage = declared().rules["water.river_stage"]
    loose = replace(stage.source, bounds=Verification.ILLUSTRATIVE)
    return {
        "night.stage": replace(stage, id="night.stage", state=RuleState.TRIAL),
        "loose.stage": replace(stage, id="loose.stage", state=RuleState.TRIAL, source=loose),
    }


def awake(level: ResponseLevel, **other: Any) -> dict[str, dict[str, Any]]:
    from_second = dict.fromkeys(("night.stage", "loose.stage", "gone"), ResponseLevel.SECOND)
    plan: Plan = replace(declared().plans["typhoon"], wakes=from_second)
    response = Response("R1", plan.id, "1", level, ("440900",), "", 0, 0, **other)
    return woken([(plan, response)], rules())


@pytest.mark.claim(
    "COMMAND", "A plan wakes rules on trial: they judge while its response is in force, from a level on."
)
def test_a_rule_wakes_from_its_level_on() -> None:
    assert awake(ResponseLevel.THIRD) == {}
    for level in (ResponseLevel.SECOND, ResponseLevel.FIRST):
        assert list(awake(level)) == ["night.stage"]
    assert awake(ResponseLevel.FIRST, exercise=True) == awake(ResponseLevel.FIRST, ended_ms=1) == {}


def test_it_judges_with_its_own_bounds_under_a_version_of_its_own() -> None:
    entry, rule = awake(ResponseLevel.FIRST)["night.stage"], rules()["night.stage"]
    assert (entry["version"], entry["state"]) == (f"{rule.version}.typhoon", "active")
    fields = {name: value for name, value in entry.items() if name not in ("version", "state")}
    active = rule_of(rule.id, fields, entry["version"], RuleState.ACTIVE)
    assert (active.bounds, active.subjects, active.version) == (rule.bounds, rule.subjects, entry["version"])
    plan = replace(declared().plans["typhoon"], wakes={rule.id: ResponseLevel.FOURTH})
    response = Response("R1", "typhoon", "1", ResponseLevel.FIRST, ("440900",), "", 0, 0)
    assert woken([(plan, response)], {rule.id: active}) == {rule.id: entry}  # of what is awake nothing changes
