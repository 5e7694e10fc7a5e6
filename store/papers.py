"""Urgent reports, written and read. What may happen to one is decided in `dispatch/urgent_office.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import func, insert, select, update

from core.errors import UnknownName
from store.sql import Transaction
from store.tables.papers import papers


@dataclass(frozen=True, slots=True)
class PaperRow:
    """One version of a report. state: `draft`, `approved`, `sent`. Times ms UTC, city time; None: not yet.

    chain: roles through whose hands it goes, in this order. trail: what was done to it, each with hand, by, role,
    at_ms and said.
    """

    case: str
    number: int
    stage: str
    state: str
    said: Mapping[str, str]
    facts: Mapping[str, Any]
    as_of_ms: int
    drafted_by: str
    drafted_ms: int
    approved_by: str = ""
    approved_ms: int | None = None
    returned_for: str = ""
    sent_by: str = ""
    sent_ms: int | None = None
    receiver: str = ""
    receipt: str = ""
    chain: Sequence[str] = ()
    trail: Sequence[Mapping[str, Any]] = ()


def papers_of(connection: Transaction, case: str) -> list[PaperRow]:
    """All versions of a case, in their order, without their files."""
    columns = (papers.c[name] for name in PaperRow.__dataclass_fields__)
    rows = connection.execute(select(*columns).where(papers.c.case == case).order_by(papers.c.number)).mappings()
    return [PaperRow(**row) for row in rows]


def add_paper(connection: Transaction, paper: PaperRow) -> None:
    """Write a new version; a number that the case has already is refused by the database."""
    connection.execute(insert(papers).values(**asdict(paper)))


def change_paper(connection: Transaction, paper: PaperRow, files: Mapping[str, bytes] | None = None) -> None:
    """Write what became of a version. files: `docx` and `pdf`, once, when it is issued."""
    here = (papers.c.case == paper.case) & (papers.c.number == paper.number)
    connection.execute(update(papers).where(here).values(**asdict(paper), **(files or {})))


def next_number(connection: Transaction, case: str) -> int:
    """The number of the next version."""
    newest = select(func.max(papers.c.number)).where(papers.c.case == case)
    return (connection.execute(newest).scalar() or 0) + 1


def file_of(connection: Transaction, case: str, number: int, form: str) -> bytes | None:
    """The file as it was issued; None: it was not. form: `docx` or `pdf`. Raises UnknownName."""
    row = connection.execute(
        select(papers.c[form]).where(papers.c.case == case, papers.c.number == number)
    ).one_or_none()
    if row is None:
        raise UnknownName(f"no report {number} on {case!r}")
    return None if row[0] is None else bytes(row[0])
