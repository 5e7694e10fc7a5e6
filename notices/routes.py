"""Which routes apply to a notice, and whom they reach at which step of their chains. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.accounts import EVERYWHERE
from core.clock import in_china
from core.notices import PHONES, Channel, InForce, Notice, Recipient, Route
from notices.roster import Roster


@dataclass(frozen=True, slots=True)
class Aim:
    """One recipient on one channel."""

    recipient: Recipient
    channel: Channel


def applies(route: Route, notice: Notice, now_ms: int, responses: Iterable[InForce] = ()) -> bool:
    """Whether a route is there for what a notice tells of, at this time of day.

    responses: those in force now; a route of a response is there only where and while it holds.
    """
    return (
        not route.disabled
        and notice.level >= route.level
        and covers(route, notice)
        and _open_at(route, now_ms)
        and (not route.response or any(_holds(route, one, notice) for one in responses))
    )


def covers(route: Route, notice: Notice) -> bool:
    """Whether a route is of the topic and the place of a notice. A signal concerns every topic."""
    return (notice.issued or any(_is_of(topic, notice) for topic in route.topics)) and _reaches(
        route.areas, notice.areas
    )


def leads_to(route: Route, recipient: str) -> bool:
    """Whether a route names a recipient himself, by id."""
    return f"recipient:{recipient}" in (*route.to, *route.then)


def is_within(topic: str, indicator: str) -> bool:
    """Whether an indicator belongs to a topic narrower than a domain: a pack's, or the beginning of its own name.

    >>> [is_within(one, "water.river_stage") for one in ("water", "water.river", "water.river_stage", "wat")]
    [True, True, True, False]
    """
    return indicator == topic or indicator.startswith((f"{topic}.", f"{topic}_"))


def aims(routes: Iterable[Route], roster: Roster, step: int, now_ms: int) -> list[Aim]:
    """Whom routes reach at a step of their chains, each recipient once a channel; [] when no chain goes so far.

    Step 0 is told on those channels of the route that somebody has. Later steps wake the next person, so the telephone
    is tried first; the channels of the route only reach who has none.
    """
    found: dict[tuple[str, Channel], Aim] = {}
    for route in routes:
        for recipient in _at_step(route, roster, step, now_ms):
            for channel in _channels(route, recipient, step):
                found.setdefault((recipient.id, channel), Aim(recipient, channel))
    return list(found.values())


def last_step(routes: Iterable[Route], roster: Roster, now_ms: int) -> int:
    """The step beyond which nobody is left to tell; `then` of a route is the one after its longest chain."""
    return max((_length(route, roster, now_ms) for route in routes), default=0) - 1


def _at_step(route: Route, roster: Roster, step: int, now_ms: int) -> Sequence[Recipient]:
    chains = [roster.chain(target, now_ms) for target in route.to]
    longest = max((len(chain) for chain in chains), default=0)
    if step == max(longest, 1):
        return [one for target in route.then for one in _first(roster, target, now_ms)]
    return [one for chain in chains if step < len(chain) for one in chain[step]]


def _length(route: Route, roster: Roster, now_ms: int) -> int:
    longest = max((len(roster.chain(target, now_ms)) for target in route.to), default=0)
    return max(longest, 1) + bool(route.then)


def _first(roster: Roster, target: str, now_ms: int) -> Sequence[Recipient]:
    chain = roster.chain(target, now_ms)
    return chain[0] if chain else ()


def _channels(route: Route, recipient: Recipient, step: int) -> tuple[Channel, ...]:
    if step == 0:  # who has no address at all for any of them is told on with that reason
        return tuple(channel for channel in route.channels if channel in recipient.addresses) or route.channels
    phones = tuple(channel for channel in PHONES if channel in recipient.addresses)
    return phones or route.channels


def _reaches(wanted: Sequence[str], given: Sequence[str]) -> bool:
    return EVERYWHERE in wanted or not set(wanted).isdisjoint(given)


def _is_of(topic: str, notice: Notice) -> bool:
    return topic in (EVERYWHERE, notice.topic) or (bool(notice.about) and is_within(topic, notice.about))


def _holds(route: Route, one: InForce, notice: Notice) -> bool:
    return one.plan == route.response and one.level <= route.response_level and _reaches(one.areas, notice.areas)


def _open_at(route: Route, now_ms: int) -> bool:
    at = in_china(now_ms)
    minute = at.hour * 60 + at.minute
    if route.from_min <= route.until_min:
        return route.from_min <= minute < route.until_min
    return minute >= route.from_min or minute < route.until_min
