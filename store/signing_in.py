"""Passwords, second factors, names elsewhere and attempts, read and written. Secrets come here hashed or sealed."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import delete, func, insert, select, update

from core.accounts import Person
from core.errors import Taken
from store.people import person_of
from store.sql import Transaction
from store.tables import signing_in as tables


@dataclass(frozen=True, slots=True)
class Password:
    """A password of a person as it is kept."""

    hash: str = field(repr=False)
    set_ms: int
    must_change: bool


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """The second factor of a person as it is kept; the steps of time up to `last_step` were used."""

    sealed: str = field(repr=False)
    confirmed: bool
    last_step: int


def add_password(connection: Transaction, person: int, hashed: str, set_ms: int, must_change: bool) -> None:
    """Write a new password; the ones before it become history."""
    row = {"person": person, "hash": hashed, "set_ms": set_ms, "must_change": must_change}
    connection.execute(insert(tables.passwords).values(**row))


def passwords(connection: Transaction, person: int, newest: int) -> list[Password]:
    """The newest passwords of a person, the present one first."""
    mine = select(tables.passwords).where(tables.passwords.c.person == person)
    rows = connection.execute(mine.order_by(tables.passwords.c.id.desc()).limit(newest))
    return [Password(row["hash"], row["set_ms"], row["must_change"]) for row in rows.mappings()]


def put_second_factor(connection: Transaction, person: int, factor: SecondFactor) -> None:
    """Write the second factor of a person in the place of any other."""
    drop_second_factor(connection, person)
    row = {"sealed": factor.sealed, "confirmed": factor.confirmed, "last_step": factor.last_step}
    connection.execute(insert(tables.second_factors).values(person=person, **row))


def second_factor(connection: Transaction, person: int) -> SecondFactor | None:
    """The second factor of a person."""
    mine = select(tables.second_factors).where(tables.second_factors.c.person == person)
    row = connection.execute(mine).mappings().first()
    return None if row is None else SecondFactor(row["sealed"], row["confirmed"], row["last_step"])


def drop_second_factor(connection: Transaction, person: int) -> None:
    """Forget the second factor of a person, who lost his device."""
    connection.execute(delete(tables.second_factors).where(tables.second_factors.c.person == person))


def link(connection: Transaction, person: int, source: str, subject: str) -> None:
    """Say under which name another system knows a person. Raises Taken: it is somebody else's."""
    known = linked(connection, source, subject)
    if known is not None and known.id != person:
        raise Taken(subject)
    if known is None:
        connection.execute(insert(tables.links).values(person=person, source=source, subject=subject))


def links_of(connection: Transaction, person: int) -> list[tuple[str, str]]:
    """Under which name each other system knows a person."""
    mine = select(tables.links.c.source, tables.links.c.subject).where(tables.links.c.person == person)
    return [(row.source, row.subject) for row in connection.execute(mine.order_by(tables.links.c.id))]


def linked(connection: Transaction, source: str, subject: str) -> Person | None:
    """The person whom another system knows under a name."""
    asked = select(tables.links.c.person).where(tables.links.c.source == source, tables.links.c.subject == subject)
    person = connection.execute(asked).scalar()
    return None if person is None else person_of(connection, person)


def begin_attempt(connection: Transaction, login: str, address: str, at_ms: int) -> int:
    """Write an attempt to sign in. It counts as failed until `attempt_succeeded`. Returns its number."""
    row = {"login": login, "address": address, "at_ms": at_ms, "failed": True}
    return int(connection.execute(insert(tables.attempts).values(**row).returning(tables.attempts.c.id)).scalar_one())


def failures_of_login(connection: Transaction, login: str, since_ms: int) -> list[int]:
    """When attempts under a login failed since a time and since its last success, ms UTC, rising."""
    mine = (tables.attempts.c.login == login) & (tables.attempts.c.at_ms >= since_ms)
    last = select(func.max(tables.attempts.c.id)).where(mine & ~tables.attempts.c.failed).scalar_subquery()
    failed = mine & tables.attempts.c.failed & (tables.attempts.c.id > func.coalesce(last, 0))
    return list(
        connection.execute(select(tables.attempts.c.at_ms).where(failed).order_by(tables.attempts.c.id)).scalars()
    )


def failures_from_address(connection: Transaction, address: str, since_ms: int) -> int:
    """How many attempts from an address failed since a time, under whatever login."""
    failed = (tables.attempts.c.address == address) & (tables.attempts.c.at_ms >= since_ms) & tables.attempts.c.failed
    return int(connection.execute(select(func.count()).select_from(tables.attempts).where(failed)).scalar_one())


def attempt_succeeded(connection: Transaction, attempt: int) -> None:
    """This attempt was right after all; failures before it no longer count."""
    connection.execute(update(tables.attempts).where(tables.attempts.c.id == attempt).values(failed=False))


def forget_attempts(connection: Transaction, login: str) -> None:
    """Unlock a login."""
    connection.execute(delete(tables.attempts).where(tables.attempts.c.login == login))


def drop_attempts(connection: Transaction, before_ms: int) -> int:
    """Forget attempts too old to count. Returns how many."""
    return connection.execute(delete(tables.attempts).where(tables.attempts.c.at_ms < before_ms)).rowcount
