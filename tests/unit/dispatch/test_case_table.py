"""Every verb in every state, held against a second writing of the tables: possible or refused, and what it moves."""

from __future__ import annotations

from dataclasses import replace

import pytest
from case_ways import (
    BEGAN_MS,
    CALENDARS,
    FIELDS,
    HELD_TOO,
    NO_UNITS,
    ONCE,
    OPEN,
    PATHS,
    TERMS,
    UNIT_PATHS,
    UNIT_WAYS,
    UNRESTED,
    WAYS,
    Way,
)

from core.errors import IllegalStep
from core.records import HOUR_MS, MINUTE_MS
from dispatch.case import Case, fold, follow
from dispatch.clocks import Clock, Obligation
from dispatch.log import Entry
from dispatch.states import AssignmentState, CaseState, Hold
from dispatch.steps import Verb

OF_TIME = {Verb.WARN, Verb.BREACH}  # what nobody does by hand; see `test_escalation.py`


class Written:
    """A case and the log that makes it, a line each minute: reported, noted, and brought to a state."""

    def __init__(self, *path: Verb) -> None:
        self.log: list[Entry] = []
        self.case: Case | None = None
        for verb in (Verb.REPORT, Verb.NOTE, *path):
            self.then(verb)

    @property
    def now(self) -> Case:
        assert self.case is not None
        return self.case

    @property
    def at_ms(self) -> int:
        return BEGAN_MS + len(self.log) * MINUTE_MS

    def entry(self, verb: Verb, **fields: object) -> Entry:
        """A line with what its verb needs and no more; it strikes the note, and corrects the time of the report."""
        way = WAYS.get(verb) or UNIT_WAYS[verb]
        own = {name: FIELDS[name] for name in way.needs.split()} | ({"entry": 2} if verb is Verb.STRIKE else {})
        by, task = ("li" if verb in (Verb.GRANT_APPEAL, Verb.DENY_APPEAL) else "wang"), "a" if verb in UNIT_WAYS else ""
        told = Entry(len(self.log) + 1, "A", verb, self.at_ms, self.at_ms, by, assignment=task, terms=TERMS)
        return replace(told, fields=own | fields)

    def then(self, verb: Verb, **fields: object) -> Case:
        entry = self.entry(verb, **fields)
        self.case = follow(self.case, self.log, entry, CALENDARS)
        self.log.append(entry)
        assert fold(self.log, CALENDARS) == self.case
        return self.case

    def refuses(self, entry: Entry) -> str:
        """Why it does not take a line; "": it takes it."""
        try:
            follow(self.case, self.log, entry, CALENDARS)
        except IllegalStep as refused:
            return refused.code
        return ""

    def takes(self, verb: Verb) -> bool:
        return not self.refuses(self.entry(verb))


def lies_in(state: object, states: str) -> bool:
    return str(state or "none") in states.split()


def running(case: Case) -> dict[str, Clock]:
    return {str(clock.obligation): clock for clock in case.clocks if not clock.is_over}


def test_the_tables_are_written_down_whole() -> None:
    assert {*WAYS, *UNIT_WAYS} == set(Verb)
    assert set(PATHS) == set(CaseState) and set(UNIT_PATHS) == {None, *AssignmentState}
    assert set(TERMS) == set(Obligation)


@pytest.mark.claim("COMMAND", "Every verb in every state is possible or refused as a second writing of the table says.")
@pytest.mark.parametrize("state", CaseState)
def test_every_verb_in_a_state(state: CaseState) -> None:
    case = Written(*PATHS[state])
    assert case.now.state is state
    for verb, way in WAYS.items():
        possible = lies_in(state, way.states) and way.first is None and verb not in OF_TIME
        if verb is Verb.ASK_EXTENSION:  # of the work: it is not asked for when that is done
            possible = state in (CaseState.DISPATCHED, CaseState.HANDLING)
        assert case.takes(verb) == possible, verb
        offered = possible or (verb is Verb.ASK_EXTENSION and lies_in(state, way.states))
        assert (verb in case.now.possible) == offered, verb
        if possible:
            after = Written(*PATHS[state]).then(verb)
            assert str(after.state) == (way.to or (state if verb is not Verb.UNMERGE else "dispatched")), verb


@pytest.mark.parametrize("state", CaseState)
def test_what_is_shelved_is_worked_on_by_nobody(state: CaseState) -> None:
    for hold in (Verb.SHELVE, Verb.POSTPONE):
        if not lies_in(state, WAYS[hold].states):
            continue
        case = Written(*PATHS[state], hold)
        for verb, way in WAYS.items():
            possible = verb in HELD_TOO - OF_TIME and lies_in(state, way.states) and way.first in (None, Verb.SHELVE)
            assert case.takes(verb) == possible, verb
        until_ms = FIELDS["until_ms"] if hold is Verb.POSTPONE else None
        assert (case.now.state, case.now.until_ms) == (state, until_ms)
        assert case.then(Verb.TAKE_UP).hold is Hold.NONE


@pytest.mark.parametrize(("verb", "way"), [(verb, way) for verb, way in WAYS.items() if way.first])
def test_what_answers_something_is_possible_once(verb: Verb, way: Way) -> None:
    assert way.first is not None
    done = 0
    for state, path in PATHS.items():
        case = Written(*path)
        if not (lies_in(state, way.states) and case.takes(way.first)):
            continue
        case.then(way.first)
        assert way.first not in ONCE or not case.takes(way.first), "not again before it is answered"
        case.then(verb)
        assert not case.takes(verb), "it is answered"
        done += 1
    assert done


def test_arbitrated_it_is_returned_no_more() -> None:
    case = Written(*PATHS[CaseState.RETURNED], Verb.ARBITRATE)
    assert not case.takes(Verb.RETURN) and Verb.RETURN not in case.now.possible
    case.then(Verb.TAKE)
    assert not case.takes(Verb.RETURN)


@pytest.mark.parametrize(("verb", "way"), [(verb, way) for verb, way in {**WAYS, **UNIT_WAYS}.items() if way.needs])
def test_a_step_without_what_it_needs_is_refused(verb: Verb, way: Way) -> None:
    for state in [CaseState.HANDLING] if verb in UNIT_WAYS else CaseState:
        case = Written(*PATHS[state])
        entry = case.entry(verb)
        for name in way.needs.split():
            for nothing in ({}, {name: ""}, {name: None}):
                less = {one: value for one, value in entry.fields.items() if one != name} | nothing
                assert case.refuses(replace(entry, fields=less)) == "needs", (state, name)


@pytest.mark.claim("COMMAND", "Every step begins, meets and drops the clocks that a second writing of the table names.")
@pytest.mark.parametrize("state", CaseState)
def test_which_clocks_a_step_moves(state: CaseState) -> None:
    for verb, way in WAYS.items():
        case = Written(*PATHS[state])
        if not case.takes(verb):
            continue
        before, at_ms, known = running(case.now), case.at_ms, len(case.now.clocks)
        places = {name: at for at, one in enumerate(case.now.clocks) if (name := str(one.obligation)) in before}
        after = case.then(verb)
        begun = {str(one.obligation) for one in after.clocks[known:]}
        over = {name: after.clocks[at] for name, at in places.items() if after.clocks[at].is_over}
        assert begun == way.moves("+") - (set(before) - set(over)), verb
        assert {name for name, one in over.items() if not one.dropped} == way.moves("=") & set(before), verb
        assert {name for name, one in over.items() if one.dropped} == way.moves("-") & set(before), verb
        assert {one.ended_ms for one in over.values()} <= {at_ms}
        assert len(running(after)) == sum(not one.is_over for one in after.clocks), "one clock of each at a time"


@pytest.mark.parametrize("rests", [Verb.PAUSE, Verb.SHELVE, Verb.POSTPONE, Verb.MERGE])
def test_what_rests_and_what_waits_for_nobody(rests: Verb) -> None:
    case = Written(*PATHS[CaseState.HANDLING], rests)
    assert {one.obligation for one in case.now.clocks if one.runs} == UNRESTED
    assert set(running(case.now)) - UNRESTED == {"arrive", "handle", "close"}
    back = {Verb.PAUSE: Verb.RESUME, Verb.MERGE: Verb.UNMERGE}.get(rests, Verb.TAKE_UP)
    after = case.then(back)
    assert all(one.runs for one in running(after).values()) and after.state is CaseState.HANDLING
    assert (after.into, after.former, after.rests) == ("", None, frozenset())


@pytest.mark.claim(
    "COMMAND", "An extension adds what was asked for to the clock it was asked for, once, and to no other."
)
@pytest.mark.parametrize("resting", [False, True])
@pytest.mark.parametrize("obligation", ["handle", "close", "arrive"])
def test_an_extension_reaches_its_clock_and_no_other(obligation: str, resting: bool) -> None:
    case = Written(*PATHS[CaseState.HANDLING], *([Verb.PAUSE] if resting else []))
    granted = {name: TERMS[Obligation(name)].limit_ms for name in running(case.now)}
    for by_ms in (HOUR_MS, 3 * HOUR_MS):
        case.then(Verb.ASK_EXTENSION, obligation=obligation, by_ms=by_ms)
        assert {name: one.granted_ms for name, one in running(case.now).items()} == granted, "asked for, not granted"
        before = case.now.clock(Obligation(obligation))
        case.then(Verb.EXTEND)
        granted[obligation] += by_ms
        assert {name: one.granted_ms for name, one in running(case.now).items()} == granted
        after = case.now.clock(Obligation(obligation))
        assert before is not None and after is not None and case.now.hold is Hold.EXTENDED
        assert after.left_ms(case.at_ms, CALENDARS) == before.left_ms(case.at_ms, CALENDARS) + by_ms
        assert case.refuses(case.entry(Verb.EXTEND)) == "not-now", "granted once"
    case.then(Verb.ASK_EXTENSION, obligation=obligation)
    denied = case.then(Verb.DENY_EXTENSION)
    assert {name: one.granted_ms for name, one in running(denied).items()} == granted and denied.asked is None
    assert case.then(Verb.FINISH).hold is Hold.NONE


def test_no_extension_of_what_nobody_owes_any_more() -> None:
    case = Written(*PATHS[CaseState.FEEDBACK])
    for obligation in ("handle", "accept", "dispatch", "file"):
        assert case.refuses(case.entry(Verb.ASK_EXTENSION, obligation=obligation)) == "extension-late"


@pytest.mark.claim("COMMAND", "Every step of a unit in every state is possible or refused as a second writing says.")
@pytest.mark.parametrize("state", [None, *AssignmentState])
def test_every_step_of_a_unit(state: AssignmentState | None) -> None:
    for verb, way in UNIT_WAYS.items():
        case = Written(Verb.FILE, Verb.DISPATCH, *UNIT_PATHS[state])
        assert case.takes(verb) == lies_in(state, way.states), verb
        if case.takes(verb):
            before, at_ms = running(case.now), case.at_ms
            after = case.then(verb)
            assert after.assignments["a"].state == way.to
            met = set(before) - set(running(after))
            assert met == way.moves("=") & set(before), verb
            assert {one.ended_ms for one in after.clocks if str(one.obligation) in met} <= {at_ms}


@pytest.mark.parametrize("state", CaseState)
def test_units_work_in_open_cases(state: CaseState) -> None:
    assert Written(*PATHS[state]).takes(Verb.NOTIFY) == (not lies_in(state, NO_UNITS))


def test_what_is_said_of_a_line_aims_well() -> None:
    """Only a note is struck; only a step is corrected, to no later than it was written down; nothing is of tomorrow."""
    case = Written(Verb.FILE)
    assert case.refuses(case.entry(Verb.STRIKE, entry=3)) == "strikes-notes"
    assert case.refuses(case.entry(Verb.STRIKE, entry=9)) == "strikes-notes"
    assert case.refuses(case.entry(Verb.CORRECT, entry=2)) == "corrects-steps"
    assert case.refuses(case.entry(Verb.CORRECT, entry=9)) == "corrects-steps"
    assert case.refuses(case.entry(Verb.CORRECT, at_ms=BEGAN_MS + 1)) == "future"
    told = case.entry(Verb.NOTE)
    assert case.refuses(replace(told, at_ms=told.entered_ms + 1)) == "future"
    assert case.refuses(replace(told, number=3)) == case.refuses(replace(told, number=5)) == "changed"
    assert case.refuses(case.entry(Verb.MERGE, into="A")) == "into-itself"
    case.then(Verb.STRIKE)
    assert [entry.fields.get("text") for entry in case.log] == [None, "备注", None, None], "it stays readable"


def test_what_is_counted_is_counted() -> None:
    case = Written(*PATHS[CaseState.EVALUATED])
    again = case.then(Verb.REOPEN)
    assert (again.reopened, again.redone, again.returned) == (1, 0, 0)
    for verb in (Verb.DISPATCH, Verb.RETURN, Verb.DISPATCH, Verb.TAKE, Verb.FINISH, Verb.REDO, Verb.FINISH):
        case.then(verb)
    assert (case.now.reopened, case.now.redone, case.now.returned) == (1, 1, 1)
    assert case.then(Verb.ESCALATE).escalated == 1


def test_what_joins_stands_once_until_it_is_parted() -> None:
    case = Written(*PATHS[CaseState.HANDLING])
    case.then(Verb.JOIN, items=["event:1", "event:2"])
    assert case.then(Verb.JOIN, items=["event:2", "event:3"]).items == ("event:1", "event:2", "event:3")
    assert case.then(Verb.PART, items=["event:2"]).items == ("event:1", "event:3")


def test_it_is_open_or_it_is_over() -> None:
    over = {state for state in CaseState if not lies_in(state, OPEN)}
    assert over == {CaseState.CLOSED, CaseState.EVALUATED, CaseState.REJECTED, CaseState.MERGED}
