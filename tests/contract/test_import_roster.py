"""People from a workbook as a personnel office keeps it."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from accounts.founding import console
from accounts.import_roster import APPOINTMENTS, COLUMNS, DEPARTMENTS, PEOPLE, POSTS, import_workbook
from accounts.journal import Journal
from accounts.roster import Roster
from accounts.warden import Warden
from core.accounts import Reach, Role, Sensitivity
from core.clock import CHINA, to_ms
from core.errors import DeclarationError
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
    assert [grant.reach for grant in wang.grants] == [Reach(("440981", "440982"), ("flood",), Sensitivity.SENSITIVE)]
    assert roster.bearers(december_ms - 1)[1].grants == ()


def test_all_mistakes_of_form_are_told_at_once_and_nothing_is_written(roster: Roster, tmp_path: Path) -> None:
    wrong = {
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


def test_what_a_rule_refuses_is_told_with_its_row(roster: Roster, tmp_path: Path) -> None:
    both = ROSTER | {APPOINTMENTS: [["li", "duty-1", None, None, None], ["li", "sys", None, None, None]]}
    with pytest.raises(DeclarationError, match=r"任职, 3: .*administrators are apart"):
        import_workbook(roster, console(), _workbook(tmp_path, both), NOW_MS)


def test_a_sheet_without_a_column_and_a_file_that_is_none(roster: Roster, tmp_path: Path) -> None:
    book = Workbook()
    book.worksheets[0].title = PEOPLE
    book.worksheets[0].append(["账号", "名字"])
    book.save(tmp_path / "half.xlsx")
    with pytest.raises(DeclarationError, match="no column 姓名、电话"):
        import_workbook(roster, console(), tmp_path / "half.xlsx", NOW_MS)
    (tmp_path / "text.xlsx").write_text("not a workbook", "utf-8")
    for name in ("text.xlsx", "missing.xlsx"):
        with pytest.raises(DeclarationError, match=name):
            import_workbook(roster, console(), tmp_path / name, NOW_MS)
