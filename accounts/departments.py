"""Whose work somebody answers for: a department's liaison for his own department, as the register has it.

Orders and tasks name the department that owes them as people call it. Where the register knows no department of that
name no liaison speaks for it; the room does, until somebody enters it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from accounts.bearer import Bearer
from accounts.rights import may, refusal
from core.accounts import Department, Post, Role, Sensitivity
from store import people as kept
from store.sql import Transaction

OF_ONE = frozenset({Role.LIAISON})  # who speaks for one department; the room speaks for the city
PLATFORM = "platform:"  # another platform, as the audit calls it, answers for what was given to it by its name


@dataclass(frozen=True, slots=True)
class Owed:
    """What is to be answered: by which departments, by name; where, with the areas it lies in; its topic and grade."""

    departments: Collection[str]
    area: Sequence[str] = ()
    topic: str = ""
    sensitivity: Sensitivity = Sensitivity.PUBLIC


def check_own(connection: Transaction, by: Bearer, action: str, owed: Owed, now_ms: int) -> None:
    """Raise NotAllowed when he may do this as a liaison alone, and of another department. now_ms: real time."""
    of_the_room = replace(by, grants=tuple(grant for grant in by.grants if grant.role not in OF_ONE))
    if may(of_the_room, action, area=owed.area, topic=owed.topic, sensitivity=owed.sensitivity).allowed:
        return
    if by.name in {f"{PLATFORM}{name}" for name in owed.departments}:
        return
    known = {one.id: one for one in kept.departments(connection)}
    wanted = [one for one in known.values() if one.name in owed.departments]
    if not wanted:
        raise refusal("unknown-department", department="、".join(owed.departments) or "—")
    if not _held(connection, by, now_ms) & answering(wanted, known):
        raise refusal("other-department", department="、".join(one.name for one in wanted))


def answering(wanted: Collection[Department], known: Mapping[str, Department]) -> set[str]:
    """The departments that answer for some: they themselves, those they belong to, and who took their work over."""
    found, waiting = set[str](), [one.id for one in wanted]
    while waiting:
        one = known.get(waiting.pop())
        if one is not None and one.id not in found:
            found.add(one.id)
            waiting += [one.parent, one.successor]
    return found


def departments_of(connection: Transaction, by: Bearer, now_ms: int) -> list[str]:
    """The names of the departments at whose posts somebody is now. now_ms: real time."""
    own = {post.department for post in _posts(connection, by, now_ms)}
    return [one.name for one in kept.departments(connection) if one.id in own]


def _held(connection: Transaction, by: Bearer, now_ms: int) -> set[str]:
    """The departments of the posts at which he is a liaison now."""
    return {post.department for post in _posts(connection, by, now_ms) if post.role in OF_ONE}


def _posts(connection: Transaction, by: Bearer, now_ms: int) -> list[Post]:
    """The posts that somebody holds now."""
    kind, _, login = by.name.partition(":")
    person = kept.find_person(connection, login) if kind == "person" else None
    if person is None:
        return []
    posts = kept.posts(connection)
    return [posts[one.post] for one in kept.appointments(connection, person.id) if one.holds_at(now_ms)]
