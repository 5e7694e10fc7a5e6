"""What a row of the pack decides about a warning or an event, and which row it is."""

from __future__ import annotations

import pytest

from core.records import DAY_MS, HOUR_MS, Level
from dispatch.grouping import Grouper, Sighting
from dispatch.intake import Admission, Becomes, admission_of
from dispatch.kinds import CaseKind, KindClass
from dispatch.similar import Precedent, most_alike

MIDNIGHT_MS = 1_795_276_800_000  # 22 November 2026, 00:00 in China
NIGHT = (22 * 3600, 6 * 3600)
FIRE = Admission("fire", Becomes.CASE, "security.fire", event="camera.fire", confidence=0.8, quiet_s=NIGHT)
RAIN = Admission("rain", Becomes.REVIEW, "water.road_water", rule="rain", level=Level.YELLOW)


@pytest.mark.parametrize(
    ("hour", "confidence", "becomes"),
    [
        (12, 0.9, Becomes.CASE),
        (12, 0.8, Becomes.CASE),
        (12, 0.79, Becomes.RECORD),
        (12, None, Becomes.CASE),
        (23, 0.9, Becomes.REVIEW),
        (3, 0.9, Becomes.REVIEW),
        (6, 0.9, Becomes.CASE),
        (22, 0.1, Becomes.RECORD),
    ],
)
def test_by_confidence_and_hour(hour: int, confidence: float | None, becomes: Becomes) -> None:
    assert FIRE.decide(MIDNIGHT_MS + hour * HOUR_MS, confidence=confidence) is becomes


def test_by_level() -> None:
    assert [RAIN.decide(MIDNIGHT_MS, level=level) for level in (Level.BLUE, Level.YELLOW, Level.RED)] == [
        Becomes.RECORD,
        Becomes.REVIEW,
        Becomes.REVIEW,
    ]


def test_the_row_that_names_it_most_closely_counts() -> None:
    rows = [
        Admission("all", Becomes.RECORD, "k", event="*"),
        Admission("video", Becomes.REVIEW, "k", event="video.*"),
        Admission("one", Becomes.CASE, "k", event="video.fire"),
        RAIN,
    ]
    assert [row.id for event in ("x", "video.person", "video.fire") if (row := admission_of(rows, event=event))] == [
        "all",
        "video",
        "one",
    ]
    assert admission_of(rows, rule="rain") is RAIN and admission_of(rows, rule="wind") is None


def test_requests_are_one_only_when_they_say_the_same() -> None:
    asks = CaseKind("asks", "1", None, KindClass.EVENT, "", near_m=250.0, within_s=86_400)  # type: ignore[arg-type]
    grouper = Grouper({"asks": asks}, ())
    said = ["楼下广场舞音乐太吵", "广场舞音乐声太吵了", "路灯坏了三天没人修"]
    near = [Sighting(f"C{n}", 110.9, 21.6, 20.0, n * 1000, kind="asks", text=text) for n, text in enumerate(said)]
    (found,) = grouper.propose(near)
    assert {member.id for member in found.members} == {"C0", "C1"}


def test_past_cases_by_words_then_area_then_age() -> None:
    def past(name: str, title: str, area: str, days_ago: int) -> Precedent:
        return Precedent(name, title, area, "", "closed", -days_ago * DAY_MS, 1, 0, 0)

    cases = [
        past("old", "环市路水管爆裂", "440902", 300),
        past("new", "环市路水管爆裂", "440902", 3),
        past("there", "环市路水管爆裂", "440904", 3),
        past("other", "小区水表井漏水", "440902", 3),
    ]
    found = most_alike("环市路供水管爆裂", "440902", 0, cases, at_most=3)
    assert [one.id for one in found] == ["new", "old", "there"]
    assert 0 < found[-1].likeness < found[0].likeness <= 1
