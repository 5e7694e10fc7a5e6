"""Past incidents from a workbook, as they stand in the reports of last year: when, where, what, how bad, how sure.

The first row names the columns, in any order: 开始, 结束, 地点, 类型, 程度, 可信, 备注, 经度, 纬度. 地点 is the name or
the code of an area or a station; it may be left out where 经度 and 纬度 say the place. Every mistake is told at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from core.clock import CHINA, to_ms
from core.errors import DeclarationError
from core.labels import Label, Verdict
from core.messages import text
from core.records import DAY_MS
from early_warning.workbook import rows_of

COLUMNS = ("开始", "结束", "地点", "类型", "程度", "可信", "备注", "经度", "纬度")
UNSURE = ("否", "不确定", "大致", "约", "no", "rough")

Place = Callable[[str, float | None, float | None], str]  # name or code, degrees → id; raises LookupError


@dataclass(frozen=True, slots=True)
class Source:
    """Whose labels they become: the city, who says so, when."""

    city: str
    said_by: str
    at_ms: int


def read_incidents(content: bytes, source: Source, place_of: Place, language: str) -> list[Label]:
    """The incidents of a workbook.

    Raises:
        DeclarationError: All mistakes, each with its row.
    """
    rows, problems, found = rows_of(content, COLUMNS, ("开始",), language), [], []
    for number, cells in rows:
        try:
            found.append(_incident(cells, source, place_of))
        except _Misfilled as wrong:
            problems.append(text("rules.row", language, row=number) + wrong.in_words(language))
    if problems:
        raise DeclarationError(problems)
    return found


class _Misfilled(ValueError):
    """A cell that cannot be meant so; `code` is a message `rules.cell_…`."""

    def __init__(self, code: str, value: object = "") -> None:
        super().__init__(code)
        self.code, self.value = code, value

    def in_words(self, language: str) -> str:
        return text(f"rules.cell_{self.code}", language, value=self.value)


def _incident(cells: Mapping[str, Any], source: Source, place_of: Place) -> Label:
    began_ms, exact = _moment(cells.get("开始"))
    ended_ms, _ = _moment(cells["结束"]) if "结束" in cells else (began_ms if exact else began_ms + DAY_MS, exact)
    if ended_ms < began_ms:
        raise _Misfilled("order")
    lon_deg, lat_deg = _degrees(cells.get("经度")), _degrees(cells.get("纬度"))
    named = str(cells.get("地点", "")).strip()
    try:
        place = place_of(named, lon_deg, lat_deg)
    except LookupError:
        raise _Misfilled("place", named or f"{lon_deg}, {lat_deg}") from None
    sure = str(cells.get("可信", "")).strip().lower() not in UNSURE

    def word(column: str, longest: int) -> str:
        return str(cells.get(column, "")).strip()[:longest]

    return Label(
        city=source.city,
        verdict=Verdict.INCIDENT,
        place=place,
        began_ms=began_ms,
        ended_ms=ended_ms,
        said_by=source.said_by,
        at_ms=source.at_ms,
        kind=word("类型", 64),
        severity=word("程度", 16),
        certain=sure and exact,
        note=word("备注", 500),
        lon_deg=lon_deg,
        lat_deg=lat_deg,
    )


def _moment(cell: Any) -> tuple[int, bool]:
    """A cell as ms UTC, and whether it names more than a day. Raises _Misfilled."""
    if cell is None:
        raise _Misfilled("empty")
    exact = isinstance(cell, datetime)
    try:
        if isinstance(cell, str):
            written = cell.strip().replace("/", "-").replace("年", "-").replace("月", "-").replace("日", "")
            cell = datetime.fromisoformat(written)
            exact = ":" in written
        if isinstance(cell, date) and not isinstance(cell, datetime):
            cell = datetime(cell.year, cell.month, cell.day, tzinfo=CHINA)
        return to_ms(cell if cell.tzinfo else cell.replace(tzinfo=CHINA)), exact
    except (ValueError, AttributeError, OverflowError):
        raise _Misfilled("moment", cell) from None


def _degrees(cell: Any) -> float | None:
    if cell is None:
        return None
    try:
        return float(cell)
    except (TypeError, ValueError):
        raise _Misfilled("degrees", cell) from None
