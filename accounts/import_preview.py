"""What a workbook would do to the roster, row by row, before it does it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from accounts.import_roster import Record, Row, Wish
from accounts.register import Register
from core.accounts import Department, Person, Post


@dataclass(frozen=True, slots=True)
class Effect:
    """What one row would do. place: file, sheet and row. kind: new, changed, same, refused. says: whom it is about.

    why: it would be refused.
    """

    place: str
    kind: str
    says: str
    why: str = ""


def effects(
    rows: Sequence[tuple[Row, Record]], refused: Sequence[str], register: Register, now_ms: int
) -> Iterator[Effect]:
    """What each row would do to the register as it stands.

    refused: For each row why it would be refused, as `accounts.import_roster.rehearse` tells; empty: it would not.
    """
    for (row, record), why in zip(rows, refused, strict=True):
        kind = "refused" if why else _kind(record, register, now_ms)
        yield Effect(row.place, kind, _says(record), why)


def _kind(record: Record, register: Register, now_ms: int) -> str:
    match record:
        case Department():
            return _compared(register.departments.get(record.id), record)
        case Post():
            return _compared(register.posts.get(record.id), record)
        case Person():
            known = next((one for one in register.people.values() if one.login == record.login), None)
            return _compared(known and replace(known, id=record.id, disabled=record.disabled), record)
        case Wish():
            return "same" if _stands(record, register, now_ms) else "new"


def _compared(known: object, wanted: object) -> str:
    if known is None:
        return "new"
    return "same" if known == wanted else "changed"


def _stands(wish: Wish, register: Register, now_ms: int) -> bool:
    """Whether somebody holds the post already when the row wants him to."""
    at_ms = max(wish.term.from_ms, now_ms)
    people = {one.id for one in register.people.values() if one.login == wish.login}
    return any(one.person in people and one.holds_at(at_ms) for one in register.at_post(wish.post))


def _says(record: Record) -> str:
    match record:
        case Department(id_, name):
            return f"{name} ({id_})"
        case Post(id_, name):
            return f"{name} ({id_})"
        case Person(_, login, name):
            return f"{name} ({login})"
        case Wish(login, post):
            return f"{login} → {post}"
