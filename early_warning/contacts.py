"""Whom to call about a warning: who has it, then those whose post covers its area and topic. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.accounts import EVERYWHERE, Appointment, Person, Post, Reach, Role
from early_warning.duty_rules import Concerned

CALLED = (Role.FIELD, Role.LIAISON, Role.DUTY, Role.SHIFT_LEADER, Role.LEADER)  # in this order
HOLDER = "holder"
SHOWN = 6


@dataclass(frozen=True, slots=True)
class Contact:
    """One number to call. role: what somebody is there for; `holder`: it is his."""

    name: str
    phone: str
    role: str
    post: str


@dataclass(frozen=True, slots=True)
class Book:
    """The roster as far as it can be called."""

    people: Mapping[int, Person]
    posts: Mapping[str, Post]
    appointments: Iterable[Appointment]


def contacts(book: Book, one: Concerned, holder: str, now_ms: int) -> list[Contact]:
    """Numbers to call, the best first: who has it, then by role, of each the nearest area and the holder of the post.

    Args:
        book: The roster.
        one: What it is about.
        holder: Who took it, as the audit calls him: `person:zhao`; "" for nobody.
        now_ms: Real time: posts are held from a time to a time.
    """
    found = []
    for held in book.appointments:
        person, post = book.people[held.person], book.posts[held.post]
        if not person.phone or person.disabled or not held.holds_at(now_ms):
            continue
        is_holder = holder == f"person:{person.login}"
        if is_holder or (post.role in CALLED and covers(post.reach, one)):
            contact = Contact(person.name, person.phone, HOLDER if is_holder else post.role, post.name)
            found.append(((-1, 0, 0) if is_holder else _order(post, held, one), contact))
    nearest: dict[tuple[str, str], Contact] = {}
    for _, contact in sorted(found, key=lambda pair: pair[0]):
        nearest.setdefault((contact.name, contact.phone), contact)
    return list(nearest.values())[:SHOWN]


def covers(reach: Reach, one: Concerned) -> bool:
    """Whether a post reaches the area and the topic of something, and so far that he may be told of it."""
    if one.grade > reach.sensitivity:
        return False
    in_area = EVERYWHERE in reach.areas or bool(set(reach.areas) & set(one.area))
    return in_area and (EVERYWHERE in reach.topics or one.topic in reach.topics)


def _order(post: Post, held: Appointment, one: Concerned) -> tuple[int, int, int]:
    steps = [one.area.index(area) for area in post.reach.areas if area in one.area]
    return CALLED.index(post.role), min(steps, default=len(one.area)), held.rank
