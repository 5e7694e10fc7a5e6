"""Sessions and tokens, read and written. Only digests of their secrets are kept."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy import RowMapping, insert, select, update

from core.accounts import Reach, Role, Sensitivity, Session, Token
from core.errors import UnknownName
from store.sql import Transaction
from store.tables.signing_in import sessions as session_table
from store.tables.signing_in import tokens as token_table


def add_session(connection: Transaction, session: Session) -> int:
    """Write a new session; its own number is not looked at. Returns the number that it has now."""
    row = _without_id(asdict(session))
    return int(connection.execute(insert(session_table).values(**row).returning(session_table.c.id)).scalar_one())


def session_by_digest(connection: Transaction, digest: str) -> Session | None:
    """The session of a cookie, also when it has ended."""
    row = connection.execute(select(session_table).where(session_table.c.digest == digest)).mappings().first()
    return None if row is None else Session(**row)


def open_sessions(connection: Transaction, now_ms: int) -> list[Session]:
    """Sessions that neither ended nor expired, by number."""
    asked = select(session_table).where(session_table.c.ended_ms.is_(None), session_table.c.expires_ms > now_ms)
    return [Session(**row) for row in connection.execute(asked.order_by(session_table.c.id)).mappings()]


def seen(connection: Transaction, session: int, at_ms: int) -> None:
    """Write when a session was last used."""
    connection.execute(update(session_table).where(session_table.c.id == session).values(seen_ms=at_ms))


def end_sessions(connection: Transaction, by: str, at_ms: int, **whose: object) -> int:
    """End the open sessions with these fields, such as `id=7`, `person=3` or `seat="duty-1"`. Returns how many."""
    ending = update(session_table).where(session_table.c.ended_ms.is_(None))
    for field, value in whose.items():
        ending = ending.where(session_table.c[field] == value)
    return connection.execute(ending.values(ended_ms=at_ms, ended_by=by)).rowcount


def end_other_sessions(connection: Transaction, by: str, at_ms: int, person: int, keeping: int) -> int:
    """End the open sessions of a person but one. Returns how many."""
    others = (session_table.c.person == person) & (session_table.c.id != keeping) & session_table.c.ended_ms.is_(None)
    return connection.execute(update(session_table).where(others).values(ended_ms=at_ms, ended_by=by)).rowcount


def strengthen(connection: Transaction, session: int) -> None:
    """A second factor was shown in this session."""
    connection.execute(update(session_table).where(session_table.c.id == session).values(strong=True))


def weaken(connection: Transaction, person: int) -> None:
    """No session of a person counts as one with a second factor any more."""
    connection.execute(update(session_table).where(session_table.c.person == person).values(strong=False))


def add_token(connection: Transaction, token: Token) -> int:
    """Write a new token; its own number is not looked at. Returns the number that it has now."""
    row = _without_id(asdict(token))
    reach = row.pop("reach")
    row |= {"areas": list(reach["areas"]), "topics": list(reach["topics"]), "sensitivity": reach["sensitivity"]}
    row["actions"] = list(row["actions"])
    return int(connection.execute(insert(token_table).values(**row).returning(token_table.c.id)).scalar_one())


def token_by_digest(connection: Transaction, digest: str) -> Token | None:
    """The token with a secret, also when it was revoked."""
    row = connection.execute(select(token_table).where(token_table.c.digest == digest)).mappings().first()
    return None if row is None else _token(row)


def tokens(connection: Transaction) -> list[Token]:
    """All tokens ever made, by number."""
    return [_token(row) for row in connection.execute(select(token_table).order_by(token_table.c.id)).mappings()]


def revoke_token(connection: Transaction, token: int, at_ms: int) -> None:
    """From now on this token opens nothing. Raises UnknownName."""
    ending = update(token_table).where(token_table.c.id == token, token_table.c.revoked_ms.is_(None))
    if not connection.execute(ending.values(revoked_ms=at_ms)).rowcount:
        raise UnknownName(f"no token {token} is in use")


def token_used(connection: Transaction, token: int, at_ms: int) -> None:
    """Write when a token was last shown."""
    connection.execute(update(token_table).where(token_table.c.id == token).values(used_ms=at_ms))


def _without_id(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "id"}


def _token(row: RowMapping) -> Token:
    reach = Reach(tuple(row["areas"]), tuple(row["topics"]), Sensitivity(row["sensitivity"]))
    plain = {
        name: row[name] for name in ("id", "name", "digest", "made_ms", "expires_ms", "seat", "revoked_ms", "used_ms")
    }
    return Token(role=Role(row["role"]), reach=reach, actions=tuple(row["actions"]), **plain)
