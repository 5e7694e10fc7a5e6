"""The register that pages show: who is found, what a workbook would change, departments as their tree."""

from __future__ import annotations

import pytest

from accounts.import_preview import effects
from accounts.import_roster import Record, Row, Wish
from accounts.register import Register
from accounts.roster import Term
from core.accounts import Appointment, Department, Person, Post, Role, Seat
from core.errors import UnknownName
from layouts.people import in_their_tree

NOW_MS = 1_795_300_000_000
DAY_MS = 86_400_000
ZHOU, CHEN, GONE = (
    Person(1, "zhou", "周敏", "13800000001"),
    Person(2, "chen", "陈静"),
    Person(3, "old", "白前任", "", True),
)
OFFICE, WATER = Department("office", "应急办"), Department("water", "水务局", "office")
DUTY, LIAISON = Post("duty", "值班一岗", "office", Role.DUTY), Post("liaison", "水务联络岗", "water", Role.LIAISON)
REGISTER = Register(
    people={one.id: one for one in (ZHOU, CHEN, GONE)},
    departments={one.id: one for one in (OFFICE, WATER)},
    posts={one.id: one for one in (DUTY, LIAISON)},
    appointments=[
        Appointment(1, CHEN.id, "duty", NOW_MS - 9 * DAY_MS, NOW_MS - DAY_MS),
        Appointment(2, ZHOU.id, "duty", NOW_MS - DAY_MS, None, rank=1),
        Appointment(3, CHEN.id, "liaison", NOW_MS - DAY_MS, NOW_MS + DAY_MS),
    ],
    seats={"one": Seat("one", "一席", "duty")},
)


def found(asked: str, shut: bool = False) -> list[str]:
    return [one.login for one in REGISTER.found(asked, NOW_MS, shut)]


def test_people_are_found_by_login_name_post_and_department() -> None:
    assert found("") == ["chen", "zhou"]  # in the order of pinyin
    assert found("周") == found("ZHOU") == found("值班") == ["zhou"]
    assert found("水务局 静") == ["chen"]
    assert found("水务局 敏") == []
    assert found("", shut=True) == ["old"]


def test_a_post_tells_who_holds_it_now_in_turn() -> None:
    assert [one.id for one in REGISTER.in_force("duty", NOW_MS)] == [2]
    assert [one.id for one in REGISTER.in_force("duty", NOW_MS - 2 * DAY_MS)] == [1]
    assert [one.id for one in REGISTER.of_person(CHEN)] == [3, 1]
    assert REGISTER.posts_now(CHEN, NOW_MS) == [LIAISON]
    assert REGISTER.posts_now(CHEN, NOW_MS + DAY_MS) == []
    with pytest.raises(UnknownName):
        REGISTER.post("no such post")


@pytest.mark.claim("ACCOUNTS", "Before a workbook is imported its page says what each row would do.")
def test_a_workbook_is_told_before_it_is_written() -> None:
    wanted: list[tuple[Record, str]] = [
        (OFFICE, "same"),
        (Department("water", "水利局", "office"), "changed"),
        (Department("fire", "消防"), "new"),
        (Person(0, "zhou", "周敏", "13800000001"), "same"),
        (Person(0, "zhou", "周敏", "13900000000"), "changed"),
        (Person(0, "old", "白前任"), "same"),  # a workbook opens no account that was shut
        (Post("duty", "值班一岗", "office", Role.SHIFT_LEADER), "changed"),
        (Wish("zhou", "duty", Term(NOW_MS)), "same"),
        (Wish("chen", "duty", Term(NOW_MS)), "new"),
        (Wish("chen", "liaison", Term(NOW_MS + 5 * DAY_MS)), "new"),  # by then he holds it no more
        (Wish("chen", "no-such-post", Term(NOW_MS)), "refused"),
    ]
    rows = [(Row("", f"row {number}", {}), record) for number, (record, _) in enumerate(wanted)]
    told = list(effects(rows, ["", *(len(rows) - 2) * [""], "岗位不在名册中"], REGISTER, NOW_MS))
    assert [one.kind for one in told] == [kind for _, kind in wanted]
    assert [one.place for one in told] == [row.place for row, _ in rows]
    assert (told[8].says, told[8].why, told[-1].why) == ("chen → duty", "", "岗位不在名册中")


def test_departments_that_are_above_each_other_are_still_shown() -> None:
    ring = [Department("a", "A", "b"), Department("b", "B", "a"), Department("c", "C")]
    assert {one.id for one, _ in in_their_tree(ring)} == {"a", "b", "c"}
