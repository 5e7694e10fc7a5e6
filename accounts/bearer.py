"""Who stands at a door: a person, a seat or a token, with what he holds at this moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.accounts import Appointment, Person, Post, Reach, Role, Seat, Token


@dataclass(frozen=True, slots=True)
class Grant:
    """The rights of one role inside one reach. `post`: where they come from, by name. `actions` narrows; empty: all."""

    role: Role
    reach: Reach
    post: str
    actions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who asks. `name` is what the audit calls him: `person:zhangsan`, `token:7`, `seat:duty-1`, `nobody`.

    strong: a second factor was shown in this session.
    locked: the session has expired; the rights to look stay, those to act wait for the next sign-in.
    renewing: he may do nothing before he has a new password. address: where the request came from.
    """

    name: str
    grants: tuple[Grant, ...] = ()
    strong: bool = False
    locked: bool = False
    renewing: bool = False
    address: str = ""


NOBODY = Bearer("nobody")


def held(
    person: Person, appointments: Iterable[Appointment], posts: Mapping[str, Post], now_ms: int
) -> tuple[Grant, ...]:
    """What a person holds at a time: the posts he is appointed to then, his own and as a deputy."""
    if person.disabled:
        return ()
    mine = [one for one in appointments if one.person == person.id and one.holds_at(now_ms)]
    return tuple(Grant(posts[one.post].role, posts[one.post].reach, posts[one.post].name) for one in mine)


def of_token(token: Token, now_ms: int) -> Bearer:
    """The bearer of a token; one that was revoked or has expired holds nothing."""
    over = token.revoked_ms is not None or (token.expires_ms is not None and token.expires_ms <= now_ms)
    grants = () if over else (Grant(token.role, token.reach, token.name, token.actions),)
    return Bearer(f"token:{token.id}", grants)


def of_seat(seat: Seat, post: Post) -> Bearer:
    """The bearer of a seat where nobody is signed in: the picture and the sound of its post, and no act."""
    return Bearer(f"seat:{seat.id}", (Grant(post.role, post.reach, seat.name),), locked=True)
