"""The responses in every header: the gravest first, exercises apart, and 常态 said where there is none."""

from __future__ import annotations

from re import sub
from typing import Any

from layouts.response_badge import response_badge


def said(*responses: dict[str, Any]) -> str:
    return " ".join(sub(r"<[^>]*>", " ", str(response_badge(responses, "zh"))).split())


def one(level: int, began_ms: int = 0, **more: Any) -> dict[str, Any]:
    told = {"name": "防汛防台", "word": f"{level}级", "exercise": False, "review_late": False}
    return told | {"level": level, "began_ms": began_ms} | more


def test_none_is_said() -> None:
    assert said() == "应急响应 常态"


def test_the_gravest_of_several_stands_first_and_all_are_counted() -> None:
    assert said(one(3), one(2, 9), one(2, 5, name="供水")) == "Ⅱ 供水2级 3 项"


def test_exercises_stand_apart_and_a_review_that_is_late_is_said() -> None:
    assert said(one(1, exercise=True)) == "应急响应 常态 演练 1 项"
    assert said(one(4, review_late=True), one(1, exercise=True)) == "Ⅳ 防汛防台4级 1 项 待复核 演练 1 项"


def test_what_it_is_called_is_written_as_words() -> None:
    assert "<script>" not in str(response_badge([one(2, name="<script>")], "zh"))
