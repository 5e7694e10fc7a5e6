"""What people read when a response or an order of supervision calls them."""

from __future__ import annotations

import pytest

from core.messages import text
from core.notices import Call, Kind
from core.records import Level, Stamp
from notices.callees import called

DUE_MS = 1_795_449_599_999  # 23 November 2026, 23:59 in China
SAID = {"area": "茂名市", "plan": "防汛防台", "response_level": text("plan.level-2", "zh")}


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        (Kind.RESPONSE, "防汛防台Ⅱ级应急响应：茂名市，请按预案到岗"),
        (Kind.RESPONSE_OVER, "防汛防台应急响应终止：茂名市"),
        (Kind.REVIEW, "防汛防台Ⅱ级应急响应应于 11-23 23:59 前复核：茂名市"),
        (Kind.MESSAGE, "防汛防台Ⅱ级应急响应，茂名市：请低洼地区群众转移"),
        (Kind.ORDER, "督办 D1，请于 11-23 23:59 前答复"),
        (Kind.ORDER_LATE, "督办 D1 已超期（应于 11-23 23:59 前答复）"),
    ],
)
def test_the_sentence(kind: Kind, sentence: str) -> None:
    about: dict[str, str | int] = {"plan": "typhoon", "response_level": 2, "due_ms": DUE_MS, "order": "D1"}
    about["text"] = "请低洼地区群众转移"
    call = Call("k", kind, "live-440900", Stamp.LIVE, ("role:leader",), "440900", "", 2, about)
    notice = called(call, ("440900",), SAID, DUE_MS, "zh")
    assert notice.sentence == sentence
    assert notice.level is Level.ORANGE
