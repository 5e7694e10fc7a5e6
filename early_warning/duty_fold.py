"""What the acts of people mean for a warning: acknowledged up to which level, whose it is, shelved, judged. Pure.

An acknowledgement covers one level: a warning that rises above it waits again, one that falls does not. Acts are folded
in their order, one warning (or other item) at a time; a card is its members together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from core.duty import TAKEN_BACK_WITHIN_MS, Deed, DutyAct
from core.records import Level

COMMENTS_KEPT = 10


@dataclass(frozen=True, slots=True)
class Said:
    """One comment."""

    name: str
    at_ms: int
    text: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """One person's wish to shelve up to a level, until a time (city time, ms UTC)."""

    by: str
    name: str
    level: Level
    until_ms: int
    reason: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How one warning stands with people. Times are city time, ms UTC; 0 and "": never and nobody.

    level: up to which it is acknowledged; before: up to which it was before that. holder: whose it is.
    since_ms: which silence, or loss of data, was acknowledged. into: the card that it was merged into.
    """

    level: Level = Level.NORMAL
    by: str = ""
    name: str = ""
    at_ms: int = 0
    before: Level = Level.NORMAL
    holder: str = ""
    holder_name: str = ""
    comments: tuple[Said, ...] = ()
    shelves: tuple[Shelf, ...] = ()
    verdict: str = ""
    verdict_name: str = ""
    verdict_ms: int = 0
    into: str = ""
    since_ms: int = 0
    touched_ms: int = 0


UNTOUCHED = Standing()


def after(standing: Standing, act: DutyAct, item: str) -> Standing:
    """How an item stands after one more act that covers it."""
    changed = standing
    match act.kind:
        case Deed.ACKNOWLEDGE:
            changed = _acknowledged(standing, act, act.covers[item])
        case Deed.TAKE_BACK if standing.by == act.by and act.at_ms - standing.at_ms <= TAKEN_BACK_WITHIN_MS:
            changed = replace(standing, level=standing.before, since_ms=0, by="", name="", at_ms=0)
        case Deed.COMMENT:
            said = (*standing.comments, Said(act.name, act.at_ms, act.text))
            changed = replace(standing, comments=said[-COMMENTS_KEPT:])
        case Deed.TAKE_OVER:
            changed = replace(standing, holder=act.by, holder_name=act.name)
        case Deed.SHELVE:
            changed = replace(standing, shelves=_shelves(standing, act, act.covers[item]))
        case Deed.MERGE:
            changed = replace(standing, into=act.into)
        case Deed.VERDICT:
            judged = replace(standing, verdict=act.verdict, verdict_name=act.name, verdict_ms=act.at_ms)
            changed = _acknowledged(judged, act, act.covers[item])
    return replace(changed, touched_ms=max(standing.touched_ms, act.at_ms))


def folded(acts: Iterable[DutyAct], item: str) -> Standing:
    """How an item stands after all these acts, in their order; those that do not cover it are passed over."""
    standing = UNTOUCHED
    for act in acts:
        if item in act.covers:
            standing = after(standing, act, item)
    return standing


def together(standings: Iterable[Standing]) -> Standing:
    """How a card stands: acknowledged as far as any member is, held by who took it last, shelved only as a whole."""
    members = list(standings) or [UNTOUCHED]
    acked = max(members, key=lambda one: (one.level, one.at_ms))
    held = max(members, key=lambda one: (bool(one.holder), one.touched_ms))
    judged = max(members, key=lambda one: one.verdict_ms)
    said = {said for one in members for said in one.comments}
    return replace(
        acked,
        holder=held.holder,
        holder_name=held.holder_name,
        comments=tuple(sorted(said, key=lambda one: one.at_ms))[-COMMENTS_KEPT:],
        shelves=members[0].shelves if all(one.shelves for one in members) else (),
        verdict=judged.verdict,
        verdict_name=judged.verdict_name,
        verdict_ms=judged.verdict_ms,
        into=next((one.into for one in members if one.into), ""),
        since_ms=max(one.since_ms for one in members),
        touched_ms=max(one.touched_ms for one in members),
    )


def spread(
    standings: Mapping[str, Standing], members: Mapping[str, Level], over: Iterable[str] = ()
) -> dict[str, Standing]:
    """Which members of one card are covered by an acknowledgement of another, and how they stand then.

    A warning that joins an acknowledged card at no higher level does not ring, also when those that were acknowledged
    clear before it. over: what cleared before and is the same matter still: what flaps 抖动 is acknowledged once.
    """
    known = (standings[one] for one in (*members, *over) if one in standings)
    acked = max(known, key=lambda one: one.level, default=UNTOUCHED)
    joined = {}
    for one, level in members.items():
        mine = standings.get(one, UNTOUCHED)
        if mine.level < level <= acked.level:
            holder = (mine.holder, mine.holder_name) if mine.holder else (acked.holder, acked.holder_name)
            covered = replace(mine, level=acked.level, by=acked.by, name=acked.name, at_ms=acked.at_ms)
            joined[one] = replace(covered, holder=holder[0], holder_name=holder[1], touched_ms=acked.touched_ms)
    return joined


def waits(standing: Standing, level: Level, now_ms: int, lost_ms: int = 0) -> bool:
    """Whether somebody still has to acknowledge this level, or that its data are lost.

    lost_ms: since when, 0: they are not. At orange and red that is news of its own: what stands is judged no more.
    """
    is_lost = level >= Level.ORANGE and lost_ms > standing.since_ms
    return (level > standing.level or is_lost) and not shelved_until(standing, level, now_ms)


def shelved_until(standing: Standing, level: Level, now_ms: int) -> int:
    """Until when it is shelved, 0: it is not. Red is shelved by two people or not at all."""
    ends: dict[str, int] = {}
    for shelf in standing.shelves:
        if shelf.until_ms > now_ms and shelf.level >= level:
            ends[shelf.by] = max(shelf.until_ms, ends.get(shelf.by, 0))
    if level is Level.RED:
        return min(ends.values()) if len(ends) > 1 else 0
    return max(ends.values(), default=0)


def _acknowledged(standing: Standing, act: DutyAct, level: Level) -> Standing:
    """Who acknowledges has it, unless somebody else took it before."""
    seen = replace(standing, since_ms=max(standing.since_ms, act.since_ms))
    if level <= standing.level and act.since_ms <= standing.since_ms:
        return seen
    covered = replace(seen, level=max(level, standing.level), before=standing.level)
    return replace(
        covered,
        by=act.by,
        name=act.name,
        at_ms=act.at_ms,
        holder=standing.holder or act.by,
        holder_name=standing.holder_name or act.name,
    )


def _shelves(standing: Standing, act: DutyAct, level: Level) -> tuple[Shelf, ...]:
    """One wish a person; an end that is not ahead takes all of them back."""
    if act.until_ms <= act.at_ms:
        return ()
    others = tuple(one for one in standing.shelves if one.by != act.by and one.until_ms > act.at_ms)
    return (*others, Shelf(act.by, act.name, level, act.until_ms, act.text))
