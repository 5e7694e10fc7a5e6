"""Station references over the desk: downloaded, changed, backtested, submitted, approved by somebody else."""

from __future__ import annotations

from io import BytesIO

import pytest
from guarded_site import Guarded
from openpyxl import load_workbook

from core.accounts import Role

PAGE = "rules/references"


def sheet(house: Guarded, who: dict[str, str], name: str = "", value: object = None, column: str = "E") -> bytes:
    """The workbook as it is downloaded, with one cell changed in the first row of a station."""
    answer = house.ask("GET", f"{PAGE}.xlsx", who)
    assert answer.status_code == 200 and "spreadsheet" in answer.headers["Content-Type"]
    book = load_workbook(BytesIO(answer.content))
    row = next((row[0].row for row in book.active.iter_rows(min_row=2) if row[0].value == name), None)
    if row:
        book.active[f"{column}{row}"] = value
    content = BytesIO()
    book.save(content)
    return content.getvalue()


@pytest.mark.claim(
    "WARN", "Station references as XLSX in and out with diff, backtested as a whole, approved by another."
)
def test_a_sheet_from_the_download_to_its_approval(house: Guarded) -> None:
    manager, reviewer, leader = (house.colleague(role) for role in (Role.RULES, Role.REVIEWER, Role.LEADER))
    content = sheet(house, manager, "mm-river-01", 118.1)
    assert house.ask("POST", f"{PAGE}/upload", leader, files={"table": ("a.xlsx", content)}).status_code == 403
    wrong = sheet(house, manager, "mm-river-01", "一百", "E")
    refused = house.ask("POST", f"{PAGE}/upload", manager, files={"table": ("a.xlsx", wrong)})
    assert refused.status_code == 422 and "第 2 行 新值：一百，应为数字" in refused.text
    falling = sheet(house, manager, "mm-river-01", 125.0)
    refused = house.ask("POST", f"{PAGE}/upload", manager, files={"table": ("a.xlsx", falling)})
    assert refused.status_code == 422 and "must rise" in refused.text

    assert house.ask("POST", f"{PAGE}/upload", manager, files={"table": ("a.xlsx", content)}).status_code == 303
    page = house.ask("GET", PAGE, manager).text
    assert all(word in page for word in ("118.5 m", "118.1 m", "江河水位", "到报率", "草案"))
    number = page.partition(f"{PAGE}/")[2].partition("/submit")[0].rpartition("/")[2]
    assert house.ask("POST", f"{PAGE}/{number}/submit", manager, data={"reason": "水文年鉴"}).status_code == 303
    assert house.ask("POST", f"{PAGE}/{number}/approve", manager).status_code == 403
    assert "/approve" not in house.ask("GET", PAGE, manager).text, "he drew it up"
    assert f"{PAGE}/{number}/approve" in house.ask("GET", PAGE, reviewer).text
    far = {"from": "2099-01-01"}  # nothing of this house changes by it
    assert house.ask("POST", f"{PAGE}/{number}/approve", reviewer, data=far).status_code == 303
    assert "2099-01-01" in house.ask("GET", PAGE, leader).text
