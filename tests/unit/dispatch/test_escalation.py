"""What time does to a case: warned, overdue, escalated; once for each grant, through years with their holidays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import chinese_calendar
import pytest

from core.accounts import Role
from core.clock import in_china
from core.declared import Words
from core.errors import IllegalStep
from core.records import DAY_MS, HOUR_MS, MINUTE_MS
from dispatch.book import following, hastened
from dispatch.calendars import Counting, Holidays, round_the_clock, work_hours, working_days
from dispatch.case import Case, fold, follow
from dispatch.clocks import Obligation, Terms
from dispatch.escalation import next_ms, points_due
from dispatch.kinds import CaseKind, KindClass, Rung
from dispatch.log import Entry, Origin
from dispatch.states import Hold
from dispatch.steps import Verb

YEARS = date(2020, 1, 1), date(2027, 12, 31)
HOLIDAYS = Holidays(chinese_calendar.is_workday, date(2026, 12, 31))
CALENDARS = {
    Counting.ALWAYS: round_the_clock(),
    Counting.WORK_HOURS: work_hours(HOLIDAYS, *YEARS, [(9 * 3600, 17 * 3600)]),
    Counting.WORKING_DAYS: working_days(HOLIDAYS, *YEARS),
}
MIDNIGHT_MS = 1_577_808_000_000  # 1 January 2020 in China


class Kept:
    """One case whose keeper looks as often as it is told to."""

    def __init__(self, limits: dict[Obligation, Terms], ladder: tuple[Rung, ...], began_ms: int = 0) -> None:
        self.kind = CaseKind("k", "1", Words("积水", "Water"), KindClass.EVENT, "水务局", escalation=ladder)
        self.limits, self.log, self.keys = limits, list[Entry](), list[str]()
        self.case: Case = self.then(began_ms, Verb.REPORT, kind="k", title="积水")

    def then(self, at_ms: int, verb: Verb, origin: Origin = Origin.PERSON, **fields: object) -> Case:
        return self.write(at_ms, at_ms, verb, origin, fields)

    def write(self, at_ms: int, happened_ms: int, verb: Verb, origin: Origin, fields: dict[str, object]) -> Case:
        before = self.case if self.log else None
        entry = Entry(len(self.log) + 1, "A", verb, happened_ms, at_ms, "li", origin, "", fields, self.limits)
        self.case = follow(before, self.log, entry, CALENDARS)
        self.log.append(entry)
        return self.case

    def looks(self, now_ms: int) -> list[str]:
        """What is written at one look."""
        written = []
        while due := points_due(self.case, self.kind, CALENDARS, now_ms):
            self.write(now_ms, due[0].at_ms, due[0].verb, Origin.CLOCK, due[0].fields)
            written.append(f"{due[0].verb}{due[0].fields.get('level', '')}")
            self.keys.append(due[0].key)
        return written

    def next_min(self) -> int | None:
        at_ms = next_ms(self.case, self.kind, CALENDARS)
        return None if at_ms is None else at_ms // MINUTE_MS


LADDER = (Rung(Role.SHIFT_LEADER, 30 * MINUTE_MS), Rung(Role.LEADER, 120 * MINUTE_MS))
FILE = {Obligation.FILE: Terms(60 * MINUTE_MS, warn_ms=15 * MINUTE_MS)}


@pytest.mark.claim("COMMAND", "A clock warns, is overdue and goes up its ladder of people, each once, by time.")
def test_time_goes_up_the_ladder() -> None:
    case = Kept(FILE, LADDER)
    written = {}
    for minute in range(400):
        for _ in range(2):  # a second keeper finds nothing left
            if new := case.looks(minute * MINUTE_MS + 1):
                written[minute] = new
    assert written == {45: ["warn"], 60: ["breach"], 90: ["escalate1"], 180: ["escalate2"]}
    assert [entry.at_ms // MINUTE_MS for entry in case.log] == [0, 45, 60, 90, 180]
    assert [entry.fields.get("to") for entry in case.log[3:]] == ["shift-leader", "leader"]
    assert (case.case.escalated, case.next_min()) == (2, None)
    assert fold(case.log, CALENDARS) == case.case


@pytest.mark.claim("COMMAND", "What a response hastens goes up its ladder sooner by the same part.")
def test_a_hastened_clock_goes_up_sooner() -> None:
    usual = FILE[Obligation.FILE]
    case = Kept({Obligation.FILE: hastened(Obligation.FILE, usual, 0.5)}, LADDER)
    assert case.looks(1000 * MINUTE_MS) == ["warn", "breach", "escalate1", "escalate2"]
    seconds = [entry.at_ms // 1000 / 60 for entry in case.log]
    assert seconds == pytest.approx([0, 22.5, 30, 45, 90], abs=0.02)
    reply = Terms(60 * MINUTE_MS)
    assert hastened(Obligation.REPLY, reply, 0.5) == reply, "what is owed to a citizen stays"


def test_a_keeper_that_was_away_writes_all_of_it_at_its_time() -> None:
    case = Kept(FILE, LADDER)
    assert case.looks(1000 * MINUTE_MS) == ["warn", "breach", "escalate1", "escalate2"]
    assert [entry.at_ms // MINUTE_MS for entry in case.log] == [0, 45, 60, 90, 180]
    met = Kept(FILE, LADDER)
    met.then(300 * MINUTE_MS, Verb.FILE)
    assert met.looks(1000 * MINUTE_MS) == [], "nobody is told of what is done"


@pytest.mark.claim("COMMAND", "A pause moves a warning and repeats none; an extension grants anew, and warns anew.")
def test_rests_and_extensions() -> None:
    handle = {Obligation.HANDLE: Terms(60 * MINUTE_MS, warn_ms=15 * MINUTE_MS)}
    case = Kept(handle, LADDER)
    case.then(0, Verb.FILE)
    case.then(0, Verb.DISPATCH, lead="水务局")
    case.then(20 * MINUTE_MS, Verb.PAUSE, reason="等产权单位")
    assert (case.looks(300 * MINUTE_MS), case.next_min()) == ([], None)
    case.then(300 * MINUTE_MS, Verb.RESUME)
    assert case.next_min() == 300 + 45 - 20
    assert case.looks(330 * MINUTE_MS) == ["warn"]
    case.then(331 * MINUTE_MS, Verb.PAUSE, reason="等材料")
    case.then(400 * MINUTE_MS, Verb.RESUME)
    assert case.looks(401 * MINUTE_MS) == [], "it warned of this already"
    case.then(402 * MINUTE_MS, Verb.ASK_EXTENSION, reason="要换管", obligation="handle", by_ms=60 * MINUTE_MS)
    case.then(402 * MINUTE_MS, Verb.EXTEND)
    assert case.next_min() == 400 + (60 + 60 - 15) - 51
    assert case.looks(520 * MINUTE_MS) == ["warn", "breach", "escalate1"]
    assert len(set(case.keys)) == len(case.keys), "a key that was there before would be taken for done"


def test_a_case_that_was_postponed_is_taken_up_at_its_date() -> None:
    case = Kept({Obligation.HANDLE: Terms(60 * MINUTE_MS)}, LADDER)
    case.then(0, Verb.FILE)
    case.then(0, Verb.DISPATCH, lead="水务局")
    case.then(10 * MINUTE_MS, Verb.POSTPONE, reason="汛期后施工", until_ms=5 * DAY_MS)
    assert case.looks(5 * DAY_MS - 1) == []
    assert case.looks(5 * DAY_MS) == ["take-up"]
    assert (case.case.hold, case.next_min()) == (Hold.NONE, 5 * 1440 + 50)


def test_a_clock_that_waits_for_nobody_goes_on_in_a_case_that_waits() -> None:
    limits = {Obligation.REPLY: Terms(60 * MINUTE_MS), Obligation.HANDLE: Terms(30 * MINUTE_MS)}
    case = Kept(limits, ())
    case.then(0, Verb.FILE)
    case.then(0, Verb.DISPATCH, lead="水务局")
    case.then(1, Verb.SHELVE, reason="待规划", approver="李局")
    assert case.looks(61 * MINUTE_MS) == ["breach"]
    assert case.log[-1].fields["obligation"] == "reply"


def test_a_merged_order_is_warned_of_what_it_owes_its_citizen() -> None:
    limits = {Obligation.REPLY: Terms(60 * MINUTE_MS, warn_ms=15 * MINUTE_MS), Obligation.FILE: Terms(MINUTE_MS)}
    case = Kept(limits, LADDER)
    case.then(0, Verb.MERGE, into="B")
    assert case.looks(200 * MINUTE_MS) == ["warn", "breach", "escalate1", "escalate2"]
    assert {entry.fields.get("obligation") for entry in case.log[2:]} == {"reply"}


@pytest.mark.claim("COMMAND", "Each third time that a case comes back it is escalated by itself, and only then.")
@pytest.mark.parametrize("verb", [Verb.RETURN, Verb.REDO])
def test_every_so_many_times_that_it_comes_back(verb: Verb) -> None:
    case = Kept({}, ())
    kinds = {"k": replace(case.kind, returned=3, redone=3)}
    case.then(0, Verb.FILE)
    case.then(0, Verb.DISPATCH, lead="水务局")
    escalated = []
    for turn in range(1, 8):
        if verb is Verb.REDO:
            case.then(turn, Verb.TAKE) if turn == 1 else None
            case.then(turn, Verb.FINISH, result="好了")
        case.then(turn, verb, reason="不行")
        if further := following(case.case, case.log[-1], kinds):
            escalated.append((turn, [one.verb for one in further]))
        if verb is Verb.RETURN:
            case.then(turn, Verb.DISPATCH, lead="水务局")
    assert escalated == [(3, [Verb.ESCALATE]), (6, [Verb.ESCALATE])]


def test_nobody_writes_for_the_clock() -> None:
    case = Kept(FILE, LADDER)
    for verb, now_ms in ((Verb.WARN, 44 * MINUTE_MS), (Verb.BREACH, 60 * MINUTE_MS), (Verb.ESCALATE, 200 * MINUTE_MS)):
        with pytest.raises(IllegalStep, match="has not come so far"):
            case.then(now_ms, verb, Origin.CLOCK, reason="x", obligation="file", level=1)
    with pytest.raises(IllegalStep, match="has not come so far"):
        case.then(61 * MINUTE_MS, Verb.BREACH, obligation="file")
    assert not {Verb.WARN, Verb.BREACH} & set(case.case.possible)


def worked_days(first: date) -> Iterator[date]:
    """The working days after a date, one by one, as the State Council announced them."""
    day = first
    while True:
        day += timedelta(days=1)
        if chinese_calendar.is_workday(day):
            yield day


@pytest.mark.claim("COMMAND", "Six years of cases pass in seconds, holidays and 调休 counted as they were announced.")
def test_years_of_working_days() -> None:
    terms = {Obligation.FILE: Terms(20 * DAY_MS, Counting.WORKING_DAYS, 3 * DAY_MS)}
    ladder = (Rung(Role.SHIFT_LEADER, 2 * DAY_MS), Rung(Role.LEADER, 5 * DAY_MS))
    for nth in range(0, 6 * 365, 9):  # a case each nine days, its keeper coming once a day
        began = date(2020, 1, 2) + timedelta(days=nth)
        began_ms = MIDNIGHT_MS + (nth + 1) * DAY_MS + 10 * HOUR_MS
        case = Kept(terms, ladder, began_ms)
        for day in range(70):
            case.looks(began_ms + day * DAY_MS)
        ends = worked_days(began)
        counted = [next(ends) for _ in range(25)]
        told = [(entry.verb, in_china(entry.at_ms - 1).date()) for entry in case.log[1:]]
        assert told == [
            (Verb.WARN, counted[17 - 1]),
            (Verb.BREACH, counted[20]),  # its last day has ended, and the next one counts
            (Verb.ESCALATE, counted[22 - 1]),
            (Verb.ESCALATE, counted[25 - 1]),
        ]


def test_people_and_time_take_a_case_up_the_same_ladder() -> None:
    case = Kept(FILE, LADDER)
    case.looks(95 * MINUTE_MS)
    assert case.case.escalated == 1
    assert case.then(96 * MINUTE_MS, Verb.ESCALATE, reason="情况严重").escalated == 2
    case.looks(200 * MINUTE_MS)
    assert case.case.escalated == 2, "time takes it to level 2, where a person had taken it before"
