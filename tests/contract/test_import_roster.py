"""People from a workbook as a personnel office keeps it."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import Workbook

from accounts.bearer import Bearer
from accounts.founding import console
from accounts.import_roster import (
    APPOINTMENTS,
    COLUMNS,
    DEPARTMENTS,
    PEOPLE,
    POSTS,
    UNPACKED_BYTES,
    Record,
    Row,
    import_workbook,
    read_workbook,
    rehearse,
)
from accounts.journal import Journal
from accounts.roster import Roster
from accounts.warden import Warden
from core.accounts import Reach, Role, Sensitivity
from core.clock import CHINA, to_ms
from core.errors import DeclarationError
from store import audit
from store.sql import Database

NOW_MS = to_ms(datetime(2026, 11, 22, 9, tzinfo=CHINA))
ROSTER: dict[str, list[list[object]]] = {
    DEPARTMENTS: [["yjj", "应急管理局", None], ["swj", "水务局", "yjj"]],
    POSTS: [
        ["duty-1", "值班一岗", "yjj", "值班员", None, None, None],
        ["water", "水务联络岗", "swj", "部门联络员", "440981、440982", "flood", "敏感"],
        ["sys", "系统管理岗", "yjj", "系统管理员", None, None, None],
    ],
    PEOPLE: [["li", "李四", 13812345678.0], ["wang", "王五", None]],
    APPOINTMENTS: [
        ["li", "duty-1", None, None, None],
        ["wang", "water", date(2026, 12, 1), "2027-12-01", 1],
    ],
}


@pytest.fixture
def roster(database: Database, tmp_path: Path) -> Roster:
    return Roster(Warden(database, Journal(database, "sha256", tmp_path)))


def _workbook(folder: Path, sheets: dict[str, list[list[object]]]) -> Path:
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in [list(COLUMNS[name]), *rows]:
            sheet.append(row)
    book.save(folder / "名册.xlsx")
    return folder / "名册.xlsx"


@pytest.mark.claim(
    "ACCOUNTS", "Departments, posts, people and appointments come from a workbook; a second import doubles nothing."
)
def test_a_workbook_becomes_the_roster(roster: Roster, tmp_path: Path) -> None:
    file = _workbook(tmp_path, ROSTER)
    for _ in range(2):
        assert import_workbook(roster, console(), file, NOW_MS) == 9
    assert [(one.login, one.name, one.phone) for one in roster.people()] == [
        ("li", "李四", "13812345678"),
        ("wang", "王五", ""),
    ]
    now = {bearer.name: [grant.role for grant in bearer.grants] for bearer in roster.bearers(NOW_MS)}
    assert now == {"person:li": [Role.DUTY], "person:wang": []}
    december_ms = to_ms(datetime.combine(date(2026, 12, 1), datetime.min.time(), CHINA))
    [_, wang] = roster.bearers(december_ms)
    assert [grant.reach for grant in wang.grants] == [Reach(("440981", "440982"), ("flood",), Sensitivity.RESTRICTED)]
    assert roster.bearers(december_ms - 1)[1].grants == ()


def test_all_mistakes_of_form_are_told_at_once_and_nothing_is_written(roster: Roster, tmp_path: Path) -> None:
    wrong: dict[str, list[list[object]]] = {
        POSTS: [["p", "岗", "yjj", "厨师", None, None, None], ["q", "岗", "yjj", "值班员", None, None, "绝密"]],
        PEOPLE: [[None, "无账号", None]],
        APPOINTMENTS: [["li", "duty-1", "明天", None, None], ["li", "duty-1", None, None, "副"]],
    }
    with pytest.raises(DeclarationError) as told:
        import_workbook(roster, console(), _workbook(tmp_path, ROSTER | wrong), NOW_MS)
    problems = told.value.problems
    assert len(problems) == 5
    assert problems[0].startswith("名册.xlsx, 岗位, 2: 角色 '厨师'") and "绝密" in problems[1]
    assert roster.people() == []


REFUSED_BY_RULE: dict[str, list[list[object]]] = {
    DEPARTMENTS: [["swj", "水务局", "yjj"], ["yjj", "应急管理局", None], ["gap", "无上级局", "nowhere"]],
    POSTS: [*ROSTER[POSTS], ["lost", "飘着的岗", "nowhere", "值班员", None, None, None]],
    PEOPLE: [*ROSTER[PEOPLE], ["not a login", "赵六", None]],
    APPOINTMENTS: [
        ["li", "duty-1", None, "2027-03-31", None],
        ["li", "sys", date(2027, 3, 1), None, None],  # for a month he would be both
        ["wang", "sys", date(2027, 4, 1), "2027-03-01", None],
        ["wang", "no-post", None, None, None],
        ["nobody", "duty-1", None, None, None],
        ["wang", "duty-1", None, None, None],
    ],
}


@pytest.mark.claim(
    "ACCOUNTS", "Before a workbook is written every row says why a rule would refuse it; then none of them is written."
)
def test_what_rules_refuse_is_told_for_every_row_and_nothing_is_written(
    roster: Roster, database: Database, tmp_path: Path
) -> None:
    file = _workbook(tmp_path, REFUSED_BY_RULE)
    rows = read_workbook(file, NOW_MS)
    why = {row.place.removeprefix("名册.xlsx, "): told for row, told in _rehearsed(roster, rows) if told}
    assert why == {
        "部门, 4": "“无上级局”的上级“nowhere”不在部门名册中",
        "岗位, 5": "部门“nowhere”不在名册中",
        "人员, 4": "账号“not a login”须为 1 到 40 个字母、数字、汉字或 . _ @ -",
        "任职, 3": "三员分立：李四已是系统管理员，不能兼任值班员",
        "任职, 4": "结束时间须晚于开始时间",
        "任职, 5": "账号“wang”或岗位“no-post”不在名册中",
        "任职, 6": "账号“nobody”或岗位“duty-1”不在名册中",
    }
    with pytest.raises(DeclarationError) as told:
        import_workbook(roster, console(), file, NOW_MS, "zh")
    assert list(told.value.problems) == [f"名册.xlsx, {place}: {reason}" for place, reason in why.items()]
    assert roster.people() == []
    with database.reading() as connection:
        assert list(audit.entries(connection)) == []  # a rehearsal is no act


def _rehearsed(roster: Roster, rows: list[tuple[Row, Record]]) -> list[tuple[Row, str]]:
    refused = rehearse(roster, console(), rows, NOW_MS, "zh")
    return [(row, told) for (row, _), told in zip(rows, refused, strict=True)]


def test_who_has_no_right_is_told_at_each_row(roster: Roster, tmp_path: Path) -> None:
    rows = read_workbook(_workbook(tmp_path, ROSTER), NOW_MS)
    told = rehearse(roster, Bearer("person:somebody"), rows, NOW_MS, "zh")
    assert len(told) == len(rows) and all(told)


def test_a_sheet_without_a_column_and_a_file_that_is_none(roster: Roster, tmp_path: Path) -> None:
    book = Workbook()
    book.worksheets[0].title = PEOPLE
    book.worksheets[0].append(["账号", "名字"])
    book.save(tmp_path / "half.xlsx")
    with pytest.raises(DeclarationError, match="no column 姓名, 电话"):
        import_workbook(roster, console(), tmp_path / "half.xlsx", NOW_MS)
    (tmp_path / "text.xlsx").write_text("not a workbook", "utf-8")
    with ZipFile(tmp_path / "bomb.xlsx", "w", ZIP_DEFLATED) as bomb:
        bomb.writestr("xl/sharedStrings.xml", bytes(UNPACKED_BYTES + 1))
    for name in ("text.xlsx", "missing.xlsx", "bomb.xlsx"):
        with pytest.raises(DeclarationError, match=name):
            import_workbook(roster, console(), tmp_path / name, NOW_MS)
