"""The queue of open cases: what is due first first, page by page, narrowed, and counted.

All that it is narrowed and counted by stands in one index of what is open: only the rows that are shown are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, case, func, literal_column, select, tuple_

from store.case_filters import ANY, Only, left_of
from store.cases import CaseRow, case_in
from store.sql import Transaction
from store.tables.cases import cases

WAITING = ("shelved", "postponed")  # on hold until somebody takes it up


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a case stands in the queue: by when it is due, then by when it was reported; None: nothing runs, last."""

    due_ms: int | None
    reported_ms: int
    id: str

    @classmethod
    def of(cls, row: CaseRow) -> Mark:
        """The place of a case as it is now."""
        return cls(row.due_ms, row.reported_ms, row.id)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which cases `queue` gives; "" and () mean any. after: only those that come after a place in the queue."""

    areas: Sequence[str] = ()
    topics: Sequence[str] = ()
    lead: str = ""
    state: str = ""
    limit: int = 200
    after: Mark | None = None
    only: Only = ANY


@dataclass(frozen=True, slots=True)
class Count:
    """How many open cases of one area and topic stand in a state, how many of them late, and on hold."""

    area: str
    topic: str
    state: str
    open: int
    late: int
    held: int


def queue(connection: Transaction, scene: str, asked: Asked) -> list[CaseRow]:
    """Open cases, what is due first first; those without a running clock come last, the oldest first."""
    order, after = (cases.c.due_ms, cases.c.reported_ms, cases.c.id), asked.after
    found = _narrowed(select(cases.c.id), scene, asked).order_by(*order)
    runs, rests = found.where(cases.c.due_ms.is_not(None)), found.where(cases.c.due_ms.is_(None))
    parts = [runs, rests]
    if after and after.due_ms is not None:
        parts = [runs.where(tuple_(*order) > (after.due_ms, after.reported_ms, after.id)), rests]
    elif after:
        parts = [rests.where(tuple_(*order[1:]) > (after.reported_ms, after.id))]
    rows: list[CaseRow] = []
    for part in parts:
        if len(rows) < asked.limit:
            shown = part.limit(asked.limit - len(rows)).subquery()
            whole = select(cases).join(shown, shown.c.id == cases.c.id).order_by(*order)
            rows += [case_in(row) for row in connection.execute(whole).mappings()]
    return rows


def counts(connection: Transaction, scene: str, asked: Asked, at_ms: int) -> list[Count]:
    """What of the queue stands where, whatever state and page were asked for. at_ms: who is due before is late."""
    # As expressions: SQLite would take the index that is sorted so, and read every row for what that does not hold.
    own = [column + literal_column("''") for column in (cases.c.area, cases.c.topic, cases.c.state)]
    late, held = cases.c.due_ms < at_ms, cases.c.hold.in_(WAITING)
    told = select(*own, func.count(), *(func.sum(case((one, 1), else_=0)) for one in (late, held)))
    found = _narrowed(told, scene, asked, any_state=True).group_by(*own)
    return [Count(*row) for row in connection.execute(found).all()]


def where_open(connection: Transaction, scene: str) -> list[tuple[str, str]]:
    """Every area with a topic in which something is open."""
    asked = select(cases.c.area, cases.c.topic).where(cases.c.scene == scene, cases.c.is_open).distinct()
    return [(row.area, row.topic) for row in connection.execute(asked)]


def _narrowed(found: Select[Any], scene: str, asked: Asked, any_state: bool = False) -> Select[Any]:
    found = found.where(cases.c.scene == scene, cases.c.is_open)
    if asked.areas:
        found = found.where(cases.c.area.in_(list(asked.areas)))
    if asked.topics:
        found = found.where(cases.c.topic.in_(list(asked.topics)))
    if asked.lead:
        found = found.where(cases.c.lead == asked.lead)
    if asked.state and not any_state:
        found = found.where(cases.c.state == asked.state)
    return left_of(found, asked.only)
