"""Responses on show: in force, exercises, overdue reviews; and what the present state asks for."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from kept_warning import warning
from prerequisites import REPOSITORY

from board.canvas import Canvas
from board.names import Names
from board.responses import ResponseBoard
from catalogue.declared import Declared
from catalogue.load import load
from core.acts import ActTopic
from core.records import HOUR_MS, CityWarning, Level

SCENE, NOW_MS = "live-440900", 1_795_300_000_000
TOLD = {
    "id": "R1",
    "scene": SCENE,
    "stamp": "live",
    "plan": "typhoon",
    "name": {"zh": "防汛防台", "en": "Typhoon"},
    "state": "in-force",
    "level": 3,
    "areas": ["440902"],
    "case": "",
    "exercise": False,
    "approver": "李某",
    "began_ms": NOW_MS,
    "review_ms": NOW_MS + 3 * HOUR_MS,
    "steps": 4,
    "done": 1,
    "due_ms": [NOW_MS + HOUR_MS],
    "revision": 2,
}


@cache
def declared() -> Declared:
    return load(REPOSITORY / "packs", "440900")


@pytest.fixture
def board() -> ResponseBoard:
    return ResponseBoard(declared(), Names(declared(), "zh"), SCENE)


def shown(board: ResponseBoard, active: list[CityWarning] | None = None, hours: int = 0) -> dict[str, Any]:
    canvas = Canvas()
    board.paint(canvas, lambda: active or [], True, NOW_MS + hours * HOUR_MS)
    return canvas.sections


def told(board: ResponseBoard, **other: object) -> None:
    board.fold(ActTopic.RESPONSE, TOLD | other)


@pytest.mark.claim("COMMAND", "A response is on show with what of it is late and whether its review is overdue.")
def test_what_is_in_force(board: ResponseBoard) -> None:
    told(board)
    record = shown(board)["responses"]["R1"]
    assert (record["name"], record["word"], record["area_names"]) == ("防汛防台", "Ⅲ级", ["茂南区"])
    assert (record["late"], record["review_late"]) == (0, False)
    later = shown(board, hours=4)["responses"]["R1"]
    assert (later["late"], later["review_late"]) == (1, True)
    told(board, state="ended")
    assert shown(board)["responses"] == {}


def test_of_another_scene_of_a_case_and_not_yet_approved_is_not_in_force(board: ResponseBoard) -> None:
    told(board, scene="drill-440900")
    told(board, id="R2", case="440900-20261122-0001")
    told(board, id="R3", state="proposed")
    found = shown(board)
    assert found["responses"] == {}
    assert {key: one["level"] for key, one in found["proposals"].items()} == {"response:R3": 3}


@pytest.mark.claim("COMMAND", "A warning or a case that fits a plan's trigger proposes it, until it is asked for.")
def test_the_present_state_asks_for_a_plan(board: ResponseBoard) -> None:
    rain = warning("w1", Level.RED, NOW_MS, rule="meteorology.rainstorm", subject="440902")
    mild = warning("w2", Level.BLUE, NOW_MS, rule="meteorology.rainstorm", subject="440902")
    assert shown(board, [mild])["proposals"] == {}
    board.fold(ActTopic.CASE, {"id": "C1", "scene": SCENE, "kind": "water.pipe_burst", "grade": 4, "area": "440981",
                                "reported_ms": NOW_MS - 5, "is_open": True})  # fmt: skip
    found = shown(board, [rain])["proposals"]
    assert (found["plan:typhoon"]["causes"], found["plan:typhoon"]["area_names"]) == (["w1"], ["茂南区"])
    assert (found["plan:burst-pipe"]["causes"], found["plan:burst-pipe"]["since_ms"]) == (["case:C1"], NOW_MS - 5)
    told(board, exercise=True)
    assert "plan:typhoon" in shown(board, [rain])["proposals"]  # an exercise answers nothing
    told(board, id="R4", plan="burst-pipe", case="C1")
    told(board, id="R5", state="proposed")
    assert set(shown(board, [rain])["proposals"]) == {"response:R5"}


def test_it_goes_on_after_a_restart(board: ResponseBoard) -> None:
    told(board)
    other = ResponseBoard(declared(), Names(declared(), "zh"), SCENE)
    other.restore(board.snapshot())
    assert shown(other) == shown(board)
