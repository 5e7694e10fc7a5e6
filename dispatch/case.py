"""A case as its log makes it: state, hold, assignments and clocks. Pure; the same log gives the same case."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from core.errors import IllegalStep
from dispatch.amending import check_amended
from dispatch.clocks import Calendars, Clock, Obligation
from dispatch.log import Entry, Origin
from dispatch.passing import check_passing, is_of_time, stage_of
from dispatch.states import AssignmentState, CaseState, Hold
from dispatch.steps import IN_HOLD, OF_TIME, RESTING, STEPS, UNIT_STEPS, Step, Verb

MERGED, PAUSED, HELD = "merged", "paused", "held"  # why the clocks of a case rest
WAITING = frozenset({Hold.SHELVED, Hold.POSTPONED})
AMENDED = ("kind", "title", "grade", "place", "lead", "assisting")

Change = Mapping[str, Any]  # fields of a case that an entry sets


@dataclass(frozen=True, slots=True)
class Reached:
    """When an assignment reached a state, and what set that time."""

    at_ms: int
    by: str
    origin: Origin
    entry: int


@dataclass(frozen=True, slots=True)
class Assignment:
    """One unit of a case, so since `since_ms`. reached: each state that it had, at the time it came to it last.

    Of 到场 the first time counts: who fetches something and comes back had arrived.
    """

    id: str
    unit: str
    state: AssignmentState
    reached: Mapping[AssignmentState, Reached]
    since_ms: int


@dataclass(frozen=True, slots=True)
class Asked:
    """An extension that was asked for and not yet answered; by_ms in counted time."""

    obligation: Obligation
    by_ms: int
    entry: int


@dataclass(frozen=True, slots=True)
class Case:
    """One case after its entry number `revision`.

    facts: kind, title, grade, place, lead, assisting … as they were given or amended last. clocks: every one that ever
    began, in that order. rests: why its clocks rest; empty: they run. redone, returned, reopened: how often.
    escalated: to which level, 0: not at all. appeal: "", `asked`, `granted` (figures leave it out) or `denied`.
    items: what told of it beside reports, by id. arbitrated: it was decided whose it is, and nobody returns it again.
    """

    id: str
    state: CaseState
    since_ms: int
    reported_ms: int
    revision: int
    facts: Mapping[str, Any]
    hold: Hold = Hold.NONE
    until_ms: int | None = None
    former: CaseState | None = None
    into: str = ""
    assignments: Mapping[str, Assignment] = field(default_factory=dict)
    clocks: tuple[Clock, ...] = ()
    rests: frozenset[str] = frozenset()
    asked: Asked | None = None
    redone: int = 0
    returned: int = 0
    escalated: int = 0
    reopened: int = 0
    appeal: str = ""
    items: tuple[str, ...] = ()
    arbitrated: bool = False

    def clock(self, obligation: Obligation) -> Clock | None:
        """The clock of an obligation that began last."""
        return next((clock for clock in reversed(self.clocks) if clock.obligation is obligation), None)

    @property
    def possible(self) -> tuple[Verb, ...]:
        """What somebody may do to it now, apart from rights and from what only its entry can tell."""
        return tuple(verb for verb in STEPS if verb not in OF_TIME and self._takes(verb))

    def _takes(self, verb: Verb) -> bool:
        """Whether its log may go on with a verb."""
        if self.state not in STEPS[verb].before or (self.hold in WAITING and verb not in IN_HOLD):
            return False
        return not self._misses(verb)

    def _misses(self, verb: Verb) -> bool:
        """Whether something is not there that a verb would end or answer, or is there already."""
        missing = {
            Verb.RETURN: self.arbitrated,
            Verb.TAKE_UP: self.hold not in WAITING,
            Verb.ASK_EXTENSION: self.asked is not None,
            Verb.EXTEND: self.asked is None,
            Verb.DENY_EXTENSION: self.asked is None,
            Verb.PAUSE: PAUSED in self.rests,
            Verb.RESUME: PAUSED not in self.rests,
            Verb.APPEAL: self.appeal != "",
            Verb.GRANT_APPEAL: self.appeal != "asked",
            Verb.DENY_APPEAL: self.appeal != "asked",
        }
        return missing.get(verb, False)


def fold(log: Sequence[Entry], calendars: Calendars) -> Case:
    """The case of a whole log; a time that was corrected later counts from the beginning.

    Raises:
        IllegalStep: Some entry was not possible where it stands.
    """
    corrected = {entry.fields["entry"]: entry.fields["at_ms"] for entry in log if entry.verb is Verb.CORRECT}
    case: Case | None = None
    for entry in log:
        is_corrected = entry.number in corrected
        case = _stepped(case, replace(entry, at_ms=corrected[entry.number]) if is_corrected else entry, calendars)
    if case is None:
        raise IllegalStep("empty")
    return case


def follow(case: Case | None, log: Sequence[Entry], entry: Entry, calendars: Calendars) -> Case:
    """The case after one more entry. log: those before it, needed when a time is corrected.

    Raises:
        IllegalStep: Not possible now; says what would be.
    """
    _check(case, log, entry, calendars)
    return fold([*log, entry], calendars) if entry.verb is Verb.CORRECT else _stepped(case, entry, calendars)


def _check(case: Case | None, log: Sequence[Entry], entry: Entry, calendars: Calendars) -> None:
    """What an entry must bring with it beside its place in the table."""
    step = UNIT_STEPS.get(entry.verb) or STEPS[entry.verb]
    if missing := [name for name in step.needs if entry.fields.get(name) in (None, "")]:
        raise IllegalStep("needs", verb=entry.verb, needs=", ".join(missing))
    if entry.at_ms > entry.entered_ms:
        raise IllegalStep("future", verb=entry.verb)
    if case and entry.number != case.revision + 1:
        raise IllegalStep("changed", revision=case.revision)
    if entry.verb in (Verb.JOIN, Verb.PART) and not _are_names(entry.fields["items"]):
        raise IllegalStep("needs", verb=entry.verb, needs="items")
    check_amended(entry.verb, entry.fields)
    if entry.verb in (Verb.STRIKE, Verb.CORRECT):
        _check_aim(log, entry)
    if case and is_of_time(entry):
        check_passing(case.clock(Obligation(entry.fields["obligation"])), entry, calendars)
    if case and entry.verb is Verb.ASK_EXTENSION:
        clock = case.clock(Obligation(entry.fields["obligation"]))
        if clock is None or clock.is_over or clock.left_ms(entry.at_ms, calendars) <= 0:
            raise IllegalStep("extension-late", obligation=entry.fields["obligation"])
    if entry.verb in (Verb.GRANT_APPEAL, Verb.DENY_APPEAL):
        asked = next(one for one in reversed(log) if one.verb is Verb.APPEAL) if case and case.appeal else None
        if asked and asked.by == entry.by:
            raise IllegalStep("own-appeal")
    if case and entry.verb is Verb.MERGE and entry.fields["into"] == case.id:
        raise IllegalStep("into-itself", case=case.id)


def _are_names(given: object) -> bool:
    return isinstance(given, list) and all(isinstance(one, str) for one in given)


def _check_aim(log: Sequence[Entry], entry: Entry) -> None:
    """Only a note is struck; only the time of a step of a case or unit is corrected, and never into the future."""
    aim = next((one for one in log if one.number == entry.fields["entry"]), None)
    if entry.verb is Verb.STRIKE and (aim is None or aim.verb is not Verb.NOTE):
        raise IllegalStep("strikes-notes", entry=entry.fields["entry"])
    if entry.verb is Verb.CORRECT:
        if aim is None or aim.verb in (Verb.STRIKE, Verb.CORRECT, Verb.NOTE):
            raise IllegalStep("corrects-steps", entry=entry.fields["entry"])
        if entry.fields["at_ms"] > aim.entered_ms:
            raise IllegalStep("future", verb=aim.verb)


def _stepped(case: Case | None, entry: Entry, calendars: Calendars) -> Case:
    if entry.verb in UNIT_STEPS:
        return _unit_stepped(case, entry)
    if not (case._takes(entry.verb) if case else entry.verb is Verb.REPORT):
        state, offered = (case.state, case.possible) if case else ("none", (Verb.REPORT,))
        raise IllegalStep("not-now", verb=entry.verb, state=state, accepted=", ".join(offered))
    if case is None:
        items = tuple(entry.fields.get("items", ()))
        case = Case(entry.case, CaseState.REPORTED, entry.at_ms, entry.at_ms, 0, dict(entry.fields), items=items)
    change = CHANGES[entry.verb](case, entry) if entry.verb in CHANGES else {}
    clocks = _clocked(case, entry, change.get("rests", case.rests), calendars)
    after = STEPS[entry.verb].after
    if after and after is not case.state:
        change = {"state": after, "since_ms": entry.at_ms, **change}
    return replace(case, revision=entry.number, clocks=clocks, **change)


def _held(hold: Hold) -> Callable[[Case, Entry], Change]:
    return lambda case, entry: {
        "hold": hold,
        "until_ms": entry.fields.get("until_ms"),
        "rests": case.rests | {HELD},
    }


def _asked(case: Case, entry: Entry) -> Change:
    fields = entry.fields
    return {"asked": Asked(Obligation(fields["obligation"]), fields["by_ms"], entry.number)}


def _unmerged(case: Case, entry: Entry) -> Change:
    return {
        "state": case.former,
        "since_ms": entry.at_ms,
        "former": None,
        "into": "",
        "rests": case.rests - {MERGED},
    }


def _escalated(case: Case, entry: Entry) -> Change:
    """By time to the level of the point that a clock has passed; by people and by count to the next one."""
    return {"escalated": max(case.escalated, entry.fields["level"]) if is_of_time(entry) else case.escalated + 1}


def _amended(case: Case, entry: Entry) -> Change:
    return {"facts": {**case.facts, **{name: entry.fields[name] for name in AMENDED if name in entry.fields}}}


# What a verb changes beside the state and the clocks.
CHANGES: Mapping[Verb, Callable[[Case, Entry], Change]] = {
    Verb.DISPATCH: _amended,
    Verb.AMEND: _amended,
    Verb.ARBITRATE: lambda case, entry: {**_amended(case, entry), "arbitrated": True},
    Verb.SHELVE: _held(Hold.SHELVED),
    Verb.POSTPONE: _held(Hold.POSTPONED),
    Verb.TAKE_UP: lambda case, entry: {"hold": Hold.NONE, "until_ms": None, "rests": case.rests - {HELD}},
    Verb.PAUSE: lambda case, entry: {"rests": case.rests | {PAUSED}},
    Verb.RESUME: lambda case, entry: {"rests": case.rests - {PAUSED}},
    Verb.MERGE: lambda case, entry: {
        "former": case.state,
        "into": entry.fields["into"],
        "rests": case.rests | {MERGED},
    },
    Verb.UNMERGE: _unmerged,
    Verb.JOIN: lambda case, entry: {"items": (*case.items, *(i for i in entry.fields["items"] if i not in case.items))},
    Verb.PART: lambda case, entry: {"items": tuple(i for i in case.items if i not in entry.fields["items"])},
    Verb.ASK_EXTENSION: _asked,
    Verb.EXTEND: lambda case, entry: {"asked": None, "hold": Hold.EXTENDED},
    Verb.DENY_EXTENSION: lambda case, entry: {"asked": None},
    Verb.FINISH: lambda case, entry: {"hold": Hold.NONE if case.hold is Hold.EXTENDED else case.hold},
    Verb.REDO: lambda case, entry: {"redone": case.redone + 1},
    Verb.RETURN: lambda case, entry: {"returned": case.returned + 1},
    Verb.ESCALATE: _escalated,
    Verb.REOPEN: lambda case, entry: {"reopened": case.reopened + 1},
    Verb.APPEAL: lambda case, entry: {"appeal": "asked"},
    Verb.GRANT_APPEAL: lambda case, entry: {"appeal": "granted"},
    Verb.DENY_APPEAL: lambda case, entry: {"appeal": "denied"},
}


def _clocked(case: Case, entry: Entry, rests: frozenset[str], calendars: Calendars) -> tuple[Clock, ...]:
    """Clocks after an entry: what it meets is met before anything begins or rests."""
    step = STEPS[entry.verb]
    at_ms = entry.at_ms
    clocks = [_moved(clock, entry, step, case.asked) for clock in case.clocks]
    running = {clock.obligation for clock in clocks if not clock.is_over}
    for obligation in step.begins:
        if obligation in entry.terms and obligation not in running:
            clocks.append(Clock.begun(obligation, entry.terms[obligation], at_ms, calendars))
    return tuple(_rested(clock, rests, at_ms) for clock in clocks)


def _moved(clock: Clock, entry: Entry, step: Step, asked: Asked | None) -> Clock:
    """A clock that its entry meets, drops or extends, or of which it says how far time has taken it."""
    if is_of_time(entry) and clock.obligation == entry.fields["obligation"]:
        return clock.at_stage(stage_of(entry))
    if clock.obligation in step.meets:
        return clock.met(entry.at_ms)
    if clock.obligation in step.drops:
        return clock.fell_away(entry.at_ms)
    if entry.verb is Verb.EXTEND and asked and clock.obligation is asked.obligation:
        return clock.extended(asked.by_ms)
    return clock


def _rested(clock: Clock, rests: frozenset[str], at_ms: int) -> Clock:
    if clock.obligation not in RESTING:
        return clock
    return clock.paused(at_ms, ", ".join(sorted(rests))) if rests else clock.resumed(at_ms)


def _unit_stepped(case: Case | None, entry: Entry) -> Case:
    step = UNIT_STEPS[entry.verb]
    if case is None or case.state in (CaseState.CLOSED, CaseState.EVALUATED, CaseState.REJECTED, CaseState.MERGED):
        raise IllegalStep("not-open", verb=entry.verb, state=case.state if case else "none")
    before = case.assignments.get(entry.assignment)
    if (before.state if before else None) not in step.before:
        state = before.state if before else "none"
        raise IllegalStep("unit-not-now", verb=entry.verb, assignment=entry.assignment, state=state)
    reached = dict(before.reached) if before else {}
    if step.after is not AssignmentState.ON_SCENE or step.after not in reached:
        reached[step.after] = Reached(entry.at_ms, entry.by, entry.origin, entry.number)
    unit = before.unit if before else str(entry.fields["unit"])
    assignment = Assignment(entry.assignment, unit, step.after, reached, entry.at_ms)
    assignments = {**case.assignments, entry.assignment: assignment}
    clocks = tuple(clock.met(entry.at_ms) if clock.obligation in step.meets else clock for clock in case.clocks)
    return replace(case, assignments=assignments, clocks=clocks, revision=entry.number)
