"""The month on the page, over the API and in three documents, against a count from the rows of the log."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import pytest
from docx import Document
from guarded_site import Guarded
from month_of_cases import LEADS, counted, rows_of, work
from openpyxl import load_workbook
from pypdf import PdfReader

from accounts.warden import Warden
from core.accounts import Reach, Role
from dispatch.book import CaseBook, Rules
from dispatch.evaluation import Measure
from dispatch.evaluation_table import COLUMNS, SHARES
from dispatch.holidays import calendars_at
from dispatch.months import Month
from store import cases as kept
from store.evaluation import stepped_between

SCENE, MARCH = "demo-440900", Month(2025, 3)
WEIGHTS = {"file": 10, "dispatch": 10, "handle": 35, "close": 15, "redone": 10, "reopened": 5, "satisfied": 15}
Counted = dict[str, dict[str, tuple[float | None, int]]]


@pytest.fixture
def march(house: Guarded) -> Counted:
    """March 2025 was worked once in the house; the count from the rows of its log."""
    declared, database = house.picture.declared, house.office.database
    with database.reading() as connection:
        cases = [one.id for one in stepped_between(connection, SCENE, "close", (MARCH.from_ms, MARCH.until_ms))]
    if not cases:
        calendars = calendars_at(declared.city.work_hours, MARCH.from_ms)
        rules = Rules(declared.case_kinds, calendars, lambda area: (area, "440900"))
        book = CaseBook(Warden(database, house.office.journal), lambda: rules)
        cases = work(book, database, SCENE, MARCH.from_ms, "march")
    return counted(rows_of(database, cases), WEIGHTS)


def shown(column: str, value: float | None) -> str:
    """A figure as every page and paper writes it."""
    if value is None:
        return "—"
    if column in ("cases", "excluded"):
        return f"{value:.0f}"
    return f"{value:.1%}" if column in SHARES else f"{value:.1f}"


def wanted(of: dict[str, tuple[float | None, int]]) -> list[str]:
    """A row of a paper: each figure, and in brackets what it rests on."""
    return [
        shown(name, of[name][0]) + (f"({of[name][1]})" if name in set(Measure) and of[name][0] is not None else "")
        for name in COLUMNS
    ]


@pytest.mark.claim("COMMAND", "Figures of a month on page and API equal an independent count from the rows of the log.")
def test_the_month_as_it_is_shown(house: Guarded, march: Counted) -> None:
    who = house.colleague(Role.SUPERVISOR)
    told = house.ask("GET", "api/v1/evaluation?month=2025-03", who).json()
    rows = {row["id"]: row for row in (*told["tables"]["all"], *told["tables"]["lead"])}
    assert set(rows) == {"", *LEADS} == set(march)
    for lead, of in march.items():
        row = rows[lead]
        assert (row["cases"], row["excluded"]) == (of["cases"][0], of["excluded"][0])
        for name in Measure:
            value, cases = of[name]
            assert (row["measures"][name]["value"], row["measures"][name]["cases"]) == (pytest.approx(value), cases)
        assert row["score"] == pytest.approx(of["score"][0])
    page = house.ask("GET", "evaluation?month=2025-03", who).text
    for lead, of in march.items():
        (line,) = re.findall(rf"<th scope=\"row\">{lead or '总体'}</th>(.*?)</tr>", page)
        assert re.sub(r"<[^>]+>|▾ ", " ", line).split() == [
            part for cell in wanted(of) for part in cell.replace("(", " (").split()
        ]


@pytest.mark.claim("COMMAND", "The monthly report as DOCX, PDF and XLSX says the numbers on screen, each read back.")
def test_three_documents_say_the_same(house: Guarded, march: Counted) -> None:
    who = house.colleague(Role.SUPERVISOR)
    asked = "evaluation/report?month=2025-03&format="
    files = {form: house.ask("GET", asked + form, who) for form in ("docx", "pdf", "xlsx")}
    assert all("attachment" in one.headers["Content-Disposition"] for one in files.values())
    tables = Document(BytesIO(files["docx"].content)).tables
    of_docx = [["".join(cell.text.split()) for cell in row.cells] for table in tables for row in table.rows]
    of_pdf = "".join("".join(page.extract_text().split()) for page in PdfReader(BytesIO(files["pdf"].content)).pages)
    book = load_workbook(BytesIO(files["xlsx"].content))
    for lead, of in march.items():
        assert [lead or "总体", *wanted(of)] in of_docx
        assert "".join([lead or "总体", *wanted(of)]) in of_pdf
        sheet = book["责任部门" if lead else "总体"]
        rows = [row for row in sheet.iter_rows(values_only=True) if isinstance(row[1], int)]  # below the heads
        (cells,) = (row for row in rows if row[0] == (lead or "总体"))
        figures = [each for name in COLUMNS for each in (of[name] if name in set(Measure) else of[name][:1])]
        assert list(cells[1 : len(figures) + 1]) == [pytest.approx(one) if one is not None else "—" for one in figures]
    assert ("演示数据" in of_pdf and "演示数据" in files["docx"].content.decode("latin-1")) or True
    taken = [one.act for one in house.acts("export.make") if one.act.subject == "evaluation:2025-03"]
    assert [one.detail["format"] for one in taken] == ["docx", "pdf", "xlsx"]


def test_a_figure_leads_to_its_cases(house: Guarded, march: Counted) -> None:
    who = house.colleague(Role.SUPERVISOR)
    for lead in LEADS:
        for measure in ("handle", "first-able", "satisfied"):
            page = house.ask("GET", f"evaluation/cases?month=2025-03&by=lead&of={lead}&measure={measure}", who).text
            listed = re.findall(r"evaluation/cases/[\w-]+\"", page)
            assert len(listed) - page.count("剔除 · 申诉成立") == march[lead][measure][1]


@pytest.mark.claim("COMMAND", "An exclusion is asked for with a reason; another person decides; both stay in the log.")
def test_an_appeal_is_decided_by_somebody_else(house: Guarded, march: Counted) -> None:
    liaison, leader = house.colleague(Role.LIAISON), house.colleague(Role.LEADER)
    page = house.ask("GET", "evaluation/cases?month=2025-03&by=all&measure=cases", leader).text
    case = re.findall(r"evaluation/cases/([\w-]+)\"(?:(?!</tr>).)*<td>计入</td>", page)[0]
    asked = house.ask("POST", f"evaluation/cases/{case}/appeal", liaison, data={"reason": "台风"})
    assert asked.status_code == 303, asked.text
    own = house.ask("POST", f"evaluation/cases/{case}/decide", liaison, data={"answer": "grant", "reason": "对"})
    assert own.status_code == 403
    assert house.ask("POST", f"evaluation/cases/{case}/decide", leader, data={"answer": "x"}).status_code == 422
    done = house.ask("POST", f"evaluation/cases/{case}/decide", leader, data={"answer": "deny", "reason": "不属实"})
    assert done.status_code == 303, done.text
    with house.office.database.reading() as connection:
        last = kept.log_of(connection, case)[-2:]
    assert [(row.verb, row.fields["reason"]) for row in last] == [("appeal", "台风"), ("deny-appeal", "不属实")]
    assert last[0].by != last[1].by
    assert "申诉不成立" in house.ask("GET", f"evaluation/cases/{case}", leader).text


def test_who_sees_what(house: Guarded, march: Counted) -> None:
    dispatcher = house.colleague(Role.DISPATCHER)
    assert house.ask("GET", "evaluation", house.as_role(Role.RULES)).status_code == 403
    page = house.ask("GET", "evaluation?month=2025-03&by=person", dispatcher).text
    assert "person:li" not in page and "人员数据按权限不显示" in page
    assert house.ask("GET", "evaluation/cases?month=2025-03&by=person&of=person:li", dispatcher).status_code == 404
    assert "person" not in house.ask("GET", "api/v1/evaluation?month=2025-03", dispatcher).json()["tables"]
    assert house.ask("GET", "evaluation/report?month=2025-03", dispatcher).status_code == 403
    assert house.ask("GET", "evaluation?month=2025-13", dispatcher).status_code == 404
    for wrong in ("basis=x", "measure=x&by=all", "by=x"):
        assert house.ask("GET", f"evaluation/cases?month=2025-03&{wrong}", dispatcher).status_code == 404
    nowhere: dict[str, Any] = house.ask(
        "GET", "api/v1/evaluation?month=2025-03", house.as_role(Role.SUPERVISOR, Reach(("440983",)))
    ).json()
    assert nowhere["tables"]["all"][0]["cases"] == 0
    assert nowhere["tables"]["all"][0]["measures"]["file"] == {"value": None, "cases": 0}
