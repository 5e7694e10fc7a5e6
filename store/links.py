"""One-time links to tasks, written and read."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy import insert, select, update

from core.errors import UnknownName
from store.sql import Transaction
from store.tables.links import case_links


@dataclass(frozen=True, slots=True)
class LinkRow:
    """One link: to which assignment of a case, for whom, until when; real time, ms UTC."""

    number: int
    digest: str
    case: str
    assignment: str
    name: str
    made_by: str
    made_ms: int
    expires_ms: int
    revoked_ms: int | None = None


def add_link(connection: Transaction, link: LinkRow) -> int:
    """Write a new link. Returns its number."""
    row = {name: value for name, value in asdict(link).items() if name != "number"}
    return int(connection.execute(insert(case_links).values(**row).returning(case_links.c.number)).scalar_one())


def link_with(connection: Transaction, digest: str) -> LinkRow | None:
    """The link of a secret, by its digest."""
    row = connection.execute(select(case_links).where(case_links.c.digest == digest)).mappings().first()
    return None if row is None else LinkRow(**row)


def link_of(connection: Transaction, number: int) -> LinkRow:
    """One link by its number. Raises UnknownName."""
    row = connection.execute(select(case_links).where(case_links.c.number == number)).mappings().first()
    if row is None:
        raise UnknownName(f"no link has the number {number}")
    return LinkRow(**row)


def links_of(connection: Transaction, case: str) -> list[LinkRow]:
    """Every link that was made for a case, the oldest first."""
    asked = select(case_links).where(case_links.c.case == case).order_by(case_links.c.number)
    return [LinkRow(**row) for row in connection.execute(asked).mappings()]


def revoke_link(connection: Transaction, number: int, at_ms: int) -> None:
    """From now on it opens nothing."""
    connection.execute(update(case_links).where(case_links.c.number == number).values(revoked_ms=at_ms))
