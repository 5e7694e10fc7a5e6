"""Clocks as people know them: rests that count nothing, extensions, corrections, years in a moment."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.errors import IllegalStep
from core.records import DAY_MS, HOUR_MS, MINUTE_MS
from dispatch.calendars import Counting, round_the_clock
from dispatch.case import Case, follow
from dispatch.clocks import Clock, Obligation, Standing, Terms
from dispatch.log import Entry, Origin
from dispatch.states import AssignmentState, CaseState, Hold
from dispatch.steps import Verb

CALENDARS = {Counting.ALWAYS: round_the_clock()}
HANDLE = {Obligation.HANDLE: Terms(4 * HOUR_MS, warn_ms=HOUR_MS), Obligation.ARRIVE: Terms(30 * MINUTE_MS)}


class Day:
    """A case told in lines: minutes, verb, what its entry carries."""

    def __init__(self) -> None:
        self.log: list[Entry] = []
        self.case: Case | None = None

    def then(self, minute: int, verb: Verb, task: str = "", happened: int | None = None, **fields: object) -> Case:
        at_ms = (minute if happened is None else happened) * MINUTE_MS
        entry = Entry(
            len(self.log) + 1, "A", verb, at_ms, minute * MINUTE_MS, "wang", Origin.PERSON, task, fields, HANDLE
        )
        self.case = follow(self.case, self.log, entry, CALENDARS)
        self.log.append(entry)
        return self.case

    def handle(self) -> Clock:
        assert self.case is not None
        clock = self.case.clock(Obligation.HANDLE)
        assert clock is not None
        return clock


@pytest.fixture
def day() -> Day:
    """A case that was dispatched at minute 10 and taken at minute 20."""
    day = Day()
    day.then(0, Verb.REPORT, kind="road-water", title="路面积水")
    day.then(5, Verb.FILE)
    day.then(10, Verb.DISPATCH, lead="water")
    day.then(20, Verb.TAKE)
    return day


def test_a_rest_counts_nothing_and_says_why(day: Day) -> None:
    day.then(70, Verb.PAUSE, reason="等待产权单位")
    assert day.handle().standing(500 * MINUTE_MS, CALENDARS) is Standing.PAUSED
    assert day.handle().rests_for == "paused"
    day.then(1000, Verb.RESUME)
    assert day.handle().due_ms(CALENDARS) == (1000 + 240 - 60) * MINUTE_MS
    assert day.handle().standing(1100 * MINUTE_MS, CALENDARS) is Standing.RUNNING
    assert day.handle().standing(1120 * MINUTE_MS, CALENDARS) is Standing.WARNED
    assert day.handle().standing(1181 * MINUTE_MS, CALENDARS) is Standing.BREACHED


@pytest.mark.claim("COMMAND", "挂账, 缓办 and 延期 are three states: two stop the clock, the third grants more.")
def test_three_ways_to_wait_are_three_states(day: Day) -> None:
    assert day.then(30, Verb.SHELVE, reason="待规划", approver="李局").hold is Hold.SHELVED
    assert not day.handle().runs
    with pytest.raises(IllegalStep, match="handled"):
        day.then(31, Verb.FINISH, result="已排水")
    assert day.then(40, Verb.TAKE_UP).hold is Hold.NONE
    assert day.then(50, Verb.POSTPONE, reason="汛期后施工", until_ms=90 * DAY_MS).hold is Hold.POSTPONED
    day.then(60, Verb.TAKE_UP)
    day.then(70, Verb.ASK_EXTENSION, reason="管道要换", obligation="handle", by_ms=2 * HOUR_MS)
    extended = day.then(80, Verb.EXTEND)
    assert extended.hold is Hold.EXTENDED and day.handle().runs
    assert day.handle().due_ms(CALENDARS) == (10 + 240 + 120 + 10 + 10) * MINUTE_MS


@pytest.mark.claim("COMMAND", "An extension is asked for before the old date, or refused.")
def test_an_extension_comes_before_the_date(day: Day) -> None:
    with pytest.raises(IllegalStep) as refused:
        day.then(250, Verb.ASK_EXTENSION, reason="太晚", obligation="handle", by_ms=HOUR_MS)
    assert refused.value.in_words("zh") == "“处置”已到期或没有在计时，延期须在到期前申请"


def test_a_time_that_is_corrected_moves_what_it_met(day: Day) -> None:
    day.then(25, Verb.NOTIFY, "t1", unit="消防3")
    arrived = day.then(60, Verb.ARRIVE, "t1")
    arrive = arrived.clock(Obligation.ARRIVE)
    assert arrive is not None and arrive.standing(60 * MINUTE_MS, CALENDARS) is Standing.MET_LATE
    corrected = day.then(90, Verb.CORRECT, entry=6, at_ms=35 * MINUTE_MS, reason="当时忘了点到场")
    arrive = corrected.clock(Obligation.ARRIVE)
    assert arrive is not None and arrive.standing(90 * MINUTE_MS, CALENDARS) is Standing.MET
    reached = corrected.assignments["t1"].reached[AssignmentState.ON_SCENE]
    assert (reached.at_ms, reached.entry, day.log[5].at_ms) == (35 * MINUTE_MS, 6, 60 * MINUTE_MS)
    with pytest.raises(IllegalStep, match="after it was written down"):
        day.then(95, Verb.CORRECT, entry=6, at_ms=80 * MINUTE_MS, reason="不可能")


def test_a_step_told_later_counts_when_it_happened(day: Day) -> None:
    day.then(25, Verb.NOTIFY, "t1", unit="自来水抢修队")
    told = day.then(70, Verb.ARRIVE, "t1", happened=38)
    arrive = told.clock(Obligation.ARRIVE)
    assert arrive is not None and arrive.standing(70 * MINUTE_MS, CALENDARS) is Standing.MET


def test_a_merged_case_keeps_the_clock_of_its_citizen(day: Day) -> None:
    entry = Entry(1, "B", Verb.REPORT, 0, 0, "12345", fields={"kind": "hotline", "title": "停水"},
                  terms={Obligation.REPLY: Terms(7 * DAY_MS), Obligation.FILE: Terms(HOUR_MS)})  # fmt: skip
    case = follow(None, [], entry, CALENDARS)
    merged = follow(case, [entry], replace(entry, number=2, verb=Verb.MERGE, fields={"into": "A"}), CALENDARS)
    assert merged.state is CaseState.MERGED
    running = {clock.obligation for clock in merged.clocks if clock.runs}
    assert running == {Obligation.REPLY}


def test_nobody_writes_over_somebody_faster(day: Day) -> None:
    assert day.case is not None
    late = Entry(4, "A", Verb.NOTE, 0, 0, "li", fields={"text": "晚了一步"})
    with pytest.raises(IllegalStep) as refused:
        follow(day.case, day.log, late, CALENDARS)
    assert refused.value.code == "changed"


def test_what_is_done_at_the_very_end_is_done_in_time() -> None:
    clock = Clock.begun(Obligation.HANDLE, Terms(HOUR_MS), 0, CALENDARS)
    assert clock.met(HOUR_MS).standing(HOUR_MS, CALENDARS) is Standing.MET
    assert clock.met(HOUR_MS + 1).standing(HOUR_MS + 1, CALENDARS) is Standing.MET_LATE
    assert clock.fell_away(2 * HOUR_MS).standing(2 * HOUR_MS, CALENDARS) is Standing.DROPPED
    assert clock.met(5).met(HOUR_MS + 1).ended_ms == 5, "what is met is met once"


@pytest.mark.claim("COMMAND", "Years of time pass through the clocks in a moment, and nothing is lost.")
def test_years_pass_in_a_moment() -> None:
    clock = Clock.begun(Obligation.CLOSE, Terms(4 * 365 * DAY_MS), 0, CALENDARS)
    for day in range(3 * 365):  # it counts by day and rests by night
        clock = clock.paused(day * DAY_MS + DAY_MS // 2, "夜间").resumed((day + 1) * DAY_MS)
    assert clock.counted_ms(3 * 365 * DAY_MS, CALENDARS) == 3 * 365 * DAY_MS // 2
    assert clock.due_ms(CALENDARS) == 3 * 365 * DAY_MS + 4 * 365 * DAY_MS - 3 * 365 * DAY_MS // 2
