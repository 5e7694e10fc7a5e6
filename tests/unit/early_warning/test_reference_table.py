"""The workbook of references: out and in again without a change; each mistake with row, column and what fits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from core.declared import Device, Reference, Words
from core.errors import DeclarationError
from early_warning import workbook
from early_warning.reference_table import COLUMNS, Change, differences, entries_of, read, written

MAIN = Reference("warning", 76.5, "m", "85", "汛办〔2026〕3 号", season=((7, 1), (9, 15)), period="主汛期")
REFERENCES = (
    Reference("warning", 77.0, "m", "85", "水文年鉴"),
    MAIN,
    Reference("guaranteed", 78.4, "m", "85", "水文年鉴", valid_from_ms=1_767_196_800_000),  # 2026-01-01 in China
)
DEVICES = {
    "r1": Device("r1", "river", Words("信宜站", "Xinyi"), "", None, ("stage",), REFERENCES, "85"),
    "r2": Device("r2", "river", Words("曹江站", "Caojiang"), "", None, ("stage",), REFERENCES[:1], "85"),
    "rain": Device("rain", "rain", Words("雨量站", "Rain"), "", None, ("mm",)),
}
FIRST: dict[str, Any] = {"站号": "r2", "特征值": "警戒水位", "新值": 77.5, "基面": "85", "依据": "文"}


def table(*rows: Mapping[str, Any], columns: tuple[str, ...] = COLUMNS) -> bytes:
    book, content = Workbook(), BytesIO()
    book.active.append(list(columns))
    for row in rows:
        book.active.append([row.get(column) for column in columns])
    book.save(content)
    return content.getvalue()


@pytest.mark.claim("WARN", "Station references go out as XLSX and come in again without a change.")
def test_out_and_in_again() -> None:
    found = read(written(DEVICES, "zh"), DEVICES, "zh")
    assert found == {name: entries_of(DEVICES[name]) for name in ("r1", "r2")}
    assert differences(DEVICES, found) == []


def test_too_long_a_sheet_is_refused_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST", 2)
    assert list(read(table(FIRST, {}), DEVICES, "zh")) == ["r2"]
    with pytest.raises(DeclarationError, match="2 行，整份未读入"):
        read(table(FIRST, {}, FIRST | {"站号": "r1"}), DEVICES, "zh")


def test_a_value_typed_into_the_workbook_is_one_difference() -> None:
    book = load_workbook(BytesIO(written(DEVICES, "zh")))
    book.active["E3"] = 76.2
    content = BytesIO()
    book.save(content)
    (change,) = differences(DEVICES, read(content.getvalue(), DEVICES, "zh"))
    assert change.station == "r1" and change.before is not None and change.after is not None
    assert (change.before["value"], change.after["value"], change.after["period"]) == (76.5, 76.2, "主汛期")


def test_a_sheet_says_all_of_the_stations_that_it_names() -> None:
    wanted = read(table(FIRST), DEVICES, "zh")
    assert differences(DEVICES, wanted) == [Change("r2", entries_of(DEVICES["r2"])[0], wanted["r2"][0])]
    one = FIRST | {"站号": "r1", "新值": 77.0, "依据": "水文年鉴", "单位": "m"}
    gone = differences(DEVICES, read(table(one), DEVICES, "zh"))
    assert [(change.before or {}).get("value") for change in gone] == [76.5, 78.4], "what it leaves out is taken away"
    assert all(change.after is None for change in gone)


MISTAKES = [
    ({"站号": "r9"}, "第 2 行 站号：r9，应为已登记且有特征值的站号"),
    ({"站号": "rain"}, "第 2 行 站号：rain，应为已登记且有特征值的站号"),
    ({"特征值": "警界水位"}, "第 2 行 特征值：警界水位，应为警戒水位、保证水位、历史最高水位"),
    ({"新值": "77,5"}, "第 2 行 新值：77,5，应为数字"),
    ({"新值": None}, "第 2 行 新值：空，应为数字"),
    ({"新值": "nan"}, "第 2 行 新值：nan，应为数字"),
    ({"单位": "cm"}, "第 2 行 单位：cm，应为m"),
    ({"基面": None}, "第 2 行 基面：空，应为85"),
    ({"生效日": "明年"}, "第 2 行 生效日：明年，应为日期，如 2026-04-15"),
    ({"汛期": "汛期"}, "第 2 行 汛期：汛期，应为全年、前汛期、主汛期、后汛期"),
    ({"汛期": "前汛期", "汛期起": "4-31", "汛期止": "06-30"}, "第 2 行 汛期起：4-31，应为月日，如 04-15"),
    ({"依据": None}, "第 2 行 依据：空，应为依据，如文号"),
    ({"现值": 70}, "第 2 行 现值：70，应为现行值 77；下载以后已有改动，请重新下载"),
]


@pytest.mark.claim("WARN", "A wrong sheet is refused with row, column, value and what would be accepted.")
@pytest.mark.parametrize(("wrong", "expected"), MISTAKES)
def test_each_mistake_is_told(wrong: dict[str, Any], expected: str) -> None:
    with pytest.raises(DeclarationError) as refused:
        read(table(FIRST | wrong), DEVICES, "zh")
    assert expected in refused.value.problems


def test_all_mistakes_are_told_at_once() -> None:
    twice = FIRST | {"汛期": "主汛期", "汛期起": date(2026, 7, 1), "汛期止": "9月15日"}
    with pytest.raises(DeclarationError) as refused:
        read(table(twice, twice | {"新值": 1}, {"站号": "r9"}), DEVICES, "zh")
    assert [problem[:5] for problem in refused.value.problems] == ["第 4 行", "第 3 行"]
    later = twice | {"生效日": "2027-01-01"}
    found = read(table(twice | {"失效日": "2027-01-01"}, later), DEVICES, "zh")
    assert [one["season"] for one in found["r2"]] == [["07-01", "09-15"]] * 2, "one after the other is none"


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nothing", table(columns=("站号", "新值")), table()])
def test_what_is_no_sheet(content: bytes) -> None:
    with pytest.raises(DeclarationError):
        read(content, DEVICES, "zh")
