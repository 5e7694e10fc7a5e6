"""Recipients and routes of notices, read and written. Addresses and secrets come and go sealed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import msgspec
from sqlalchemy import delete, select

from core.notices import Channel, Recipient, Route
from core.records import Level
from store.sql import Transaction, put
from store.tables import notices as tables

Sealing = Callable[[str], str]

_LISTS = ("to", "channels", "topics", "areas", "then")


def put_recipient(connection: Transaction, recipient: Recipient, close: Sealing) -> None:
    """Write a recipient, new or known by its id. close: seals what a copy of the database must not tell."""
    row = asdict(replace(recipient, addresses={}))
    row["addresses"] = close(msgspec.json.encode(recipient.addresses).decode())
    row["secret"] = close(recipient.secret)
    put(connection, tables.recipients, row)


def recipients(connection: Transaction, open_: Sealing) -> dict[str, Recipient]:
    """All recipients by id. open_: opens what was sealed."""
    rows = connection.execute(select(tables.recipients).order_by(tables.recipients.c.id)).mappings()
    return {row["id"]: Recipient(**dict(row) | _opened(dict(row), open_)) for row in rows}


def drop_recipient(connection: Transaction, recipient: str) -> None:
    """Forget a recipient; what he was told stays."""
    connection.execute(delete(tables.recipients).where(tables.recipients.c.id == recipient))


def put_route(connection: Transaction, route: Route) -> None:
    """Write a route, new or known by its id."""
    row = asdict(route)
    put(connection, tables.routes, row | {name: list(row[name]) for name in _LISTS})


def routes(connection: Transaction) -> dict[str, Route]:
    """All routes by id."""
    rows = connection.execute(select(tables.routes).order_by(tables.routes.c.id)).mappings()
    return {row["id"]: _route(dict(row)) for row in rows}


def drop_route(connection: Transaction, route: str) -> None:
    """Forget a route."""
    connection.execute(delete(tables.routes).where(tables.routes.c.id == route))


def _opened(row: dict[str, Any], open_: Sealing) -> dict[str, Any]:
    addresses = msgspec.json.decode(open_(row["addresses"]), type=dict[Channel, str])
    return {"addresses": addresses, "secret": open_(row["secret"])}


def _route(row: dict[str, Any]) -> Route:
    row |= {name: tuple(row[name]) for name in _LISTS}
    channels = tuple(Channel(channel) for channel in row["channels"])
    return Route(**row | {"channels": channels, "level": Level(row["level"])})
