"""The book of cases: every act is one transaction with its audit entry, its line in the log and its word to the city.

The right is asked here, for the area and topic of the case; the table of steps decides what is possible.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any

import msgspec

from accounts.bearer import Bearer
from accounts.departments import Owed, check_own
from accounts.rights import may
from accounts.warden import Warden
from core.acts import ActTopic
from core.clock import local_day
from core.errors import IllegalStep, NotAllowed
from core.units import UnitRow
from dispatch.arrival import with_check
from dispatch.calendars import Counting
from dispatch.calls import call_of
from dispatch.case import Case, fold, follow
from dispatch.clocks import Calendars, Obligation, Terms
from dispatch.in_hand import check_in_hand
from dispatch.kinds import CaseKind
from dispatch.log import Entry, Origin
from dispatch.plans import haste
from dispatch.rectifying import rectified_by
from dispatch.response_rows import in_force
from dispatch.rows import Belongs, assignment_row, case_row, entry_of, entry_row
from dispatch.states import CaseState
from dispatch.steps import RESTING, STEPS, UNIT_STEPS, Verb
from dispatch.urgency import Load, Page, Sees, load_of, page
from store import cases as kept
from store.case_marks import put_marks
from store.case_queue import Asked
from store.outbox import tell
from store.sql import Transaction
from store.units import department_of

BY_ITSELF = Bearer("worker:cases")  # who reports what follows from another case
RELAYING = "cases.dispatch"  # the right to write down what others did
OF_DEPARTMENTS = ("cases.accept", "cases.report")  # what a department does about its own cases and tasks

Above = Callable[[str], tuple[str, ...]]  # an area → it and those it lies in, by code


@dataclass(frozen=True, slots=True)
class Now:
    """Where and when: scene and stamp on show, its city, city time, and real time for the audit; ms UTC."""

    scene: str
    stamp: str
    city: str
    city_ms: int
    real_ms: int


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for.

    key: chosen by whoever asks, the same for a repeat. revision: the newest entry that was on his screen; None for
    what does not depend on it. happened_ms: city time at which it happened; None: now. number: that a new case has
    already, where it comes from another platform.
    """

    key: str
    verb: Verb
    case: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    revision: int | None = None
    assignment: str = ""
    origin: Origin = Origin.PERSON
    happened_ms: int | None = None
    number: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A case with the log that makes it."""

    case: Case
    log: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """What the city declared about cases: kinds by id, calendars, which areas an area lies in, and its units by id.

    haste: of a kind and an area, the part of its usual limit that a case is granted now; the book fills it in.
    """

    kinds: Mapping[str, CaseKind]
    calendars: Calendars
    above: Above
    units: Mapping[str, UnitRow] = field(default_factory=dict)
    haste: Callable[[str, str], float] = lambda kind, area: 1.0


class CaseBook:
    """Cases of one installation."""

    def __init__(self, warden: Warden, rules: Callable[[], Rules]) -> None:
        """rules: what is declared now; packs change while it runs."""
        self._warden, self._rules = warden, rules

    def act(self, by: Bearer, wish: Wish, now: Now) -> Told:
        """Take a step, or return the case as it stands when this was done before under the same key.

        Raises:
            NotAllowed: His posts do not reach so far.
            IllegalStep: Not possible now, something is missing, or somebody else was faster.
            UnknownName: There is no such case or kind.
        """
        if (done := self._done_before(by, wish.key)) is not None:
            return self.read(done)
        right = right_of(wish)
        detail = {"verb": wish.verb, "key": wish.key, "origin": wish.origin, "assignment": wish.assignment}
        with self._warden.acting(by, right, wish.case or "case:new", now.real_ms, detail) as connection:
            return self.act_within(connection, by, wish, now)

    def happen(self, by: str, wish: Wish, now: Now) -> Told:
        """Write what nobody asked for: what time did, or a fence saw. by: the worker that saw it.

        Raises as `act` does, but for NotAllowed.
        """
        machine = Bearer(by)
        if (done := self._done_before(machine, wish.key)) is not None:
            return self.read(done)
        detail = {"verb": wish.verb, "key": wish.key, "origin": wish.origin, "assignment": wish.assignment}
        with self._warden.recording(machine, right_of(wish), wish.case, now.real_ms, detail) as connection:
            return self._within(connection, (machine, wish, now), asks=False)

    def act_within(self, connection: Transaction, by: Bearer, wish: Wish, now: Now) -> Told:
        """The same as a part of an act that concerns several cases, in its transaction; it sees to the audit."""
        return self._within(connection, (by, wish, now), asks=True)

    def _within(self, connection: Transaction, asked: tuple[Bearer, Wish, Now], asks: bool) -> Told:
        (by, wish, now), rules = asked, self._rules()
        rules = replace(rules, haste=partial(_haste, connection, now.scene, rules.above))
        if (row := kept.entry_with_key(connection, by.name, wish.key)) is not None:  # a repeat at the same moment
            return _told(connection, row.case, rules)
        if wish.verb is Verb.REPORT and not wish.case:
            told, belongs = None, Belongs(now.scene, now.stamp)
        else:
            known = kept.case_of(connection, wish.case)
            told, belongs = _told(connection, wish.case, rules), Belongs(known.scene, known.stamp)
            if belongs.scene != now.scene:
                raise IllegalStep("other-scene", case=wish.case)
        if asks:
            self._ask(connection, (by, wish, now), told, rules)
        written = self._written(connection, told, belongs, asked, rules)
        entry = next(one for one in reversed(written.log) if one.verb is wish.verb)
        if told and (report := rectified_by(written.case, entry, rules.kinds)):
            further = Wish(f"{told.case.id}/rectify", Verb.REPORT, fields=report, origin=Origin.CLOCK)
            if kept.entry_with_key(connection, BY_ITSELF.name, further.key) is None:
                self._written(connection, None, belongs, (BY_ITSELF, further, now), rules)
        return written

    def read(self, case: str) -> Told:
        """A case with its whole log. Raises UnknownName. Who may see it is asked by whoever shows it."""
        with self._warden.database.reading() as connection:
            kept.case_of(connection, case)
            return _told(connection, case, self._rules())

    def queue(self, scene: str, asked: Asked, sees: Sees) -> Page:
        """A page of the open cases that somebody may see, by urgency."""
        return page(self._warden.database, scene, asked, sees)

    def load(self, scene: str, asked: Asked, sees: Sees, at_ms: int) -> Load:
        """What of the queue stands where, of what somebody may see."""
        return load_of(self._warden.database, scene, asked, sees, at_ms)

    def _done_before(self, by: Bearer, key: str) -> str | None:
        with self._warden.database.reading() as connection:
            found = kept.entry_with_key(connection, by.name, key)
        return found.case if found else None

    def _ask(self, connection: Transaction, asked: tuple[Bearer, Wish, Now], told: Told | None, rules: Rules) -> None:
        """Raise NotAllowed when his posts do not reach the place and topic of a case, or it is not his to answer."""
        (by, wish, now), right = asked, right_of(asked[1])
        facts = told.case.facts if told else wish.fields
        kind = _kind(rules, str(facts.get("kind", "")))
        area = str(facts.get("area", ""))
        above = rules.above(area) if area else ()
        decision = may(by, right, area=above, topic=kind.domain)
        if not decision.allowed:
            raise NotAllowed(decision.code, decision.in_words)
        if told and right in OF_DEPARTMENTS:
            unit = told.case.assignments.get(wish.assignment)
            departments = owing(told.case, kind, department_of(connection, unit.unit) if unit else "")
            check_own(connection, by, right, Owed(departments, above, kind.domain), now.real_ms)

    def _written(
        self,
        connection: Transaction,
        told: Told | None,
        belongs: Belongs,
        asked: tuple[Bearer, Wish, Now],
        rules: Rules,
    ) -> Told:
        """The case after the step and after what follows from it by itself, all of it in this transaction."""
        by, wish, now = asked
        if told and wish.revision is not None and wish.revision != told.case.revision:
            raise IllegalStep("changed", revision=told.case.revision)
        case_id = told.case.id if told else wish.number or _number(connection, now)
        entry = _entry(told, case_id, by, wish, now, rules)
        log, case = [*(told.log if told else ()), entry], told.case if told else None
        case = follow(case, log[:-1], entry, rules.calendars)
        check_in_hand(connection, belongs.scene, case, entry, rules.units)
        keys = [wish.key]
        for follower in following(case, entry, rules.kinds):
            further = replace(follower, number=case.revision + 1)
            case = follow(case, log, further, rules.calendars)
            log.append(further)
            keys.append(f"{wish.key}/{further.verb}")
        kind = _kind(rules, str(case.facts["kind"]))
        row = case_row(case, kind, belongs, rules.calendars)
        (kept.change_case if told else kept.add_case)(connection, row)
        for one, key in zip(log[-len(keys) :], keys, strict=True):
            kept.add_entry(connection, entry_row(one, key))
        kept.put_assignments(connection, case.id, [assignment_row(case, one) for one in case.assignments.values()])
        put_marks(connection, [case.id])
        tell(connection, ActTopic.CASE, told_to_city(row, case), now.real_ms)
        calls = [call_of(case, one, kind, belongs) for one in log[-len(keys) :]]
        for call in filter(None, calls):
            tell(connection, ActTopic.CALL, msgspec.to_builtins(call), now.real_ms)
        return Told(case, tuple(log))


def told_to_city(row: kept.CaseRow, case: Case) -> dict[str, Any]:
    """What everybody may know of a case, also of which warning or event it is: no title, no caller's words, no name."""
    told = {name: value for name, value in asdict(row).items() if name not in ("title", "body")}
    units = [{"unit": one.unit, "state": one.state} for one in case.assignments.values()]
    return told | {"units": units, "escalated": case.escalated}


def right_of(wish: Wish) -> str:
    """The right that a wish asks for; what others did is written down by who may dispatch."""
    step = UNIT_STEPS.get(wish.verb) or STEPS[wish.verb]
    outside = step.action in ("cases.accept", "cases.report")
    return RELAYING if wish.origin is Origin.RELAYED and outside else step.action


def owing(case: Case, kind: CaseKind, of_unit: str) -> list[str]:
    """The departments whose work a case is: who leads, who assists, and that of the unit whose task it is about."""
    assisting = case.facts.get("assisting") or ()
    named = [str(case.facts.get("lead") or kind.lead), *([assisting] if isinstance(assisting, str) else assisting)]
    return [one for one in (*named, of_unit) if one]


def following(case: Case, entry: Entry, kinds: Mapping[str, CaseKind]) -> list[Entry]:
    """What follows from an entry by itself: the first unit that accepts takes the case; too many returns escalate."""
    kind, also = kinds[case.facts["kind"]], replace(entry, origin=Origin.CLOCK, assignment="", fields={}, terms={})
    if entry.verb in (Verb.ACCEPT, Verb.DEPART, Verb.ARRIVE) and case.state is CaseState.DISPATCHED:
        return [replace(also, verb=Verb.TAKE)]
    counted = {Verb.REDO: (case.redone, kind.redone), Verb.RETURN: (case.returned, kind.returned)}
    count, most = counted.get(entry.verb, (0, 1))
    if count and count % most == 0:
        return [replace(also, verb=Verb.ESCALATE, fields={"reason": f"{entry.verb} {count}"})]
    return []


def _entry(told: Told | None, case_id: str, by: Bearer, wish: Wish, now: Now, rules: Rules) -> Entry:
    facts = {**(told.case.facts if told else {}), **wish.fields}
    kind = _kind(rules, str(facts.get("kind", "")))
    step = STEPS.get(wish.verb)
    begins = [one for one in (step.begins if step else ()) if one in kind.limits]
    part = rules.haste(kind.id, str(facts.get("area", ""))) if begins else 1.0
    terms = {one: hastened(one, kind.limits[one], part) for one in begins}
    if missing := [name for name in kind.needs.get(wish.verb, ()) if wish.fields.get(name) in (None, "")]:
        raise IllegalStep("needs", verb=wish.verb, needs=", ".join(missing))
    at_ms = now.city_ms if wish.happened_ms is None else wish.happened_ms
    is_tap = wish.verb is Verb.ARRIVE and wish.origin is not Origin.FENCE
    return Entry(
        number=told.case.revision + 1 if told else 1,
        case=case_id,
        verb=wish.verb,
        at_ms=at_ms,
        entered_ms=now.city_ms,
        by=by.name,
        origin=wish.origin,
        assignment=wish.assignment,
        fields=with_check(facts.get("place"), wish.fields, at_ms) if is_tap else dict(wish.fields),
        terms=terms,
    )


def _haste(connection: Transaction, scene: str, above: Above, kind: str, area: str) -> float:
    return haste(in_force(connection, scene), kind, above(area) if area else ())


def hastened(obligation: Obligation, terms: Terms, part: float) -> Terms:
    """What is granted under a response; what is owed to citizens, upward or by working days stays as the law has it."""
    if part == 1.0 or obligation not in RESTING or terms.counting is Counting.WORKING_DAYS:
        return terms
    return Terms(int(terms.limit_ms * part), terms.counting, int(terms.warn_ms * part), part)


def _told(connection: Transaction, case: str, rules: Rules) -> Told:
    log: Sequence[Entry] = tuple(entry_of(row) for row in kept.log_of(connection, case))
    return Told(fold(log, rules.calendars), tuple(log))


def _number(connection: Transaction, now: Now) -> str:
    """The number of a new case: city, local day, running number; the same at every level that works on it.

    Cases that another platform handed over keep theirs; such a number is passed over here.
    """
    day = f"{now.city}-{local_day(now.city_ms)}"
    while kept.is_known(connection, number := f"{day}-{kept.next_number(connection, day):04}"):
        pass
    return number


def _kind(rules: Rules, kind: str) -> CaseKind:
    if kind not in rules.kinds:
        raise IllegalStep("unknown-kind", kind=kind, known=", ".join(sorted(rules.kinds)))
    return rules.kinds[kind]
