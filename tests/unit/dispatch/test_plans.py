"""A typhoon plan worked through a night: steps wait for each other, late ones are known, levels ask for more."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from prerequisites import REPOSITORY

from catalogue.load import load
from core.errors import IllegalStep
from core.records import HOUR_MS, MINUTE_MS
from dispatch.plans import (
    Occasion,
    Plan,
    Progress,
    Response,
    ResponseLevel,
    Tick,
    Trigger,
    haste,
    proposed,
    raised,
    standings,
    tick,
    worst,
)


@cache
def plans() -> dict[str, Plan]:
    return dict(load(REPOSITORY / "packs", "maoming").plans)


TYPHOON = Response("R1", "typhoon", "1", ResponseLevel.THIRD, ("440900",), "person:li", 0, 3 * HOUR_MS)


def progress(ticks: tuple[Tick, ...], minute: int, response: Response = TYPHOON) -> dict[str, Progress]:
    found = standings(plans()["typhoon"], response, ticks, minute * MINUTE_MS)
    return {one.step.id: one.progress for one in found}


def done(ticks: tuple[Tick, ...], step: str, minute: int, skipped: str = "") -> tuple[Tick, ...]:
    return tick(plans()["typhoon"], TYPHOON, ticks, Tick(step, minute * MINUTE_MS, "person:wang", skipped))


@pytest.mark.claim("COMMAND", "Steps of a plan wait for each other, and those that are late are known without asking.")
def test_steps_wait_and_late_ones_are_known() -> None:
    assert progress((), 10)["consult"] is Progress.PENDING and progress((), 10)["notify"] is Progress.WAITING
    assert progress((), 31)["consult"] is Progress.LATE
    ticks = done((), "consult", 40)
    assert progress(ticks, 50)["consult"] is Progress.DONE_LATE
    assert progress(ticks, 69)["notify"] is Progress.PENDING and progress(ticks, 71)["notify"] is Progress.LATE
    ticks = done(ticks, "notify", 60)
    assert progress(ticks, 61)["notify"] is Progress.DONE
    ticks = done(ticks, "ships", 90, skipped="本市无渔港")
    assert progress(ticks, 91)["ships"] is Progress.SKIPPED


def test_a_level_asks_for_its_own_steps() -> None:
    third, first = set(progress((), 0)), set(progress((), 0, replace(TYPHOON, level=ResponseLevel.FIRST)))
    assert "stop" not in third and "move" not in third and {"stop", "move", "schools"} <= first
    assert third < first


@pytest.mark.parametrize(
    ("before", "step", "said"),
    [
        ((), "notify", "步骤“notify”须在 consult 之后"),
        (("consult",), "consult", "步骤“consult”已经办过"),
        ((), "stop", "本级响应没有步骤“stop”"),
    ],
)
def test_what_cannot_be_ticked_is_refused(before: tuple[str, ...], step: str, said: str) -> None:
    ticks: tuple[Tick, ...] = ()
    for one in before:
        ticks = done(ticks, one, 1)
    with pytest.raises(IllegalStep) as refused:
        done(ticks, step, 2)
    assert said in refused.value.in_words("zh")


@pytest.mark.claim("COMMAND", "The header shows the worst response in force; an exercise is never that one.")
def test_the_worst_in_force() -> None:
    second = replace(TYPHOON, id="R2", level=ResponseLevel.SECOND)
    drill = replace(TYPHOON, id="R3", level=ResponseLevel.FIRST, exercise=True)
    assert worst([TYPHOON, second, drill]) is ResponseLevel.SECOND
    ended = raised(second, ResponseLevel.NORMAL, "person:li", (HOUR_MS, 0))
    assert ended.ended_ms == HOUR_MS and worst([ended, drill]) is ResponseLevel.NORMAL
    with pytest.raises(IllegalStep):
        raised(ended, ResponseLevel.FIRST, "person:li", (2 * HOUR_MS, 0))


def test_plans_are_proposed_by_their_triggers() -> None:
    def names(**asked: Any) -> list[str]:
        return [plan.id for plan in proposed(plans(), Occasion(**asked))]

    assert names(kind="water.pipe_burst") == ["burst-pipe"]
    assert names(rule="meteorology.rainstorm", level=4) == ["typhoon"]
    assert names(rule="meteorology.rainstorm", level=2) == []
    assert names(kind="ecology.exposed_rubbish") == []
    coast = replace(plans()["typhoon"], trigger=Trigger(rules=("r",), areas=("440904",)))
    assert proposed({"coast": coast}, Occasion(rule="r", areas=("440904", "440900"))) == [coast]
    assert proposed({"coast": coast}, Occasion(rule="r", areas=("440981", "440900"))) == []


def test_a_level_that_came_later_asks_for_its_steps_from_then_on() -> None:
    higher = raised(TYPHOON, ResponseLevel.SECOND, "person:li", (10 * HOUR_MS, 13 * HOUR_MS))
    ticks = (Tick("consult", MINUTE_MS, "person:wang"), Tick("notify", 2 * MINUTE_MS, "person:wang"))
    found = {one.step.id: one for one in standings(plans()["typhoon"], higher, ticks, 11 * HOUR_MS)}
    assert found["schools"].begins_ms == 10 * HOUR_MS and found["schools"].progress is Progress.PENDING
    assert found["roster"].begins_ms == 2 * MINUTE_MS and found["roster"].progress is Progress.LATE


@pytest.mark.claim("COMMAND", "Under a response the cases of its area are granted less, as its plan declares.")
def test_a_response_hastens_cases_of_its_area() -> None:
    plan = replace(plans()["typhoon"], hastens={ResponseLevel.SECOND: 0.5, ResponseLevel.THIRD: 0.8})
    narrow = replace(plan, hastened=("water.road_water",))
    second = replace(TYPHOON, level=ResponseLevel.SECOND)
    maonan = ("440902", "440900")
    assert haste([], "x", maonan) == 1.0
    assert haste([(plan, TYPHOON)], "x", maonan) == 0.8 and haste([(plan, TYPHOON), (plan, second)], "x", maonan) == 0.5
    assert (
        haste([(narrow, second)], "x", maonan) == 1.0 and haste([(narrow, second)], "water.road_water", maonan) == 0.5
    )
    assert haste([(plan, replace(second, areas=("440981",)))], "x", maonan) == 1.0
    for nobody in (replace(second, exercise=True), replace(second, case="C1"), replace(second, ended_ms=1)):
        assert haste([(plan, nobody)], "x", maonan) == 1.0
