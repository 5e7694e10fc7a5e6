"""Station references 特征值 as a workbook, out and in: a row a bound, what held beside what shall hold.

A sheet says all references of each station that it names; stations that it does not name stay as they are. Every
mistake is told at once, each with its row, its column, what stands there and what would have been accepted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from io import BytesIO
from itertools import combinations
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Font

from core.clock import in_china
from core.declared import Device, Reference
from core.errors import DeclarationError
from core.messages import listed, text
from core.reference_sheets import References
from early_warning.workbook import rows_of

STATION, NAME, KIND, HELD, VALUE = "站号", "站名", "特征值", "现值", "新值"
UNIT, DATUM, FROM, UPTO = "单位", "基面", "生效日", "失效日"
PERIOD, FIRST, LAST, SOURCE = "汛期", "汛期起", "汛期止", "依据"
COLUMNS = (STATION, NAME, KIND, HELD, VALUE, UNIT, DATUM, FROM, UPTO, PERIOD, FIRST, LAST, SOURCE)
KINDS = {"警戒水位": "warning", "保证水位": "guaranteed", "历史最高水位": "record"}
PERIODS = ("前汛期", "主汛期", "后汛期")
ALL_YEAR = "全年"
WIDTHS = {NAME: 28, SOURCE: 36, KIND: 14}
_KIND_OF = {name: kind for kind, name in KINDS.items()}


def written(devices: Mapping[str, Device], language: str) -> bytes:
    """The references of all stations that have any, or read levels, as a workbook to be filled in."""
    book = Workbook()
    sheet = book.active
    sheet.title = "特征值"
    sheet.append(list(COLUMNS))
    for device in devices.values():
        for reference in device.references:
            sheet.append(_row(device, reference, language))
    for at, column in enumerate(COLUMNS, start=1):
        head = sheet.cell(1, at)
        head.font = Font(bold=True)
        sheet.column_dimensions[head.column_letter].width = WIDTHS.get(column, 12)
    sheet.freeze_panes = "D2"
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def read(content: bytes, devices: Mapping[str, Device], language: str) -> References:
    """The references of each station that a workbook names, as a pack writes them.

    Raises:
        DeclarationError: All mistakes, each with row, column, value and what would be accepted.
    """
    reader = _Reader(devices, language)
    for number, cells in rows_of(content, COLUMNS, (STATION, KIND, VALUE, SOURCE), language):
        reader.take(number, cells)
    reader.refuse_overlaps()
    if reader.problems:
        raise DeclarationError(reader.problems)
    if not reader.found:
        raise DeclarationError([text("references.empty", language)])
    return {station: [entry for _, entry in rows] for station, rows in reader.found.items()}


def entries_of(device: Device) -> list[dict[str, Any]]:
    """The references of a station as a pack writes them, what is at its default left out."""
    return [_entry(reference) for reference in device.references]


@dataclass
class _Reader:
    """Rows as they come: what they say, and what is wrong with them."""

    devices: Mapping[str, Device]
    language: str
    found: dict[str, list[tuple[int, dict[str, Any]]]] = field(default_factory=lambda: defaultdict(list))
    problems: list[str] = field(default_factory=list)

    def take(self, row: int, cells: Mapping[str, Any]) -> None:
        """One row; all that is wrong with it is told."""
        before = len(self.problems)
        device = self.devices.get(_word(cells, STATION))
        if device is None or not device.references:
            return self._refuse(row, STATION, cells, "station")
        kind = KINDS.get(_word(cells, KIND), "")
        if not kind:
            self._refuse(row, KIND, cells, "one_of", known=listed(KINDS, self.language))
        entry: dict[str, Any] = {"name": kind, "source": _word(cells, SOURCE)}
        entry["value"] = self._number(row, VALUE, cells)
        for column, key in ((FROM, "valid_from"), (UPTO, "valid_to")):
            if (day := self._day(row, column, cells)) is not None:
                entry[key] = day
        if not entry["source"]:
            self._refuse(row, SOURCE, cells, "source")
        self._units(row, cells, device, entry)
        self._season(row, cells, entry)
        self._still_holds(row, cells, device, entry)
        if len(self.problems) == before:
            self.found[device.id].append((row, entry))
        return None

    def refuse_overlaps(self) -> None:
        """Two rows that would hold at the same time for the same bound and period."""
        for rows in self.found.values():
            for (first, one), (second, other) in combinations(rows, 2):
                same = (one["name"], one.get("season")) == (other["name"], other.get("season"))
                if same and _meet(one, other):
                    self.problems.append(text("references.overlap", self.language, row=second, other=first))

    def _units(self, row: int, cells: Mapping[str, Any], device: Device, entry: dict[str, Any]) -> None:
        held = device.references[0].unit
        unit, datum = _word(cells, UNIT) or held, _word(cells, DATUM)
        if unit != held:
            self._refuse(row, UNIT, cells, "one_of", known=held)
        if not datum and device.datum:
            self._refuse(row, DATUM, cells, "one_of", known=device.datum)
        entry |= {"unit": unit, "datum": datum}

    def _season(self, row: int, cells: Mapping[str, Any], entry: dict[str, Any]) -> None:
        period = _word(cells, PERIOD)
        if period in ("", ALL_YEAR):
            return
        if period not in PERIODS:
            self._refuse(row, PERIOD, cells, "one_of", known=listed((ALL_YEAR, *PERIODS), self.language))
        first, last = (self._day_of_year(row, column, cells) for column in (FIRST, LAST))
        entry |= {"season": [first, last], "period": period}

    def _still_holds(self, row: int, cells: Mapping[str, Any], device: Device, entry: Mapping[str, Any]) -> None:
        """A sheet drawn from other values than those of today would take back what was changed meanwhile."""
        if HELD not in cells:
            return
        told = self._number(row, HELD, cells)
        same = [one for one in entries_of(device) if _place(one) == _place(entry)]
        if told is not None and not any(told == one["value"] for one in same):
            known = [f"{one['value']:g}" for one in same] or [text("references.none", self.language)]
            self._refuse(row, HELD, cells, "held", known=listed(known, self.language))

    def _number(self, row: int, column: str, cells: Mapping[str, Any]) -> float | None:
        try:
            value = float(cells[column])
        except (KeyError, TypeError, ValueError):
            value = float("nan")
        if not abs(value) <= 1e5:
            self._refuse(row, column, cells, "number")
            return None
        return round(value, 4)

    def _day(self, row: int, column: str, cells: Mapping[str, Any]) -> str | None:
        cell = cells.get(column)
        if cell is None:
            return None
        if isinstance(cell, datetime | date):
            return (cell.date() if isinstance(cell, datetime) else cell).isoformat()
        try:
            return date.fromisoformat(str(cell).strip().replace("/", "-")).isoformat()
        except ValueError:
            self._refuse(row, column, cells, "day")
            return None

    def _day_of_year(self, row: int, column: str, cells: Mapping[str, Any]) -> str:
        cell = cells.get(column)
        if isinstance(cell, datetime | date):
            return f"{cell:%m-%d}"
        try:
            month, day = (int(part) for part in str(cell).strip().replace("月", "-").replace("日", "").split("-"))
            return f"{date(2024, month, day):%m-%d}"
        except (TypeError, ValueError):
            self._refuse(row, column, cells, "day_of_year")
            return ""

    def _refuse(self, row: int, column: str, cells: Mapping[str, Any], code: str, **places: object) -> None:
        cell = cells.get(column)
        said = text("references.nothing", self.language) if cell is None else str(cell)
        wanted = text(f"references.wants_{code}", self.language, **places)
        where = {"row": row, "column": column, "value": said[:40], "wanted": wanted}
        self.problems.append(text("references.refused", self.language, **where))


@dataclass(frozen=True, slots=True)
class Change:
    """One reference of one station, as it is and as it shall be; None: it is new, or goes."""

    station: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


def differences(devices: Mapping[str, Device], wanted: References) -> list[Change]:
    """What a sheet changes, by station; what stays is left out."""
    found: list[Change] = []
    for station, entries in wanted.items():
        held = {_place(one): one for one in entries_of(devices[station])} if station in devices else {}
        shall = {_place(one): _plain(one) for one in entries}
        places = dict.fromkeys((*held, *shall))
        found += [
            Change(station, held.get(place), shall.get(place))
            for place in places
            if held.get(place) != shall.get(place)
        ]
    return found


def _place(entry: Mapping[str, Any]) -> tuple[object, ...]:
    """Which bound an entry is: of one kind, of one season, from one day on."""
    return entry["name"], tuple(entry.get("season") or ()), entry.get("valid_from") or ""


def _plain(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if value not in ("", None)}


def _meet(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    begins, ends = (one.get("valid_from") or "", one.get("valid_to") or "9")
    return begins < (other.get("valid_to") or "9") and (other.get("valid_from") or "") < ends


def _entry(reference: Reference) -> dict[str, Any]:
    told = {
        "name": reference.name,
        "value": reference.value,
        "unit": reference.unit,
        "datum": reference.datum,
        "source": reference.source,
        "valid_from": _date(reference.valid_from_ms),
        "valid_to": _date(reference.valid_to_ms),
        "season": [f"{month:02}-{day:02}" for month, day in reference.season] if reference.season else None,
        "period": reference.period,
    }
    return _plain(told)


def _row(device: Device, reference: Reference, language: str) -> list[object]:
    first, last = [f"{month:02}-{day:02}" for month, day in reference.season] if reference.season else ("", "")
    value = round(reference.value, 4)
    place = [device.id, device.name[language], _KIND_OF[reference.name], value, value, reference.unit, reference.datum]
    times = [_date(reference.valid_from_ms), _date(reference.valid_to_ms), reference.period or ALL_YEAR, first, last]
    return [*place, *times, reference.source]


def _date(at_ms: int) -> str:
    return in_china(at_ms).date().isoformat() if at_ms else ""


def _word(cells: Mapping[str, Any], column: str) -> str:
    return str(cells.get(column, "")).strip()
