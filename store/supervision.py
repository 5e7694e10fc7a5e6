"""Orders of supervision, their logs and what leaders have read, written and read. What may happen: `dispatch/`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import insert, select, update

from core.errors import UnknownName
from store.sql import Transaction, put
from store.tables.supervision import order_lines, orders, read_marks


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order as lists show it. due_ms None: its clock rests or is over."""

    id: str
    scene: str
    stamp: str
    kind: str
    state: str
    is_open: bool
    about: str
    title: str
    area: str
    topic: str
    owner: str
    issued_ms: int
    due_ms: int | None
    revision: int


@dataclass(frozen=True, slots=True)
class OrderLineRow:
    """One line of a log as it is stored; `dispatch.supervision.OrderLine` in plain words."""

    order: str
    number: int
    deed: str
    at_ms: int
    by: str
    name: str
    fields: Mapping[str, Any]
    key: str


@dataclass(frozen=True, slots=True)
class ReadMark:
    """That a leader has read 已阅 something; at_ms: city time."""

    scene: str
    about: str
    by: str
    name: str
    at_ms: int


def add_order(connection: Transaction, row: OrderRow) -> None:
    """Write a new order, before its first line."""
    connection.execute(insert(orders).values(**asdict(row)))


def change_order(connection: Transaction, row: OrderRow) -> None:
    """Write an order as its log folds now."""
    connection.execute(update(orders).where(orders.c.id == row.id).values(**asdict(row)))


def add_order_line(connection: Transaction, line: OrderLineRow) -> None:
    """Write one line; a number that the log has already is refused by the database."""
    connection.execute(insert(order_lines).values(**asdict(line)))


def order_of(connection: Transaction, order: str) -> OrderRow:
    """One order by its number. Raises UnknownName."""
    row = connection.execute(select(orders).where(orders.c.id == order)).mappings().first()
    if row is None:
        raise UnknownName(f"no order has the number {order!r}")
    return OrderRow(**row)


def order_lines_of(connection: Transaction, order: str) -> list[OrderLineRow]:
    """The whole log of an order, in its order."""
    asked = select(order_lines).where(order_lines.c.order == order).order_by(order_lines.c.number)
    return [OrderLineRow(**row) for row in connection.execute(asked).mappings()]


def order_line_with_key(connection: Transaction, by: str, key: str) -> OrderLineRow | None:
    """What somebody already did under a key."""
    asked = select(order_lines).where(order_lines.c.by == by, order_lines.c.key == key)
    row = connection.execute(asked).mappings().first()
    return None if row is None else OrderLineRow(**row)


def orders_in(connection: Transaction, scene: str, is_open: bool, limit: int = 300) -> list[OrderRow]:
    """Orders of a scene: open ones, what is due first first; or those that are over, the newest first."""
    asked = select(orders).where(orders.c.scene == scene, orders.c.is_open == is_open)
    rising = (orders.c.due_ms.is_(None), orders.c.due_ms, orders.c.id)
    found = asked.order_by(*(rising if is_open else (orders.c.issued_ms.desc(), orders.c.id))).limit(limit)
    return [OrderRow(**row) for row in connection.execute(found).mappings()]


def orders_about(connection: Transaction, scene: str, about: str) -> list[OrderRow]:
    """What was ordered about one thing, the oldest first."""
    asked = select(orders).where(orders.c.scene == scene, orders.c.about == about)
    return [OrderRow(**row) for row in connection.execute(asked.order_by(orders.c.issued_ms, orders.c.id)).mappings()]


def put_read(connection: Transaction, mark: ReadMark) -> None:
    """Write that somebody has read something; read again, the newer time stands."""
    put(connection, read_marks, asdict(mark))


def reads_of(connection: Transaction, scene: str, about: str) -> list[ReadMark]:
    """Who has read something, the first first."""
    asked = select(read_marks).where(read_marks.c.scene == scene, read_marks.c.about == about)
    return [ReadMark(**row) for row in connection.execute(asked.order_by(read_marks.c.at_ms)).mappings()]
