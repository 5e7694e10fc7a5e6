"""Responses and their logs, written and read. What may happen is decided in `dispatch/`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import insert, select, update

from core.errors import UnknownName
from store.sql import Transaction
from store.tables.responses import response_lines, responses


@dataclass(frozen=True, slots=True)
class ResponseRow:
    """A response as lists show it; body: the plan that it was begun under."""

    id: str
    scene: str
    stamp: str
    plan: str
    state: str
    level: int
    case: str
    exercise: bool
    proposed_ms: int
    review_ms: int
    revision: int
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LineRow:
    """One line of a log as it is stored; `dispatch.responses.Line` in plain words."""

    response: str
    number: int
    deed: str
    at_ms: int
    by: str
    name: str
    fields: Mapping[str, Any]
    key: str


def add_response(connection: Transaction, row: ResponseRow) -> None:
    """Write a new response, before its first line."""
    connection.execute(insert(responses).values(**asdict(row)))


def change_response(connection: Transaction, row: ResponseRow) -> None:
    """Write a response as its log folds now."""
    connection.execute(update(responses).where(responses.c.id == row.id).values(**asdict(row)))


def add_line(connection: Transaction, line: LineRow) -> None:
    """Write one line; a number that the log has already is refused by the database."""
    connection.execute(insert(response_lines).values(**asdict(line)))


def response_of(connection: Transaction, response: str) -> ResponseRow:
    """One response by its number. Raises UnknownName."""
    row = connection.execute(select(responses).where(responses.c.id == response)).mappings().first()
    if row is None:
        raise UnknownName(f"no response has the number {response!r}")
    return ResponseRow(**row)


def lines_of(connection: Transaction, response: str) -> list[LineRow]:
    """The whole log of a response, in its order."""
    asked = select(response_lines).where(response_lines.c.response == response).order_by(response_lines.c.number)
    return [LineRow(**row) for row in connection.execute(asked).mappings()]


def line_with_key(connection: Transaction, by: str, key: str) -> LineRow | None:
    """What somebody already did under a key."""
    asked = select(response_lines).where(response_lines.c.by == by, response_lines.c.key == key)
    row = connection.execute(asked).mappings().first()
    return None if row is None else LineRow(**row)


def responses_in(connection: Transaction, scene: str, states: Sequence[str], limit: int = 200) -> list[ResponseRow]:
    """Responses of a scene in these states, the gravest first, then the newest."""
    asked = select(responses).where(responses.c.scene == scene, responses.c.state.in_(list(states)))
    found = asked.order_by(responses.c.level, responses.c.proposed_ms.desc(), responses.c.id).limit(limit)
    return [ResponseRow(**row) for row in connection.execute(found).mappings()]


def responses_of_case(connection: Transaction, case: str) -> list[ResponseRow]:
    """Plans that were applied to a case, the oldest first."""
    asked = select(responses).where(responses.c.case == case).order_by(responses.c.proposed_ms, responses.c.id)
    return [ResponseRow(**row) for row in connection.execute(asked).mappings()]


def responses_lately(
    connection: Transaction, scene: str, states: Sequence[str], plan: str = "", limit: int = 20
) -> list[ResponseRow]:
    """Responses of a scene in these states, the newest first. plan: only under this one."""
    asked = select(responses).where(responses.c.scene == scene, responses.c.state.in_(list(states)))
    if plan:
        asked = asked.where(responses.c.plan == plan)
    found = asked.order_by(responses.c.proposed_ms.desc(), responses.c.id.desc()).limit(limit)
    return [ResponseRow(**row) for row in connection.execute(found).mappings()]
