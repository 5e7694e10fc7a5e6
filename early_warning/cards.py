"""Warnings of one cause are one card 疑似同因, acknowledged at once; and what of a warning rings. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from core.records import HOUR_MS, MINUTE_MS, CityWarning, Level, WarningPhase
from early_warning.belongings import Belongings
from early_warning.episodes import NEVER_ENDED_MS

# What hits several at once shows within minutes; a spell of rain that goes on for hours is not one moment.
TOGETHER_MS = 5 * MINUTE_MS
SPELL_MS = 30 * MINUTE_MS
# So long what is over keeps the card together that it belonged to: warnings of one cause clear one after another.
REMEMBERED_MS = HOUR_MS

# From the cause that explains most narrowly to the widest: how many subjects it takes, and which share of all that
# hang on it. Only silence is laid on a vendor or a source: rain over half of the gauges is no fault of their maker.
CAUSES = {
    "feeder": (3, 1 / 3),
    "gateway": (3, 1 / 3),
    "parent": (2, 0.0),
    "vendor": (3, 1 / 2),
    "source": (3, 1 / 2),
    "place": (1, 0.0),
}
OF_SILENCE = ("vendor", "source")


@dataclass(frozen=True, slots=True)
class Card:
    """Active warnings that one person looks at together.

    id: of its oldest warning. cause, cause_id: on what they are laid, "" for one alone (`Belongings.key`). warnings:
    ids of the active ones, the gravest first; inhibited: those of them that stand only because another one does.
    level: the gravest. since_ms: the oldest. area: the county of all, else the city. subjects: how many stations or
    areas warn, of a silent feeder or gateway how many devices are silent. silent: all of them tell of silence.
    flapping: when it flaps 抖动, the ids of all that opened, oldest first; while none of them is active it stands
    at no level, until the last has been over for `REMEMBERED_MS`.
    """

    id: str
    cause: str
    cause_id: str
    warnings: tuple[str, ...]
    inhibited: tuple[str, ...]
    level: Level
    since_ms: int
    area: str
    subjects: int
    silent: bool
    flapping: tuple[str, ...] = ()


def rings(before: CityWarning | None, now: CityWarning) -> str:
    """Why a warning rings as it is told now: "opened", "risen", "lost" (its data), or "" when it does not.

    What opened already over (补报), what clears, is retracted, is in trial or flaps 抖动 never rings. before: as it was
    told last; None: it is new.
    """
    quiet = now.late or now.facts.get("trial") or now.facts.get("flapping", 0) > 1
    if quiet or now.phase is not WarningPhase.ACTIVE:
        return ""
    if before is None or before.phase is not WarningPhase.ACTIVE:
        return "opened"
    if now.level > before.level:
        return "risen"
    return "lost" if "lost_ms" in now.facts and "lost_ms" not in before.facts else ""


def grouped(warnings: Iterable[CityWarning], belongings: Belongings) -> tuple[Card, ...]:
    """The cards of all active warnings, the gravest first; each warning is in exactly one. What flaps 抖动 has one too.

    warnings: those that anybody may see, active ones and those that ended in the last `REMEMBERED_MS`.
    """
    known = sorted((one for one in warnings if _counts(one)), key=lambda one: (one.since_ms, one.id))
    active = [one for one in known if one.phase is WarningPhase.ACTIVE]
    by_rule = _by(active, lambda one: one.rule)
    over = {one.id: belongings.inhibitor(one, by_rule) for one in active}
    found = _gathered([one for one in known if not over.get(one.id)], belongings)
    hidden: dict[str, list[CityWarning]] = defaultdict(list)
    for one in active:
        if over[one.id]:
            hidden[_first(one.id, over)].append(one)
    cards = [_card(*group, hidden, belongings) for group in found if _is_active(group[2]) or _flaps(group[2])]
    return tuple(sorted(cards, key=lambda card: (-card.level, card.since_ms, card.id)))


def annunciated(warnings: Iterable[CityWarning], belongings: Belongings) -> list[list[CityWarning]]:
    """Warnings of any time, over or not, as they rang: those of one card together, its oldest first.

    What another one hid by itself 抑制 rang with that one. Left out is what never stood.
    """
    known = sorted((one for one in warnings if _counts(one)), key=lambda one: (one.since_ms, one.id))
    by_rule = _by((replace(one, level=one.peak) for one in known), lambda one: one.rule)
    over: dict[str, str] = {}
    for one in known:
        stood = {rule: [other for other in of if _stood_at(other, one.since_ms)] for rule, of in by_rule.items()}
        over[one.id] = belongings.inhibitor(one, stood)
    found = [members for _, _, members in _gathered([one for one in known if not over[one.id]], belongings)]
    at = {one.id: members for members in found for one in members}
    for one in known:
        if over[one.id] and (members := at.get(_first(one.id, over))) is not None:
            members.append(one)
    return found


def _gathered(left: Sequence[CityWarning], belongings: Belongings) -> list[tuple[str, str, list[CityWarning]]]:
    """(cause, key, warnings): each of some warnings on one card, oldest first; those that nothing joins alone."""
    found = [("", "", members) for members in _flapping(left)]
    left = [one for one in left if not any(one in members for _, _, members in found)]
    for cause in CAUSES:
        groups = list(_groups(cause, left, belongings))
        taken = {one.id for _, members in groups for one in members}
        found += [(cause, key, members) for key, members in groups]
        left = [one for one in left if one.id not in taken]
    return found + [("", "", [one]) for one in left]


def _stood_at(warning: CityWarning, at_ms: int) -> bool:
    return warning.since_ms <= at_ms < (NEVER_ENDED_MS if warning.ended_ms is None else warning.ended_ms)


def _flapping(warnings: Sequence[CityWarning]) -> list[list[CityWarning]]:
    """What opens and clears again and again at one subject is one matter, not one each time."""
    by_place = _by(warnings, lambda one: f"{one.rule}|{one.subject}")
    return [members for members in by_place.values() if _flaps(members)]


def _groups(
    cause: str, warnings: Sequence[CityWarning], belongings: Belongings
) -> Iterator[tuple[str, list[CityWarning]]]:
    """(key, warnings) of those that may be laid on one cause: enough of all that hang on it, at about one time."""
    least, share = CAUSES[cause]
    asked = [one for one in warnings if cause not in OF_SILENCE or belongings.is_silence(one)]
    for key, members in sorted(_by(asked, lambda one: belongings.key(cause, one)).items()):
        wanted = max(least, share * belongings.hanging_on(cause, key))
        told = {one.id for one in members if belongings.itself(cause, one)}
        for moment in _moments(members, told) if key else ():
            is_told = any(one.id in told for one in moment)
            if is_told or (len(moment) > 1 and len({one.subject for one in moment}) >= wanted):
                yield key, moment


def _moments(warnings: Sequence[CityWarning], told: Collection[str]) -> Iterator[list[CityWarning]]:
    """Runs of warnings in time, each within `TOGETHER_MS` of the one before and `SPELL_MS` of the first.

    told: ids of those about the cause itself; while one of them stands, whatever follows is of the same moment.
    """
    run: list[CityWarning] = []
    until_ms = 0
    for one in warnings:
        apart = run and (one.since_ms - run[-1].since_ms > TOGETHER_MS or one.since_ms - run[0].since_ms > SPELL_MS)
        if apart and one.since_ms > until_ms:
            yield run
            run, until_ms = [], 0
        run.append(one)
        if one.id in told:
            until_ms = max(until_ms, NEVER_ENDED_MS if one.ended_ms is None else one.ended_ms)
    if run:
        yield run


def _card(
    cause: str, key: str, members: Sequence[CityWarning], hidden: dict[str, list[CityWarning]], belongings: Belongings
) -> Card:
    inhibited = [below for one in members for below in hidden.get(one.id, ())]
    active = [one for one in (*members, *inhibited) if one.phase is WarningPhase.ACTIVE]
    active.sort(key=lambda one: (-one.level, one.since_ms, one.id))
    shown = active or [members[-1]]
    return Card(
        id=members[0].id,
        cause=cause,
        cause_id=belongings.cause_id(cause, key),
        warnings=tuple(one.id for one in active),
        inhibited=tuple(one.id for one in inhibited),
        level=active[0].level if active else Level.NORMAL,
        since_ms=members[0].since_ms,
        area=belongings.common_area({one.subject for one in shown}),
        subjects=max(len({one.subject for one in shown}), *(belongings.silent_at(one) for one in active), 0),
        silent=all(belongings.is_silence(one) for one in members),
        flapping=tuple(one.id for one in members) if _flaps(members) else (),
    )


def _first(warning: str, over: dict[str, str]) -> str:
    """The warning at the top of a chain of inhibitions; of a ring the one that was met twice."""
    met = {warning}
    while (above := over.get(warning, "")) and above not in met:
        met.add(above)
        warning = above
    return warning


def _by(warnings: Iterable[CityWarning], of: Callable[[CityWarning], str]) -> dict[str, list[CityWarning]]:
    found: dict[str, list[CityWarning]] = defaultdict(list)
    for one in warnings:
        found[of(one)].append(one)
    return found


def _counts(warning: CityWarning) -> bool:
    """What never stood is on no card."""
    return warning.phase is not WarningPhase.RETRACTED and not warning.late


def _flaps(members: Iterable[CityWarning]) -> bool:
    return any("flapping" in one.facts for one in members)


def _is_active(members: Collection[CityWarning]) -> bool:
    return any(one.phase is WarningPhase.ACTIVE for one in members)
