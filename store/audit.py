"""Rows of the audit, written once and read in their order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from sqlalchemy import RowMapping, insert, select

from core.accounts import Act, AuditEntry
from store.sql import Transaction
from store.tables.audit import audit

_ACT = ("actor", "action", "subject", "at_ms", "address", "outcome", "detail")
PAGE = 1000


def add_entry(connection: Transaction, entry: AuditEntry) -> None:
    """Write the next row. The database itself refuses a number that is not the next, and any change later."""
    chained = {name: getattr(entry, name) for name in ("number", "algorithm", "previous", "digest")}
    connection.execute(insert(audit).values(**asdict(entry.act), **chained))


def last_entry(connection: Transaction) -> AuditEntry | None:
    """The newest row."""
    row = connection.execute(select(audit).order_by(audit.c.number.desc()).limit(1)).mappings().first()
    return None if row is None else _entry(row)


def entries(connection: Transaction, after: int = 0) -> Iterator[AuditEntry]:
    """All rows above a number, in their order, read in pages."""
    while page := _page(connection, after):
        yield from page
        after = page[-1].number


@dataclass(frozen=True, slots=True)
class Asked:
    """What rows of the audit are looked for; what is empty matches everything.

    actor: as the audit calls him. action: or its beginning, `user.`. subject: or a part of it. outcome: `done` or
    `refused`. from_ms, until_ms: the time, ms UTC, the second not included. before: only rows below this number.
    """

    actor: str = ""
    action: str = ""
    subject: str = ""
    outcome: str = ""
    from_ms: int = 0
    until_ms: int | None = None
    before: int | None = None


def find_entries(connection: Transaction, asked: Asked, limit: int) -> list[AuditEntry]:
    """The newest rows that match, newest first."""
    found = select(audit).where(audit.c.at_ms >= asked.from_ms)
    if asked.until_ms is not None:
        found = found.where(audit.c.at_ms < asked.until_ms)
    if asked.before is not None:
        found = found.where(audit.c.number < asked.before)
    if asked.actor:
        found = found.where(audit.c.actor == asked.actor)
    if asked.outcome:
        found = found.where(audit.c.outcome == asked.outcome)
    if asked.action:
        found = found.where(audit.c.action.startswith(asked.action, autoescape=True))
    if asked.subject:
        found = found.where(audit.c.subject.contains(asked.subject, autoescape=True))
    rows = connection.execute(found.order_by(audit.c.number.desc()).limit(limit))
    return [_entry(row) for row in rows.mappings()]


def _page(connection: Transaction, after: int) -> list[AuditEntry]:
    asked = select(audit).where(audit.c.number > after).order_by(audit.c.number).limit(PAGE)
    return [_entry(row) for row in connection.execute(asked).mappings()]


def _entry(row: RowMapping) -> AuditEntry:
    act = Act(**{name: row[name] for name in _ACT})
    return AuditEntry(row["number"], act, row["algorithm"], row["previous"], row["digest"])
