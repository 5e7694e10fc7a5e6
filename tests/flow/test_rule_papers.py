"""Labels from a workbook, complaints and their sheet, as people send and read them."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO

import pytest
from guarded_site import Guarded
from openpyxl import Workbook

from core.accounts import Role
from core.clock import real_ms
from core.labels import Verdict
from early_warning.incident_table import Source, read_incidents
from store.labels import labels_between
from store.rules import complaints_about

RULE = "meteorology.rainstorm"


def workbook(
    *rows: tuple[object, ...], heads: tuple[str, ...] = ("开始", "结束", "地点", "类型", "程度", "可信")
) -> bytes:
    book, written = Workbook(), BytesIO()
    for row in (heads, *rows):
        book.active.append(list(row))
    book.save(written)
    return written.getvalue()


@pytest.mark.claim(
    "WARN", "Past incidents come from a workbook, placed by name, code or degrees; all mistakes at once."
)
def test_incidents_come_from_a_workbook(house: Guarded) -> None:
    begin = datetime(2025, 8, 3, 14, 20)  # noqa: DTZ001 - a cell of a workbook has no zone
    first = (begin, begin.replace(hour=18, minute=0), "高州市", "内涝", "较大", "是")
    second = ("2025-09-01", None, "440983", "山洪", "重大", "大致")
    table = {"table": ("灾情.xlsx", workbook(first, second))}
    manager, leader = house.colleague(Role.RULES), house.colleague(Role.LEADER)
    assert house.ask("POST", "labels/import", leader, files=table).status_code == 403
    assert house.ask("POST", "labels/import", manager, files=table).status_code == 303
    assert house.ask("POST", "labels/import", manager, files=table).status_code == 303  # nothing twice
    with house.office.database.reading() as connection:
        found = [one for one in labels_between(connection, "440900", "", 0, real_ms()) if one.kind in ("内涝", "山洪")]
    assert [(one.place, one.verdict, one.certain, one.severity) for one in found] == [
        ("440981", Verdict.INCIDENT, True, "较大"),
        ("440983", Verdict.INCIDENT, False, "重大"),
    ]
    assert found[1].ended_ms - found[1].began_ms == 86_400_000  # a date alone is that day
    page = house.ask("GET", "labels", leader).text
    assert "高州市" in page
    assert page.count('class="county"') == 5 and "<title>20250803 高州市 内涝</title>" in page, "on the map"

    wrong = workbook(
        ("昨天", None, "高州市", "", "", ""),
        ("2025-09-02", "2025-09-01", "440981"),
        (None, None, "440981"),
        ("2025-09-02", None, "月球"),
    )
    answer = house.ask("POST", "labels/import", manager, files={"table": ("x.xlsx", wrong)})
    assert answer.status_code == 422
    assert all(f"第 {row} 行" in answer.text for row in (2, 3, 4, 5)) and "月球" in answer.text
    assert house.ask("POST", "labels/import", manager, files={"table": ("x.xlsx", b"no")}).status_code == 422


def test_a_place_may_be_given_by_degrees() -> None:
    asked = []

    def place_of(named: str, lon_deg: float | None, lat_deg: float | None) -> str:
        asked.append((named, lon_deg, lat_deg))
        return "440981"

    content = workbook(("2025-09-02 08:00", 110.85, 21.9), heads=("开始", "经度", "纬度"))
    (label,) = read_incidents(content, Source("440900", "person:li", 1), place_of, "zh")
    assert asked == [("", 110.85, 21.9)]
    assert (label.lon_deg, label.certain, label.began_ms == label.ended_ms) == (110.85, True, True)


@pytest.mark.claim("WARN", "A complaint goes to the owner of the rule and ends in a sheet of before and after.")
def test_a_complaint_ends_in_a_sheet(house: Guarded) -> None:
    liaison, manager = house.colleague(Role.LIAISON), house.colleague(Role.RULES)
    page = f"rules/{RULE}/complain"
    assert "440981" in house.ask("GET", f"{page}?place=440981&warning=w1", liaison).text
    said = {"place": "440981", "warning": "w1", "from": "1", "to": "2", "said": "三天响了九次,<b>没有一次积水</b>"}
    assert house.ask("POST", page, liaison, data=said).status_code == 303
    assert house.ask("POST", page, liaison, data=said | {"said": " "}).status_code == 422
    assert house.ask("POST", page, manager, data=said).status_code == 403
    with house.office.database.reading() as connection:
        (complaint,) = [one for one in complaints_about(connection, "440900", RULE) if one.warning == "w1"]
    assert complaint.due_ms - complaint.at_ms == 7 * 86_400_000
    sheet = f"rules/{RULE}/sheet"
    shown = house.ask("GET", f"{sheet}?complaint={complaint.number}", manager).text
    assert "三天响了九次" in shown and "<b>没有" not in shown and "到报率" in shown
    answer = {"complaint": str(complaint.number), "answer": "已将持续时间改为 10 分钟"}
    assert house.ask("POST", sheet, liaison, data=answer).status_code == 403
    assert house.ask("POST", sheet, manager, data=answer).status_code == 303
    assert "已将持续时间改为 10 分钟" in house.ask("GET", f"{sheet}?complaint={complaint.number}", manager).text
