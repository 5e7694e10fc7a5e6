"""Random days of cases: nothing impossible happens, no clock loses time, and the log alone rebuilds the case."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest
from case_ways import (
    BEGAN_MS,
    CALENDARS,
    FIELDS,
    HELD_TOO,
    NO_UNITS,
    ONCE,
    RESTS,
    TERMS,
    UNIT_WAYS,
    UNRESTED,
    WAYS,
)
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from core.declared import Words
from core.errors import IllegalStep
from core.records import HOUR_MS, MINUTE_MS
from dispatch.case import Case, fold, follow
from dispatch.clocks import Clock, Obligation, Standing
from dispatch.escalation import next_ms, points_due
from dispatch.kinds import CaseKind, KindClass
from dispatch.log import Entry, Origin
from dispatch.rows import entry_of, entry_row
from dispatch.states import CaseState, Hold
from dispatch.steps import Verb
from store.cases import EntryRow

KIND = CaseKind("road-water", "1", Words("积水", "Water"), KindClass.EVENT, "water", limits=TERMS)
GROUPS = (
    frozenset(Verb),
    frozenset({Verb.FILE, Verb.DISPATCH, Verb.TAKE, Verb.FINISH, Verb.VERIFY, Verb.REDO, Verb.CLOSE, Verb.REOPEN}),
    frozenset({Verb.PAUSE, Verb.RESUME, Verb.SHELVE, Verb.POSTPONE, Verb.TAKE_UP, Verb.MERGE, Verb.UNMERGE}),
    frozenset({Verb.ASK_EXTENSION, Verb.EXTEND, Verb.CORRECT}),
)
CORRECTED_MS = 10 * MINUTE_MS  # so much before all this its report was, as a correction says
OF_TIME = {Verb.WARN, Verb.BREACH}  # nobody is offered these


class CaseDays(RuleBasedStateMachine):
    """One case, steps of any kind at rising times, and beside it what an independent book-keeper counts."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[Entry] = []
        self.case: Case | None = None
        self.now_ms = BEGAN_MS
        self.counted: dict[int, int] = {}  # by place of the clock: what counted between the steps, added up
        self.passed: dict[int, int] = {}  # by place of the clock: how far time was written down to have taken it
        self.level = 0
        self.resting: frozenset[str] = frozenset()
        self.more_ms: dict[int, int] = {}  # by place of the clock: what extensions granted
        self.corrected = False
        self.waits: set[Verb] = set()  # what was begun or asked for, and not answered yet
        self.done: set[Verb] = set()
        self.stored: list[Entry] = []  # the log once more, as it comes back from the database

    @initialize(far=st.integers(0, 3))
    def it_is_so_far_when_the_days_begin(self, far: int) -> None:
        """Nobody told of it, it was reported, filed, or sent out already."""
        for verb in (Verb.REPORT, Verb.FILE, Verb.DISPATCH)[:far]:
            self.try_it(self.entry(verb, "", WAYS[verb].needs), legal=True)

    @precondition(lambda self: self.case is not None)
    @rule(choice=st.integers(0, 999), group=st.sampled_from(GROUPS))
    def the_case_takes_a_step_that_it_offers(self, choice: int, group: frozenset[Verb]) -> None:
        """Random verbs alone are refused too often to come far. group: of which one is taken where it is offered."""
        assert self.case is not None
        offered = [verb for verb in self.case.possible if verb in group] or [*self.case.possible]
        verb = offered[choice % len(offered)]
        self.try_it(self.entry(verb, "", WAYS[verb].needs), legal=True)

    @precondition(lambda self: self.case and Verb.ASK_EXTENSION in self.case.possible and self.is_in_time())
    @rule()
    def more_time_is_asked_for_and_granted(self) -> None:
        """The clock ends so much counted time later; one that rests has so much more left when it goes on."""
        place = max(at for at, one in enumerate(self.clocks) if one.obligation is Obligation.HANDLE)
        before, calendar = self.clocks[place], CALENDARS[TERMS[Obligation.HANDLE].counting]
        for verb in (Verb.ASK_EXTENSION, Verb.EXTEND):
            self.try_it(self.entry(verb, "", WAYS[verb].needs), legal=True)
        assert self.clocks[place].left_ms(self.now_ms, CALENDARS) == before.left_ms(self.now_ms, CALENDARS) + HOUR_MS
        due_ms, later_ms = before.due_ms(CALENDARS), self.clocks[place].due_ms(CALENDARS)
        assert (due_ms is None) == (later_ms is None) == bool(self.resting)
        assert due_ms is None or later_ms is None or calendar.elapsed_ms(due_ms, later_ms) == HOUR_MS

    @rule(minutes=st.one_of(st.integers(1, 60), st.integers(1, 4 * 1440)))
    def time_passes(self, minutes: int) -> None:
        before_ms, self.now_ms = self.now_ms, self.now_ms + minutes * MINUTE_MS
        for place, clock in enumerate(self.case.clocks if self.case else ()):
            rests = clock.obligation not in UNRESTED and bool(self.resting)
            if clock.ended_ms is None and not rests:
                from_ms = max(before_ms, CALENDARS[clock.terms.counting].begin(clock.began_ms))
                passed_ms = CALENDARS[clock.terms.counting].elapsed_ms(from_ms, self.now_ms)
                self.counted[place] = self.counted.get(place, 0) + passed_ms

    @rule(verb=st.sampled_from(sorted(WAYS)))
    def the_case_takes_a_step_or_refuses(self, verb: Verb) -> None:
        verb = Verb(verb)
        self.try_it(self.entry(verb, "", WAYS[verb].needs), self.is_possible(verb))

    @precondition(lambda self: self.case is not None)
    @rule(verb=st.sampled_from(sorted(UNIT_WAYS)), unit=st.sampled_from(["a", "b"]))
    def a_unit_takes_a_step_or_refuses(self, verb: Verb, unit: str) -> None:
        verb = Verb(verb)
        assert self.case is not None
        had, way = self.case.assignments.get(unit), UNIT_WAYS[verb]
        state = str(had.state) if had else "none"
        legal = str(self.case.state) not in NO_UNITS.split() and state in way.states.split()
        self.try_it(self.entry(verb, unit, way.needs), legal)

    @precondition(lambda self: self.case is not None)
    @rule()
    def the_keeper_writes_all_that_time_did(self) -> None:
        while due := points_due(self.case, KIND, CALENDARS, self.now_ms):
            fields = due[0].fields
            entry = replace(self.entry(due[0].verb, "", ""), fields=fields, at_ms=due[0].at_ms, origin=Origin.CLOCK)
            place = next(
                at for at, one in enumerate(self.clocks) if one.runs and one.obligation == fields["obligation"]
            )
            reached = {Verb.WARN: 1, Verb.BREACH: 2}.get(entry.verb, 2 + fields.get("level", 0))
            assert self.is_reached(place, reached)
            assert self.try_it(entry, legal=True)
            self.passed[place] = reached
        at_ms = next_ms(self.case, KIND, CALENDARS)
        assert at_ms is None or at_ms > self.now_ms

    @invariant()
    def time_may_write_what_is_reached_and_nothing_else(self) -> None:
        for place, clock in enumerate(self.clocks):
            for stage in range(1, 6) if not clock.is_over else ():
                stands = self.case is not None and str(self.case.state) in WAYS[Verb.WARN].states.split()
                assert self.is_taken(self.of_time(place, stage)) == (stands and self.is_reached(place, stage))

    @invariant()
    def time_takes_each_clock_as_far_as_its_log_says(self) -> None:
        for place, clock in enumerate(self.clocks):
            assert clock.stage == self.passed.get(place, 0)
        assert self.case is None or self.case.escalated == self.level

    @invariant()
    def its_log_alone_rebuilds_it(self) -> None:
        if self.case:
            assert self.stored == self.log
            assert fold(self.stored, CALENDARS) == self.case

    @invariant()
    def it_offers_what_is_possible_and_nothing_else(self) -> None:
        assert self.case is None or set(self.case.possible) == {verb for verb in WAYS if self.is_possible(verb)}

    @invariant()
    def no_clock_loses_or_finds_time(self) -> None:
        for place, clock in enumerate(self.case.clocks if self.case else ()):
            assert clock.counted_ms(self.now_ms, CALENDARS) == self.counted.get(place, 0)
            left_ms = clock.left_ms(self.now_ms, CALENDARS)
            assert clock.granted_ms == TERMS[clock.obligation].limit_ms + self.more_ms.get(place, 0)
            assert left_ms + self.counted.get(place, 0) == clock.granted_ms
            if clock.runs and left_ms > 0:
                due_ms = clock.due_ms(CALENDARS)
                assert due_ms is not None
                begin_ms = max(self.now_ms, CALENDARS[clock.terms.counting].begin(clock.began_ms))
                assert CALENDARS[clock.terms.counting].elapsed_ms(begin_ms, due_ms) == left_ms

    @invariant()
    def what_stands_fits_together(self) -> None:
        if self.case is None:
            return
        assert (self.case.state is CaseState.MERGED) == bool(self.case.into)
        assert (self.case.hold in (Hold.SHELVED, Hold.POSTPONED)) == ("held" in self.case.rests)
        assert self.case.rests == self.resting
        for clock in self.case.clocks:
            assert clock.is_over or clock.runs == (clock.obligation in UNRESTED or not self.case.rests)
        assert sum(not clock.is_over for clock in self.case.clocks) == len(
            {clock.obligation for clock in self.case.clocks if not clock.is_over}
        )

    def is_possible(self, verb: Verb) -> bool:
        """By the book-keeper's own tables, apart from what only an entry can tell."""
        way, held = WAYS[verb], Verb.SHELVE in self.waits and verb not in HELD_TOO
        if self.case is None:
            return verb is Verb.REPORT
        if str(self.case.state) not in way.states.split() or held or verb in OF_TIME:
            return False
        if verb in ONCE:
            return verb not in self.waits and not (verb is Verb.APPEAL and verb in self.done)
        return way.first in self.waits if way.first else not (verb is Verb.RETURN and Verb.ARBITRATE in self.done)

    def entry(self, verb: Verb, unit: str, needs: str) -> Entry:
        fields = {name: FIELDS[name] for name in needs.split()}
        if verb is Verb.CORRECT:
            fields["at_ms"] = BEGAN_MS - CORRECTED_MS
        number = len(self.log) + 1
        by = "li" if verb in (Verb.GRANT_APPEAL, Verb.DENY_APPEAL) else "wang"
        return Entry(number, "A", verb, self.now_ms, self.now_ms, by, assignment=unit, fields=fields, terms=TERMS)

    def of_time(self, place: int, stage: int) -> Entry:
        """An entry that says that time took a clock so far."""
        verb = {1: Verb.WARN, 2: Verb.BREACH}.get(stage, Verb.ESCALATE)
        fields = {"obligation": str(self.clocks[place].obligation), "level": stage - 2, "reason": "overdue"}
        return replace(self.entry(verb, "", ""), fields=fields, origin=Origin.CLOCK)

    def is_taken(self, entry: Entry) -> bool:
        try:
            follow(self.case, self.log, entry, CALENDARS)
        except IllegalStep:
            return False
        return True

    @property
    def clocks(self) -> tuple[Clock, ...]:
        return self.case.clocks if self.case else ()

    def is_reached(self, place: int, stage: int) -> bool:
        """By the book-keeper's own counting: whether time took a clock so far, and nobody wrote that yet."""
        clock, counted_ms = self.clocks[place], self.counted.get(place, 0)
        rests = clock.obligation not in UNRESTED and bool(self.resting)
        passed, warn_ms = self.passed.get(place, 0), clock.terms.warn_ms
        if rests or passed >= stage:
            return False
        if stage == 1:
            return warn_ms > 0 and counted_ms >= clock.granted_ms - warn_ms
        return counted_ms > clock.granted_ms and (stage == 2 or passed == stage - 1)

    def try_it(self, entry: Entry, legal: bool) -> bool:
        before, in_log = self.case, list(self.log)
        if entry.verb in (Verb.STRIKE, Verb.CORRECT) or (entry.verb is Verb.ASK_EXTENSION and legal):
            legal = legal and self.aims_well(entry)
        try:
            self.case = follow(self.case, self.log, entry, CALENDARS)
        except IllegalStep as refused:
            assert not legal, refused
            assert refused.in_words("zh") and refused.in_words("en")
            assert (self.case, self.log) == (before, in_log)
            return False
        assert legal
        self.log.append(entry)
        self.stored.append(read_back(entry))
        self.check_way(before, entry.verb)
        self.note(entry.verb)
        if entry.verb in RESTS:
            why, begins = RESTS[entry.verb]
            self.resting = self.resting | {why} if begins else self.resting - {why}
        self.count_anew(before, entry.verb)
        if entry.verb is Verb.ESCALATE:
            self.level = max(self.level, entry.fields.get("level", self.level + 1))
        if entry.verb is Verb.EXTEND:
            self.passed = {at: far for at, far in self.passed.items() if not self.extended(before, at)}
        return True

    def check_way(self, before: Case | None, verb: Verb) -> None:
        """The state moved as it is written down, or not at all."""
        assert self.case is not None
        if before is None or verb is Verb.UNMERGE:
            assert self.case.state is (before.former if before else CaseState.REPORTED)
        else:
            to = WAYS[verb].to if verb in WAYS else ""
            assert self.case.state == (to or before.state)

    def note(self, verb: Verb) -> None:
        """What waits for an answer now, and what was ever done."""
        self.done.add(verb)
        if verb in WAYS and (first := WAYS[verb].first):
            self.waits.discard(first)
        self.waits |= {Verb.SHELVE} if verb is Verb.POSTPONE else {verb} & {Verb.SHELVE, *ONCE}

    def count_anew(self, before: Case | None, verb: Verb) -> None:
        """What an extension grants, and what the clocks of the report have counted once it was earlier."""
        for place, clock in enumerate(before.clocks if before else ()):
            if verb is Verb.EXTEND and clock.obligation is Obligation.HANDLE and not clock.is_over:
                self.more_ms[place] = self.more_ms.get(place, 0) + HOUR_MS
            if verb is Verb.CORRECT and not self.corrected and str(clock.obligation) in WAYS[Verb.REPORT].moves("+"):
                earlier_ms = self.log[0].at_ms - (BEGAN_MS - CORRECTED_MS)
                self.counted[place] = self.counted.get(place, 0) + earlier_ms
        self.corrected = self.corrected or verb is Verb.CORRECT

    def extended(self, before: Case | None, place: int) -> bool:
        return before is not None and self.clocks[place].granted_ms != before.clocks[place].granted_ms

    def aims_well(self, entry: Entry) -> bool:
        """Of what only its entry can tell: entry 1 is no note; nothing is corrected to later than it was written."""
        if entry.verb is Verb.ASK_EXTENSION:
            return self.is_in_time()
        return entry.verb is Verb.CORRECT and bool(self.log) and entry.fields["at_ms"] <= self.log[0].entered_ms

    def is_in_time(self) -> bool:
        """Whether the work has begun and some of what is granted to it is left."""
        clock = self.case.clock(Obligation.HANDLE) if self.case else None
        stands = (Standing.RUNNING, Standing.WARNED, Standing.PAUSED)
        return bool(
            clock and clock.standing(self.now_ms, CALENDARS) in stands and clock.left_ms(self.now_ms, CALENDARS)
        )


def read_back(entry: Entry) -> Entry:
    """A line of a log as it comes back from the columns of a database."""
    return entry_of(EntryRow(**json.loads(json.dumps(asdict(entry_row(entry, "key"))))))


TestCaseDays = pytest.mark.claim(
    "COMMAND", "No illegal transition, every clock conserved, and the log alone rebuilds the case exactly."
)(CaseDays.TestCase)
TestCaseDays.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
