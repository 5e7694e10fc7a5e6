"""Cases, their logs and their units' assignments, written and read. What may happen is decided in `dispatch/`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, delete, insert, select, update

from core.errors import UnknownName
from store.sql import Transaction, among, upsert
from store.tables.cases import assignments, case_entries, case_numbers, cases

SENT = ("notified", "accepted", "en-route", "on-scene", "left")  # states of a unit whose place says how far it is
CELLS_A_DEGREE = 100  # squares of about a kilometre


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One line of a log as it is stored; `dispatch.log.Entry` in plain words."""

    case: str
    number: int
    verb: str
    at_ms: int
    entered_ms: int
    by: str
    origin: str
    assignment: str
    fields: Mapping[str, Any]
    terms: Mapping[str, Any]
    key: str


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case as lists show it: what its log folded to. due_ms None: no clock runs; lon_deg None: no place.

    next_ms: when time does something to it next.
    """

    id: str
    scene: str
    stamp: str
    kind: str
    title: str
    grade: int
    state: str
    hold: str
    is_open: bool
    area: str
    topic: str
    lead: str
    lon_deg: float | None
    lat_deg: float | None
    accuracy_m: float | None
    reported_ms: int
    since_ms: int
    due_ms: int | None
    due_of: str
    into: str
    correlation: str
    revision: int
    body: Mapping[str, Any]
    next_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Near:
    """What is told of an open case around another one: enough to say whether both are one."""

    id: str
    kind: str
    title: str
    area: str
    topic: str
    lon_deg: float
    lat_deg: float
    accuracy_m: float | None
    reported_ms: int


@dataclass(frozen=True, slots=True)
class AssignmentRow:
    """One unit of a case as lists show it."""

    case: str
    id: str
    unit: str
    state: str
    is_over: bool
    since_ms: int


@dataclass(frozen=True, slots=True)
class UnderWay:
    """One unit that was sent: its case and assignment, its state since when, and the place; degrees WGS 84, m."""

    case: str
    id: str
    unit: str
    state: str
    since_ms: int
    lon_deg: float
    lat_deg: float
    accuracy_m: float


@dataclass(frozen=True, slots=True)
class Circle:
    """Around a place: degrees WGS 84, m."""

    lon_deg: float
    lat_deg: float
    reach_m: float


def next_number(connection: Transaction, day: str) -> int:
    """The next number of a day (and city), from 1; never given twice."""
    first = upsert(connection, case_numbers).values(day=day, last=1)
    given = first.on_conflict_do_update(index_elements=["day"], set_={"last": case_numbers.c.last + 1})
    return int(connection.execute(given.returning(case_numbers.c.last)).scalar_one())


def add_entry(connection: Transaction, entry: EntryRow) -> None:
    """Write one line; a number that the log has already is refused by the database."""
    connection.execute(insert(case_entries).values(**asdict(entry)))


def log_of(connection: Transaction, case: str) -> list[EntryRow]:
    """The whole log of a case, in its order."""
    asked = select(case_entries).where(case_entries.c.case == case).order_by(case_entries.c.number)
    return [EntryRow(**row) for row in connection.execute(asked).mappings()]


def entry_with_key(connection: Transaction, by: str, key: str) -> EntryRow | None:
    """What somebody already did under a key."""
    asked = select(case_entries).where(case_entries.c.by == by, case_entries.c.key == key)
    row = connection.execute(asked).mappings().first()
    return None if row is None else EntryRow(**row)


def add_case(connection: Transaction, case: CaseRow) -> None:
    """Write the row of a new case, before its first entry."""
    connection.execute(insert(cases).values(**stored(case)))


def change_case(connection: Transaction, case: CaseRow) -> None:
    """Write the row of a case as its log folds now."""
    connection.execute(update(cases).where(cases.c.id == case.id).values(**stored(case)))


def put_assignments(connection: Transaction, case: str, rows: Sequence[AssignmentRow]) -> None:
    """Write all assignments of a case as they stand now."""
    connection.execute(delete(assignments).where(assignments.c.case == case))
    if rows:
        connection.execute(insert(assignments), [asdict(row) for row in rows])


def is_known(connection: Transaction, case: str) -> bool:
    """Whether there is a case with a number."""
    return connection.execute(select(cases.c.id).where(cases.c.id == case)).first() is not None


def case_of(connection: Transaction, case: str) -> CaseRow:
    """One case by its number. Raises UnknownName."""
    row = connection.execute(select(cases).where(cases.c.id == case)).mappings().first()
    if row is None:
        raise UnknownName(f"no case has the number {case!r}")
    return case_in(row)


def case_in(row: RowMapping) -> CaseRow:
    """The case that a row of the table holds."""
    return CaseRow(**{name: row[name] for name in CaseRow.__dataclass_fields__})


def due_before(connection: Transaction, scene: str, at_ms: int, limit: int = 1000) -> list[str]:
    """Cases to which time does something up to a time, the earliest first."""
    asked = select(cases.c.id).where(cases.c.scene == scene, cases.c.next_ms <= at_ms)
    return list(connection.execute(asked.order_by(cases.c.next_ms, cases.c.id).limit(limit)).scalars())


def look_again(connection: Transaction, case: str, revision: int, next_ms: int | None) -> None:
    """Write when time does something to a case next, unless its log went on meanwhile."""
    same = (cases.c.id == case) & (cases.c.revision == revision)
    connection.execute(update(cases).where(same).values(next_ms=next_ms))


def near(connection: Transaction, scene: str, circle: Circle, span_ms: tuple[int, int]) -> list[Near]:
    """Open cases in the squares that a circle touches, reported within a span; the caller measures."""
    asked = select(*(cases.c[name] for name in Near.__dataclass_fields__)).where(
        cases.c.scene == scene,
        among(connection, cases.c.cell, cells_around(circle)),
        cases.c.reported_ms.between(*span_ms),
        cases.c.is_open,
    )
    return [Near(*row) for row in connection.execute(asked.order_by(cases.c.id)).all()]


def open_since(connection: Transaction, scene: str, since_ms: int, limit: int) -> list[CaseRow]:
    """Open cases that were reported since a time, the newest first."""
    asked = select(cases).where(cases.c.scene == scene, cases.c.reported_ms >= since_ms, cases.c.is_open)
    rows = connection.execute(asked.order_by(cases.c.reported_ms.desc(), cases.c.id).limit(limit)).mappings()
    return [case_in(row) for row in rows]


def closed_of(connection: Transaction, scene: str, kind: str, limit: int) -> list[CaseRow]:
    """Cases of a kind that were worked to their close, the newest first."""
    asked = select(cases).where(cases.c.scene == scene, cases.c.kind == kind, cases.c.is_open.is_(False))
    rows = connection.execute(asked.order_by(cases.c.reported_ms.desc()).limit(limit)).mappings()
    return [case_in(row) for row in rows if row["state"] in ("closed", "evaluated")]


def results_of(connection: Transaction, names: Iterable[str], verb: str) -> dict[str, str]:
    """Case → what its last entry of a verb says as its result."""
    asked = select(case_entries.c.case, case_entries.c.fields).where(
        among(connection, case_entries.c.case, names), case_entries.c.verb == verb
    )
    rows = connection.execute(asked.order_by(case_entries.c.case, case_entries.c.number))
    return {row.case: str(row.fields.get("result", "")) for row in rows}


@dataclass(frozen=True, slots=True)
class Published:
    """Which cases `published` gives: of these kinds, reported from and until, ms UTC; open or not; None: either."""

    kinds: Sequence[str]
    from_ms: int
    until_ms: int
    is_open: bool | None = None
    limit: int = 1000


def published(connection: Transaction, scene: str, wanted: Published) -> list[CaseRow]:
    """Cases of some kinds, the newest first."""
    asked = select(cases).where(
        cases.c.scene == scene,
        cases.c.reported_ms >= wanted.from_ms,
        cases.c.reported_ms <= wanted.until_ms,
        cases.c.kind.in_(list(wanted.kinds)),
    )
    if wanted.is_open is not None:
        asked = asked.where(cases.c.is_open.is_(wanted.is_open))
    rows = connection.execute(asked.order_by(cases.c.reported_ms.desc(), cases.c.id).limit(wanted.limit)).mappings()
    return [case_in(row) for row in rows]


def merged_into(connection: Transaction, case: str) -> list[CaseRow]:
    """The cases that another one leads, the oldest first."""
    asked = select(cases).where(cases.c.into == case).order_by(cases.c.reported_ms, cases.c.id)
    return [case_in(row) for row in connection.execute(asked).mappings()]


def tasks_of(connection: Transaction, units: Iterable[str]) -> list[AssignmentRow]:
    """What units have in hand now, the oldest first."""
    asked = select(assignments).where(among(connection, assignments.c.unit, units), ~assignments.c.is_over)
    rows = connection.execute(asked.order_by(assignments.c.since_ms, assignments.c.case)).mappings()
    return [AssignmentRow(**row) for row in rows]


def revisions_of(connection: Transaction, scene: str, unit: str) -> dict[str, int]:
    """Case → its revision, of those in which a unit has something in hand."""
    asked = select(cases.c.id, cases.c.revision).join(assignments, cases.c.id == assignments.c.case)
    found = asked.where(assignments.c.unit == unit, ~assignments.c.is_over, of_scene(scene))
    return {row.id: row.revision for row in connection.execute(found)}


def under_way(connection: Transaction, scene: str) -> list[UnderWay]:
    """Units of one scene that were sent and are not done, with the place where they are to."""
    own = [assignments.c[name] for name in ("case", "id", "unit", "state", "since_ms")]
    asked = select(*own, cases.c.lon_deg, cases.c.lat_deg, cases.c.accuracy_m)
    joined = asked.join(cases, cases.c.id == assignments.c.case)
    sent = assignments.c.state.in_(SENT) & ~assignments.c.is_over
    found = joined.where(sent, of_scene(scene), cases.c.is_open, cases.c.lon_deg.is_not(None))
    return [UnderWay(**row) for row in connection.execute(found).mappings()]


def of_scene(scene: str) -> ColumnElement[bool]:
    """Of what units have in hand only the cases of one scene.

    No index holds this: SQLite would begin with all cases of the scene, millions, instead of what is in hand.
    """
    return (cases.c.scene + "") == scene


def cells_around(circle: Circle) -> list[str]:
    """The squares that a circle touches."""
    high_deg = circle.reach_m / 111_000
    wide_deg = high_deg / max(math.cos(math.radians(circle.lat_deg)), 0.01)
    columns = range(_square(circle.lon_deg - wide_deg), _square(circle.lon_deg + wide_deg) + 1)
    rows = range(_square(circle.lat_deg - high_deg), _square(circle.lat_deg + high_deg) + 1)
    return [f"{column}:{row}" for column in columns for row in rows]


def stored(case: CaseRow) -> dict[str, Any]:
    """The columns of a row, with the square that it lies in."""
    return asdict(case) | {"cell": _cell(case)}


def _square(degrees: float) -> int:
    return math.floor(degrees * CELLS_A_DEGREE)


def _cell(case: CaseRow) -> str:
    if case.lon_deg is None or case.lat_deg is None:
        return ""
    return f"{_square(case.lon_deg)}:{_square(case.lat_deg)}"
