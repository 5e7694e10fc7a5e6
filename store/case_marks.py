"""By what an open case is found that its row does not say: who wrote in its log, and from where it was told.

Of five million logs these are the few lines that the queue is narrowed by. They follow from the log and the intake, are
written with them in one transaction, and go when a case is closed.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, String, cast, delete, exists, insert, literal, select, union
from sqlalchemy import case as first_that

from store.sql import Transaction, among
from store.tables.cases import case_entries, case_marks, cases
from store.tables.intake import intake

REPORTING = ("person", "token", "platform")  # kinds of bearer that report; everything else comes through the intake


def wrote(by: str) -> str:
    """The mark of a case in whose log somebody wrote."""
    return f"by:{by}"


def told_from(source: str) -> str:
    """The mark of a case that was reported by a kind of bearer, or to which something from a source belongs."""
    return f"from:{source}"


def has_mark(mark: str) -> ColumnElement[bool]:
    """Whether an open case is found by a mark."""
    return exists().where(case_marks.c.mark == mark, case_marks.c.case == cases.c.id)


def put_marks(connection: Transaction, wanted: Iterable[str]) -> None:
    """Write anew by what some cases are found; one that is not open is found by nothing."""
    names, entry = list(wanted), case_entries.c
    reporter = first_that(
        *((entry.by.startswith(f"{kind}:"), told_from(kind)) for kind in REPORTING), else_=told_from("machine")
    )
    open_logs = select(entry.case).join(cases, (cases.c.id == entry.case) & cases.c.is_open)
    these = open_logs.where(among(connection, entry.case, names))
    came = select(intake.c.case, cast(literal(told_from("")) + intake.c.source, String))
    marks = union(
        these.add_columns(literal(wrote("")) + entry.by),
        these.add_columns(reporter).where(entry.number == 1),
        came.join(cases, (cases.c.id == intake.c.case) & cases.c.is_open).where(
            among(connection, intake.c.case, names)
        ),
    )
    connection.execute(delete(case_marks).where(among(connection, case_marks.c.case, names)))
    connection.execute(insert(case_marks).from_select(["case", "mark"], marks))
