"""What is told of warnings, when, and to whom: each turn looks at all that is open and at nothing else. Pure.

A card is told once a level, by its gravest warning; others under it are covered. Red goes at once, what is less waits
a few seconds, so that what comes together is told together. Who was told of something is told when it ends or was
never true. Of a red level that nobody acknowledges the next person is told, and then the next. When the data of what
stands at orange or red fall silent, who was told hears that it can no longer be judged, and when they are back.
When a response begins, whom its routes reach hears once of what stands already.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from core.messages import text
from core.notices import Channel, InForce, Kind, Matter, Notice, Route, State
from core.records import Level, WarningPhase
from notices.addressing import Policy, Told, addressed, hindrance
from notices.budget import Ledger
from notices.dedupe import notice_key
from notices.entitled import HIDDEN
from notices.routes import Aim, aims, applies, last_step

ToldTo = tuple[tuple[str, Channel], ...]

SAID_OF = (Kind.ESCALATED, Kind.STANDING, Kind.BRIEFED, Kind.LOST, Kind.RETURNED)  # said before the sentence
GATHER_MS = 10_000  # a power cut is told by its devices within seconds


@dataclass
class Decision:
    """What one turn decided: notices with their deliveries, and matters that changed, by warning; over: done with."""

    told: list[Told] = field(default_factory=list)
    matters: dict[str, Matter] = field(default_factory=dict)
    over: set[str] = field(default_factory=set)


def followed(now: Matter, before: Matter | None) -> Matter:
    """A warning as it stands now, with what has been told of it before."""
    if before is None:
        return now
    same = (before.level, before.phase) == (now.level, now.phase)
    return replace(
        now,
        seen_ms=before.seen_ms if same else now.seen_ms,
        told=before.told,
        told_to=before.told_to,
        thread=before.thread,
        held=before.held,
        step=before.step,
        escalate_ms=before.escalate_ms,
        standing_ms=before.standing_ms,
        lost_to=before.lost_to,
        losses=before.losses,
        briefed=before.briefed,
    )


def decide(matters: Iterable[Matter], policy: Policy, ledger: Ledger, now_ms: int) -> Decision:
    """One turn over all open matters. now_ms: real time; an acknowledgement stands in the matters."""
    turn = _Turn(policy, ledger, now_ms)
    for thread, members in _threads(matters):
        turn.thread(thread, sorted(members, key=lambda one: (-one.level, one.since_ms, one.warning)))
    return turn.decision


def _threads(matters: Iterable[Matter]) -> list[tuple[str, list[Matter]]]:
    """What stands under one card now, or did when it was told: a card gets another id when its oldest warning ends.

    What only few may see is told apart from the rest of its card: who may not hear of the one must hear of the other.
    """
    roots: dict[str, str] = {}

    def root(name: str) -> str:
        while roots.setdefault(name, name) != name:
            name = roots[name]
        return name

    known = list(matters)
    for one in known:
        pair = root(one.card), root(one.thread or one.card)
        roots[max(pair)] = min(pair)
    found: dict[tuple[str, bool], list[Matter]] = defaultdict(list)
    for one in known:
        found[root(one.card), one.grade >= HIDDEN].append(one)
    return [(_name(members) or card, members) for (card, _), members in found.items()]


def _name(members: Sequence[Matter]) -> str:
    """What a thread was called when it was told first; it keeps that name outside the house."""
    return min((one.thread for one in members if one.told_to), default="")


class _Turn:
    def __init__(self, policy: Policy, ledger: Ledger, now_ms: int) -> None:
        self._policy, self._ledger, self._now_ms = policy, ledger, now_ms
        self.decision = Decision()

    def thread(self, name: str, members: Sequence[Matter]) -> None:
        """What belongs together: what ended, what is new, what nobody acknowledged. members: the gravest first."""
        named = [one if one.thread == name else replace(one, thread=name) for one in members]
        self.decision.matters |= {one.warning: one for one, was in zip(named, members, strict=True) if one is not was}
        standing = self._endings(named)
        self._openings(standing)
        self._briefings(self._latest(standing))
        self._calls(self._latest(standing))
        self._losses(self._latest(standing))

    def _latest(self, standing: Sequence[Matter]) -> list[Matter]:
        return [self.decision.matters.get(one.warning, one) for one in standing]

    # what ended

    def _endings(self, members: Sequence[Matter]) -> list[Matter]:
        """Tell what ended to whom it was told; gives what still stands."""
        standing = [one for one in members if one.phase == WarningPhase.ACTIVE]
        ended = [one for one in members if one.phase != WarningPhase.ACTIVE]
        heir = next((one for one in standing if not self._held(one)), None)
        for one in ended:
            self.decision.over.add(one.warning)
            reason = self._held(one) or "over"
            if one.told is Level.NORMAL and one.held != reason:
                self._suppress(one, reason)
            elif one.told is Level.NORMAL:
                continue
            elif one.phase == WarningPhase.RETRACTED or heir is None:
                self._tell_end(one)
            else:
                self._suppress(one, "card", Kind.CLEARED)
        if heir is None or not (inherited := _told_to(ended)):
            return standing
        # Who heard of the ended one goes on to hear of what stands; of a retracted one he must hear what is true.
        withdrawn = any(one.phase == WarningPhase.RETRACTED and one.told_to for one in ended)
        inherits = replace(
            heir,
            told_to=_union(heir.told_to, inherited),
            step=max(one.step for one in (heir, *ended)),
            escalate_ms=_earliest(one.escalate_ms for one in (heir, *ended) if one.acknowledged < one.told),
            standing_ms=_earliest(one.standing_ms for one in (heir, *ended)),
            lost_to=_lost_to((heir, *ended)),
        )
        if withdrawn:
            inherits = replace(inherits, told=Level.NORMAL)
        self.decision.matters[heir.warning] = inherits
        return [inherits if one is heir else one for one in standing]

    def _tell_end(self, one: Matter) -> None:
        """To all who were told, and nobody else."""
        kind = Kind.RETRACTED if one.phase == WarningPhase.RETRACTED else Kind.CLEARED
        if not one.told_to:
            return self._suppress(one, "card", kind)
        self._tell(self._notice(one, kind, one.told), self._known(one.told_to))
        return None

    def _known(self, told_to: ToldTo) -> list[Aim]:
        """Who was told before, as he can be told now."""
        known = [(self._policy.roster.known(recipient), channel) for recipient, channel in told_to]
        return [Aim(who, channel) for who, channel in known if who]

    # what is new

    def _openings(self, standing: Sequence[Matter]) -> None:
        known = max((one.told for one in standing if one.told_to), default=Level.NORMAL)
        news = [one for one in standing if one.level > one.told]
        ripe = [one for one in news if not self._is_held(one)]
        if not ripe:
            return
        lead = ripe[0]
        if lead.level <= known:
            self._cover(ripe)
        elif lead.level is Level.RED or self._now_ms - min(one.seen_ms for one in ripe) >= GATHER_MS:
            self._tell_news(lead, Kind.OPENED if known is Level.NORMAL else Kind.RISEN)
            self._cover(ripe[1:])

    def _is_held(self, one: Matter) -> bool:
        """Whether news must not ring; why is stored once."""
        reason = self._held(one)
        if reason != one.held:
            self.decision.matters[one.warning] = replace(one, held=reason)
            if reason:
                self._suppress(one, reason)
        return bool(reason)

    def _held(self, one: Matter) -> str:
        return one.silent or self._policy.quiet.get(one.warning, "")

    def _tell_news(self, lead: Matter, kind: Kind) -> None:
        notice = self._notice(lead, kind, lead.level)
        routes = self._routes(notice)
        aimed = aims(routes, self._policy.roster, 0, self._now_ms)
        if not routes:
            notice = replace(notice, suppressed="no-route")
        self._tell(notice, aimed)
        self.decision.matters[lead.warning] = replace(
            lead,
            told=lead.level,
            told_to=_union(lead.told_to, _aimed_at(aimed)),
            held="",
            step=0,
            escalate_ms=self._after(routes) if lead.level is Level.RED else None,
            standing_ms=self._standing_after(routes),
            briefed=self._in_force(),
        )

    def _cover(self, others: Sequence[Matter]) -> None:
        """Told with another of the card."""
        for one in others:
            self._suppress(one, "card")
            self.decision.matters[one.warning] = replace(one, told=one.level, held="", briefed=self._in_force())

    # what stood when a response began

    def _briefings(self, standing: Sequence[Matter]) -> None:
        """A card that stands is told to whom routes of a new response reach, unless he has heard of it."""
        known = [one for one in standing if one.told is not Level.NORMAL and not self._held(one)]
        if any(one.level > one.told for one in known):  # what is news goes the same ways by itself
            return
        for response in self._policy.responses:
            if any(response.mark not in one.briefed for one in known):
                self._brief(known[0], response, _told_to(self._latest(standing)))
        for one in known:
            if one.briefed != self._in_force():
                self._note(one, briefed=self._in_force())

    def _brief(self, lead: Matter, response: InForce, heard: ToldTo) -> None:
        notice = self._notice(lead, Kind.BRIEFED, lead.level)
        notice = replace(notice, key=f"{notice.key}|{response.mark}")
        routes = [route for route in self._routes(notice, [response]) if route.response]
        aimed = [one for one in aims(routes, self._policy.roster, 0, self._now_ms) if _mark_of(one) not in heard]
        if not aimed:
            return
        self._tell(notice, aimed)
        latest = self.decision.matters.get(lead.warning, lead)
        climbs = lead.level is Level.RED and latest.escalate_ms is None and not latest.step
        again_ms = self._after(routes) if climbs else latest.escalate_ms
        self._note(lead, told_to=_union(latest.told_to, _aimed_at(aimed)), escalate_ms=again_ms)

    def _in_force(self) -> tuple[str, ...]:
        return tuple(sorted(one.mark for one in self._policy.responses))

    # what nobody acknowledged, and what stands for long

    def _calls(self, standing: Sequence[Matter]) -> None:
        acknowledged = max((one.acknowledged for one in standing), default=Level.NORMAL)
        for one in standing:
            due = self._is_due(one.escalate_ms) or self._is_unanswered(one)
            if due and acknowledged < one.told and not self._held(one):
                self._escalate(one)
            if self._is_due(one.standing_ms):
                self._tell_standing(one)

    def _is_due(self, at_ms: int | None) -> bool:
        return at_ms is not None and at_ms <= self._now_ms

    def _is_unanswered(self, one: Matter) -> bool:
        """Whether nobody took the calls that were made last: each failed, or rang for so long."""
        rung = self._policy.rung.get(one.warning, ())
        if not rung or any(call.state is State.ANSWERED for call in rung):
            return False
        waits_s = [r.unanswered_s for r in self._routes(self._notice(one, Kind.ESCALATED, one.told)) if r.unanswered_s]
        long_ago_ms = self._now_ms - 1000 * min(waits_s, default=0)
        return bool(waits_s) and all(
            call.state is State.FAILED
            # since a later time: the clock was set back meanwhile, and nobody knows how long it rang
            or (call.state is not State.WAITING and not long_ago_ms < call.since_ms <= self._now_ms)
            for call in rung
        )

    def _escalate(self, one: Matter) -> None:
        """The next person in turn. Somebody without an address does not stop the chain."""
        policy, step = self._policy, one.step
        notice = self._notice(one, Kind.ESCALATED, one.told)
        routes = [route for route in self._routes(notice) if route.unacknowledged_s or route.unanswered_s]
        last = last_step(routes, policy.roster, self._now_ms)
        aimed: list[Aim] = []
        while step < last and not any(self._can_hear(notice, aim) for aim in aimed):
            step += 1
            aimed = aims(routes, policy.roster, step, self._now_ms)
        if aimed:
            key = notice_key(policy.scene, one.warning, Kind.ESCALATED, one.told, step)
            self._tell(replace(notice, key=key), aimed)
        told_to = _union(one.told_to, _aimed_at(aimed))
        again = self._after(routes) if step < last and one.told is Level.RED else None
        self._note(one, told_to=told_to, step=step, escalate_ms=again)

    def _can_hear(self, notice: Notice, aim: Aim) -> bool:
        return bool(aim.recipient.addresses.get(aim.channel)) and not hindrance(notice, aim, self._policy)

    def _tell_standing(self, one: Matter) -> None:
        notice = self._notice(one, Kind.STANDING, one.told)
        routes = [replace(r, to=r.then, then=()) for r in self._routes(notice) if r.standing_s]
        aimed = aims(routes, self._policy.roster, 0, self._now_ms)
        self._tell(notice, aimed)
        told_to = _union(one.told_to, _aimed_at(aimed))
        self._note(one, told_to=told_to, standing_ms=None)

    # what can no longer be judged

    def _losses(self, standing: Sequence[Matter]) -> None:
        """Lost data of a card are told once, to who was told of it, until all of them are back; then that is told."""
        grave = [one for one in standing if one.level >= Level.ORANGE and one.lost_ms]
        known = _lost_to(standing)
        blind = [one for one in grave if not self._held(one)]
        if news := tuple(one for one in _told_to(blind) if one not in known):
            lead = blind[0]
            self._tell_of_data(replace(lead, losses=lead.losses + 1), Kind.LOST, news)
            self._note(lead, lost_to=_union(lead.lost_to, news), losses=lead.losses + 1)
        elif known and not grave:
            lead = next(one for one in standing if one.lost_to)
            self._tell_of_data(lead, Kind.RETURNED, known)
            for one in standing:
                if one.lost_to:
                    self._note(one, lost_to=())

    def _tell_of_data(self, one: Matter, kind: Kind, to: ToldTo) -> None:
        key = notice_key(self._policy.scene, one.warning, kind, one.told, one.losses)
        self._tell(replace(self._notice(one, kind, one.told), key=key), self._known(to))

    # how it is written down

    def _note(self, one: Matter, **changes: object) -> None:
        """Change what is known of a matter, on top of what this turn has changed."""
        latest = self.decision.matters.get(one.warning, one)
        self.decision.matters[one.warning] = replace(latest, **changes)  # type: ignore[arg-type]

    def _tell(self, notice: Notice, aimed: Sequence[Aim]) -> None:
        self.decision.told += addressed(notice, aimed, self._policy, self._ledger)

    def _suppress(self, one: Matter, reason: str, kind: Kind = Kind.OPENED) -> None:
        """Keep why something was not told, under a key of its own: it may still be told later."""
        notice = self._notice(one, kind, one.level)
        notice = replace(notice, key=f"{notice.key}|{reason}", suppressed=reason)
        self.decision.told += addressed(notice, (), self._policy, self._ledger)

    def _notice(self, one: Matter, kind: Kind, level: Level) -> Notice:
        policy, sentence = self._policy, one.sentence
        if kind in SAID_OF:
            sentence = text(f"notice.{kind}", policy.language, sentence=sentence)
        return Notice(
            key=notice_key(policy.scene, one.warning, kind, level),
            scene=policy.scene,
            stamp=policy.stamp,
            kind=kind,
            level=level,
            warning=one.warning,
            card=one.thread or one.card,
            topic=one.topic,
            areas=one.areas,
            sentence=sentence,
            at_ms=self._now_ms,
            issued=one.issued,
            about=one.about,
            grade=one.grade,
        )

    def _routes(self, notice: Notice, responses: Sequence[InForce] | None = None) -> list[Route]:
        """responses: in force; None: all that are."""
        policy = self._policy
        holding = policy.responses if responses is None else responses
        return [route for route in policy.routes if applies(route, notice, self._now_ms, holding)]

    def _after(self, routes: Sequence[Route]) -> int | None:
        waits_s = [route.unacknowledged_s for route in routes if route.unacknowledged_s]
        return self._now_ms + 1000 * min(waits_s) if waits_s else None

    def _standing_after(self, routes: Sequence[Route]) -> int | None:
        waits_s = [route.standing_s for route in routes if route.standing_s and route.then]
        return self._now_ms + 1000 * min(waits_s) if waits_s else None


def _told_to(matters: Iterable[Matter]) -> ToldTo:
    return tuple(dict.fromkeys(one for matter in matters for one in matter.told_to))


def _lost_to(matters: Iterable[Matter]) -> ToldTo:
    return tuple(dict.fromkeys(one for matter in matters for one in matter.lost_to))


def _aimed_at(aimed: Iterable[Aim]) -> ToldTo:
    return tuple(_mark_of(aim) for aim in aimed)


def _mark_of(aim: Aim) -> tuple[str, Channel]:
    return aim.recipient.id, aim.channel


def _union(first: ToldTo, second: ToldTo) -> ToldTo:
    return tuple(dict.fromkeys(first + second))


def _earliest(times_ms: Iterable[int | None]) -> int | None:
    return min((at_ms for at_ms in times_ms if at_ms is not None), default=None)
