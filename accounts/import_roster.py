"""People and posts from a workbook, as personnel offices have them.

Sheets `部门`, `岗位`, `人员`, `任职`, each may be missing; the first row names the columns, in any order. Mistakes
are told all at once: those of form first, then what a rule refuses (two administrators in one hand), for the rows are
rehearsed, and written only if none is refused. A workbook may be imported again: what stands is changed or left, never
doubled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import BadZipFile, ZipFile

from accounts.bearer import Bearer
from accounts.roster import Roster, Term
from core.accounts import EVERYWHERE, Department, Person, Post, Reach, Role, Sensitivity
from core.clock import CHINA, to_ms
from core.errors import DeclarationError, NotAllowed, Taken, UnknownName
from core.messages import listed, text
from core.records import DAY_MS

DEPARTMENTS, POSTS, PEOPLE, APPOINTMENTS = "部门", "岗位", "人员", "任职"
COLUMNS: Mapping[str, tuple[str, ...]] = {
    DEPARTMENTS: ("编号", "名称", "上级"),
    POSTS: ("编号", "名称", "部门", "角色", "区域", "专题", "密级"),
    PEOPLE: ("账号", "姓名", "电话"),
    APPOINTMENTS: ("账号", "岗位", "开始", "结束", "副职"),
}
UNPACKED_BYTES = 64 * 1024**2  # a hundred thousand rows
_SENSITIVITIES = {"公开": Sensitivity.PUBLIC, "内部": Sensitivity.INTERNAL, "敏感": Sensitivity.RESTRICTED}
_ROLES = {text(f"role.{role}", language): role for role in Role for language in ("zh", "en")}


class Misfilled(ValueError):
    """A cell that cannot be meant so; `code` is a message of `core/messages/roster.yaml`."""

    def __init__(self, code: str, **places: object) -> None:
        super().__init__(code)
        self.code, self.places = code, places

    def in_words(self, language: str) -> str:
        """What is wrong with it."""
        return text(f"roster.{self.code}", language, **self.places)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a sheet: where it stands, in words, and its cells by column."""

    sheet: str
    place: str
    cells: Mapping[str, Any]

    def word(self, column: str) -> str:
        """A cell as text, empty when nothing stands there; a number without its `.0`."""
        cell = self.cells.get(column)
        return "" if cell is None else str(int(cell) if isinstance(cell, float) and cell.is_integer() else cell).strip()

    def words(self, column: str) -> tuple[str, ...]:
        """A cell as a list; empty: everything."""
        found = tuple(filter(None, self.word(column).replace("，", ",").replace("、", ",").split(",")))
        return found or (EVERYWHERE,)

    def needed(self, column: str) -> str:
        """A cell that must not be empty. Raises Misfilled."""
        if not self.word(column):
            raise Misfilled("empty", column=column)
        return self.word(column)

    def moment_ms(self, column: str) -> int | None:
        """A cell as the beginning of a day in China, ms UTC. Raises Misfilled."""
        cell = self.cells.get(column)
        if cell is None or cell == "":
            return None
        day = cell.date() if isinstance(cell, datetime) else cell
        try:
            day = day if isinstance(day, date) else date.fromisoformat(str(cell).strip())
        except ValueError:
            raise Misfilled("date", value=cell) from None
        return to_ms(datetime(day.year, day.month, day.day, tzinfo=CHINA))


@dataclass(frozen=True, slots=True)
class Wish:
    """An appointment that a row asks for."""

    login: str
    post: str
    term: Term


Record = Department | Post | Person | Wish


def import_workbook(roster: Roster, by: Bearer, file: Path | BinaryIO, now_ms: int, language: str = "en") -> int:
    """Write what a workbook says, or nothing. People who exist keep their login and get the new name and telephone.

    Returns how many rows were written. language: of the mistakes that are told.

    Raises:
        DeclarationError: Mistakes, and what a rule or a lack of right refuses, each with sheet and row.
    """
    records = read_workbook(file, now_ms, language)
    refused = rehearse(roster, by, records, now_ms, language)
    if any(refused):
        raise DeclarationError([f"{row.place}: {why}" for (row, _), why in zip(records, refused, strict=True) if why])
    for _, record in records:
        _write(roster, by, record, now_ms)
    return len(records)


def rehearse(
    roster: Roster, by: Bearer, records: Sequence[tuple[Row, Record]], now_ms: int, language: str = "en"
) -> list[str]:
    """Why each row would be refused, were all written now in their order; empty for what would not. Nothing is."""
    with roster.rehearsing() as rehearsed:
        return [_refusal(rehearsed, by, record, now_ms, language) for _, record in records]


def _refusal(roster: Roster, by: Bearer, record: Record, now_ms: int, language: str) -> str:
    try:
        _write(roster, by, record, now_ms)
    except NotAllowed as refused:
        return refused.in_words(language)
    except UnknownName:
        match record:
            case Wish(login, post):
                return text("roster.no-holder", language, login=login, post=post)
            case Post():
                return text("roster.no-department", language, name=record.department)
        raise
    return ""


def read_workbook(file: Path | BinaryIO, now_ms: int, language: str = "en") -> list[tuple[Row, Record]]:
    """What each row says, in the order of the sheets. Raises DeclarationError: all mistakes of form."""
    readers: Mapping[str, Callable[[Row], Record]] = {
        DEPARTMENTS: _department,
        POSTS: _post,
        PEOPLE: _person,
        APPOINTMENTS: lambda row: _wish(row, now_ms),
    }
    found: list[tuple[Row, Record]] = []
    problems: list[str] = []
    for row in _rows(file, language):
        try:
            found.append((row, readers[row.sheet](row)))
        except Misfilled as wrong:
            problems.append(f"{row.place}: {wrong.in_words(language)}")
    if problems:
        raise DeclarationError(problems)
    return _above_first(found)


def _above_first(rows: Sequence[tuple[Row, Record]]) -> list[tuple[Row, Record]]:
    """Departments after those that they belong to, whatever their order in the sheet; all else stays behind them."""
    parents = {record.id: record.parent for _, record in rows if isinstance(record, Department)}

    def depth(record: Record) -> int:
        if not isinstance(record, Department):
            return len(parents)
        place, steps = record.parent, 0
        while place in parents and steps < len(parents):  # a ring ends there too, and is refused later
            place, steps = parents[place], steps + 1
        return steps

    return sorted(rows, key=lambda row: depth(row[1]))


def _write(roster: Roster, by: Bearer, record: Record, now_ms: int) -> None:
    match record:
        case Department():
            roster.put_department(by, record, now_ms)
        case Post():
            roster.put_post(by, record, now_ms)
        case Person():
            _put_person(roster, by, record, now_ms)
        case Wish(login, post, term):
            if not roster.holds(login, post, max(term.from_ms, now_ms)):
                roster.appoint(by, login, post, term, now_ms)


def _rows(file: Path | BinaryIO, language: str) -> Iterator[Row]:
    """The rows of our sheets. Raises DeclarationError: no workbook, or a sheet without a column that it needs."""
    before = f"{file.name}, " if isinstance(file, Path) else ""  # an upload needs no name
    from openpyxl import load_workbook  # noqa: PLC0415 - a fifth of a second, which no start needs
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    _refuse_bomb(file, before, language)
    try:
        book = load_workbook(file, read_only=True, data_only=True)
    except (InvalidFileException, KeyError, ValueError) as problem:
        raise DeclarationError([f"{before}{text('roster.no-workbook', language)}"]) from problem
    for sheet in filter(book.sheetnames.__contains__, COLUMNS):
        lines = book[sheet].iter_rows(values_only=True)
        head = [str(cell or "").strip() for cell in next(lines, ())]
        missing = [column for column in COLUMNS[sheet] if column not in head]
        if missing:
            told = text("roster.no-column", language, columns=listed(missing, language))
            raise DeclarationError([f"{before}{sheet}: {told}"])
        for number, line in enumerate(lines, start=2):
            if any(cell not in (None, "") for cell in line):
                yield Row(sheet, f"{before}{sheet}, {number}", dict(zip(head, line, strict=False)))
    book.close()


def _refuse_bomb(file: Path | BinaryIO, before: str, language: str) -> None:
    """Refuse what unpacks to more than any roster is. Raises DeclarationError; also for what is no workbook."""
    try:
        with ZipFile(file) as packed:
            unpacked = sum(one.file_size for one in packed.infolist())
    except (OSError, BadZipFile) as problem:
        raise DeclarationError([f"{before}{text('roster.no-workbook', language)}"]) from problem
    if unpacked > UNPACKED_BYTES:
        raise DeclarationError([f"{before}{text('roster.too-large', language, mb=UNPACKED_BYTES // 1024**2)}"])


def _department(row: Row) -> Department:
    return Department(row.needed("编号"), row.needed("名称"), row.word("上级"))


def _post(row: Row) -> Post:
    role, grade = row.needed("角色"), row.word("密级") or "内部"
    if role not in _ROLES:
        known = listed((text(f"role.{one}", "zh") for one in Role), "zh")
        raise Misfilled("unknown", column="角色", value=role, known=known)
    if grade not in _SENSITIVITIES:
        raise Misfilled("unknown", column="密级", value=grade, known=listed(_SENSITIVITIES, "zh"))
    reach = Reach(row.words("区域"), row.words("专题"), _SENSITIVITIES[grade])
    return Post(row.needed("编号"), row.needed("名称"), row.needed("部门"), _ROLES[role], reach)


def _person(row: Row) -> Person:
    return Person(0, row.needed("账号"), row.needed("姓名"), row.word("电话"))


def _wish(row: Row, now_ms: int) -> Wish:
    from_ms, until_ms, rank = row.moment_ms("开始"), row.moment_ms("结束"), row.word("副职") or "0"
    if not rank.isdecimal():
        raise Misfilled("rank", value=rank)
    ending_ms = None if until_ms is None else until_ms + DAY_MS  # the last day is served whole
    term = Term(now_ms if from_ms is None else from_ms, ending_ms, int(rank))
    return Wish(row.needed("账号"), row.needed("岗位"), term)


def _put_person(roster: Roster, by: Bearer, person: Person, now_ms: int) -> None:
    try:
        roster.add_person(by, person, now_ms)
    except Taken:
        known = roster.find(person.login)
        roster.change_person(by, replace(known, name=person.name, phone=person.phone), now_ms)
