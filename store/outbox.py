"""The outbox: a row is written with the act it tells of, and read until a stream has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, insert, select

from core.acts import ActTopic
from store.sql import Transaction, put
from store.tables.outbox import outbox, outbox_marks


@dataclass(frozen=True, slots=True)
class Told:
    """One row: its number is its id in the stream. Numbers rise in the order of the commits."""

    number: int
    at_ms: int
    topic: str
    body: dict[str, Any]


def tell(connection: Transaction, topic: ActTopic, body: dict[str, Any], at_ms: int) -> int:
    """Write one row; it leaves only if this transaction commits. Returns its number."""
    row = connection.execute(insert(outbox).values(at_ms=at_ms, topic=topic, body=body).returning(outbox.c.number))
    return int(row.scalar_one())


def told_after(connection: Transaction, number: int, limit: int = 1000) -> list[Told]:
    """The next rows above a number, in their order."""
    rows = connection.execute(select(outbox).where(outbox.c.number > number).order_by(outbox.c.number).limit(limit))
    return [Told(**row) for row in rows.mappings()]


def followed_to(connection: Transaction, follower: str) -> int:
    """The number of the last row that a follower has dealt with; 0 at its first start."""
    asked = select(outbox_marks.c.number).where(outbox_marks.c.follower == follower)
    return int(connection.execute(asked).scalar() or 0)


def note_followed(connection: Transaction, follower: str, number: int) -> None:
    """Write how far a follower has come, in the transaction of what it did about the rows."""
    put(connection, outbox_marks, {"follower": follower, "number": number})


def last_number(connection: Transaction) -> int:
    """The highest number that a row has now; 0 when there is none."""
    return int(connection.execute(select(func.coalesce(func.max(outbox.c.number), 0))).scalar_one())


@dataclass(frozen=True, slots=True)
class Behind:
    """A follower that leaves rows untouched: since when the first of them was written, ms UTC."""

    follower: str
    since_ms: int


def behind(connection: Transaction, before_ms: int) -> list[Behind]:
    """Followers before whom rows lie that were written before a time."""
    first = func.min(outbox.c.at_ms).label("since_ms")
    joined = outbox_marks.join(outbox, outbox.c.number > outbox_marks.c.number)
    asked = select(outbox_marks.c.follower, first).select_from(joined).where(outbox.c.at_ms < before_ms)
    rows = connection.execute(asked.group_by(outbox_marks.c.follower).order_by(outbox_marks.c.follower)).mappings()
    return [Behind(**row) for row in rows]


def drop_told(connection: Transaction, up_to: int, before_ms: int, gone_ms: int = 0) -> int:
    """Forget rows that the stream has (numbers up to `up_to`), all followers have dealt with and that are older.

    gone_ms: a follower before whom a row lies that was written before this time is gone, and nobody waits for it.

    Returns how many. The highest row stays: it shows that this database is not older than the stream.
    """
    long_ago = connection.execute(select(func.max(outbox.c.number)).where(outbox.c.at_ms < gone_ms)).scalar() or 0
    alive = select(func.min(outbox_marks.c.number)).where(outbox_marks.c.number >= long_ago)
    slowest = connection.execute(alive).scalar()
    followed = up_to if slowest is None else min(up_to, slowest)
    old = (outbox.c.number <= followed) & (outbox.c.at_ms < before_ms) & (outbox.c.number < last_number(connection))
    return connection.execute(delete(outbox).where(old)).rowcount
