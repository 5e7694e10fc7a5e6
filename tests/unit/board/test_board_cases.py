"""Cases on show: the most urgent ones, counts of all, and nothing that names a person or a door."""

from __future__ import annotations

from typing import Any

import pytest
from prerequisites import REPOSITORY

from board.canvas import Canvas
from board.cases import SHOWN, CaseBoard
from board.names import Names
from catalogue.load import load
from core.acts import ActTopic
from core.records import MINUTE_MS

SCENE = "live-440900"
NOW_MS = 1_795_300_000_000


@pytest.fixture
def board() -> CaseBoard:
    declared = load(REPOSITORY / "packs", "maoming")
    return CaseBoard(declared, Names(declared, "zh"), SCENE)


def told(number: int, **other: Any) -> dict[str, Any]:
    return {
        "id": f"440900-20261122-{number:04}",
        "scene": SCENE,
        "kind": "water.road_water",
        "state": "handling",
        "hold": "none",
        "is_open": True,
        "area": "440902",
        "topic": "social_management",
        "lead": "市水务局",
        "grade": 0,
        "lon_deg": 110.92345,
        "lat_deg": 21.65432,
        "reported_ms": NOW_MS,
        "since_ms": NOW_MS,
        "due_ms": NOW_MS + number * MINUTE_MS,
        "due_of": "handle",
        "units": [{"unit": "抢修1", "state": "en-route"}],
        "escalated": 0,
        "revision": 4,
        "correlation": "w-17",
        "title": "张三家门口积水",
    } | other


@pytest.mark.claim("COMMAND", "The wall shows cases by state and remaining time, the late ones first, and counts all.")
def test_the_most_urgent_are_shown_and_all_are_counted(board: CaseBoard) -> None:
    canvas = Canvas()
    for number in range(SHOWN + 50):
        board.fold(ActTopic.CASE, told(number - 10))
    board.paint(canvas, NOW_MS)
    shown = list(canvas.sections["cases"].values())
    assert len(shown) == SHOWN and min(record["due_ms"] for record in shown) == NOW_MS - 10 * MINUTE_MS
    assert max(record["due_ms"] for record in shown) == NOW_MS + (SHOWN - 11) * MINUTE_MS
    assert canvas.sections["case_load"]["main"] == {
        "open": SHOWN + 50,
        "states": {"handling": SHOWN + 50},
        "late": 10,
        "held": 0,
    }
    board.paint(canvas, NOW_MS + 5 * MINUTE_MS)
    assert canvas.sections["case_load"]["main"]["late"] == 15


def test_the_picture_names_nobody(board: CaseBoard) -> None:
    canvas = Canvas()
    board.fold(ActTopic.CASE, told(1))
    board.paint(canvas, NOW_MS)
    (record,) = canvas.sections["cases"].values()
    assert "张三" not in str(record)
    assert (record["lon"], record["lat"]) == (110.923, 21.654)
    assert (record["kind_name"], record["state_name"], record["area_name"]) == ("道路积水", "处置中", "茂南区")


def test_what_is_closed_or_of_another_scene_is_not_shown(board: CaseBoard) -> None:
    canvas = Canvas()
    board.fold(ActTopic.CASE, told(1))
    board.fold(ActTopic.CASE, told(2, scene="replay-440900"))
    board.fold(ActTopic.CASE, told(1, is_open=False, state="closed", due_ms=None))
    board.paint(canvas, NOW_MS)
    assert canvas.sections.get("cases", {}) == {}
    assert canvas.sections["case_load"]["main"]["open"] == 0


def test_it_goes_on_after_a_restart(board: CaseBoard) -> None:
    canvas, again = Canvas(), Canvas()
    board.fold(ActTopic.CASE, told(1))
    board.paint(canvas, NOW_MS)
    declared = load(REPOSITORY / "packs", "maoming")
    other = CaseBoard(declared, Names(declared, "zh"), SCENE)
    other.restore(board.snapshot())
    other.paint(again, NOW_MS)
    assert again.sections == canvas.sections
