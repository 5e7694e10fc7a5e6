"""Rows of the audit, written once and read in their order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

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


def find_entries(
    connection: Transaction, *, actor: str = "", action: str = "", subject: str = "", from_ms: int = 0, limit: int = 200
) -> list[AuditEntry]:
    """The newest rows that match, newest first; empty words match everything. action: also its beginning, `user.`."""
    asked = select(audit).where(audit.c.at_ms >= from_ms)
    if actor:
        asked = asked.where(audit.c.actor == actor)
    if action:
        asked = asked.where(audit.c.action.startswith(action, autoescape=True))
    if subject:
        asked = asked.where(audit.c.subject == subject)
    rows = connection.execute(asked.order_by(audit.c.number.desc()).limit(limit))
    return [_entry(row) for row in rows.mappings()]


def _page(connection: Transaction, after: int) -> list[AuditEntry]:
    asked = select(audit).where(audit.c.number > after).order_by(audit.c.number).limit(PAGE)
    return [_entry(row) for row in connection.execute(asked).mappings()]


def _entry(row: RowMapping) -> AuditEntry:
    act = Act(**{name: row[name] for name in _ACT})
    return AuditEntry(row["number"], act, row["algorithm"], row["previous"], row["digest"])
