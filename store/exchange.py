"""Cases between platforms, and messages that wait to be sent, written and read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select, update

from store.sql import Transaction, put
from store.tables.cases import cases
from store.tables.exchange import exchange_out, exchanged


@dataclass(frozen=True, slots=True)
class Exchanged:
    """A case that two platforms share. given: `in` when we work on it for them. told: the state told last."""

    case: str
    peer: str
    given: str
    told: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message to a peer. next_ms: when it is tried next, real time; None: never again."""

    key: str
    peer: str
    body: Mapping[str, Any]
    tries: int = 0
    next_ms: int | None = 0
    said: str = ""


def put_exchanged(connection: Transaction, one: Exchanged) -> None:
    """Write how a case is shared."""
    put(connection, exchanged, asdict(one))


def shared_with(connection: Transaction, case: str) -> list[Exchanged]:
    """The platforms that share a case."""
    rows = connection.execute(select(exchanged).where(exchanged.c.case == case).order_by(exchanged.c.peer)).mappings()
    return [Exchanged(**row) for row in rows]


def untold(connection: Transaction, limit: int = 200) -> list[tuple[Exchanged, str]]:
    """Cases that we work on for others and whose state they do not know yet, with that state."""
    asked = select(exchanged, cases.c.state).join(cases, cases.c.id == exchanged.c.case)
    asked = asked.where(exchanged.c.given == "in", exchanged.c.told != cases.c.state).limit(limit)
    return [
        (Exchanged(**{name: row[name] for name in Exchanged.__dataclass_fields__}), row["state"])
        for row in connection.execute(asked).mappings()
    ]


def add_waiting(connection: Transaction, one: Waiting) -> None:
    """Write a message; it is sent only if this transaction commits."""
    put(connection, exchange_out, asdict(one))


def due(connection: Transaction, now_ms: int, limit: int = 50) -> list[Waiting]:
    """Messages whose time has come, the earliest first."""
    asked = select(exchange_out).where(exchange_out.c.next_ms <= now_ms).order_by(exchange_out.c.next_ms).limit(limit)
    return [Waiting(**row) for row in connection.execute(asked).mappings()]


def note_sent(connection: Transaction, key: str, said: str, next_ms: int | None) -> None:
    """Write what became of an attempt. next_ms None: it was the last one."""
    changed = update(exchange_out).where(exchange_out.c.key == key)
    connection.execute(changed.values(tries=exchange_out.c.tries + 1, said=said, next_ms=next_ms))
