"""Every way of a case and of a unit in it, written down a second time: what the tables of `dispatch` are held against.

Nothing here is read from `dispatch/steps.py` or `dispatch/states.py` but the names of things.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import chinese_calendar

from core.records import DAY_MS, HOUR_MS, MINUTE_MS
from dispatch.calendars import Counting, Holidays, round_the_clock, work_hours, working_days
from dispatch.clocks import Obligation, Terms
from dispatch.states import AssignmentState, CaseState
from dispatch.steps import Verb

YEARS = date(2025, 1, 1), date(2027, 12, 31)
HOLIDAYS = Holidays(chinese_calendar.is_workday, date(2026, 12, 31))
CALENDARS = {
    Counting.ALWAYS: round_the_clock(),
    Counting.WORK_HOURS: work_hours(HOLIDAYS, *YEARS, [(30_600, 43_200), (52_200, 63_000)]),
    Counting.WORKING_DAYS: working_days(HOLIDAYS, *YEARS),
}
BEGAN_MS = 1_767_600_000_000  # 5 January 2026, 16:00 in China
TERMS: Mapping[Obligation, Terms] = {
    Obligation.FILE: Terms(30 * MINUTE_MS, warn_ms=5 * MINUTE_MS),
    Obligation.DISPATCH: Terms(HOUR_MS),
    Obligation.ACCEPT: Terms(20 * MINUTE_MS),
    Obligation.ARRIVE: Terms(45 * MINUTE_MS),
    Obligation.HANDLE: Terms(4 * HOUR_MS, Counting.WORK_HOURS, HOUR_MS),
    Obligation.VERIFY: Terms(DAY_MS, Counting.WORKING_DAYS),
    Obligation.CLOSE: Terms(20 * DAY_MS, Counting.WORKING_DAYS, 2 * DAY_MS),
    Obligation.REPLY: Terms(7 * DAY_MS),
    Obligation.REPORT_UP: Terms(2 * HOUR_MS),
}
FIELDS: Mapping[str, Any] = {
    "kind": "road-water", "title": "路面积水", "reason": "理由", "lead": "water", "result": "已排水", "score": 90,
    "approver": "li", "until_ms": 2**41, "obligation": "handle", "by_ms": HOUR_MS, "into": "B", "text": "备注",
    "entry": 1, "stage": "first", "unit": "消防3", "items": ["event:1"], "satisfied": 80, "at_ms": BEGAN_MS,
}  # fmt: skip
UNRESTED = {Obligation.REPLY, Obligation.REPORT_UP}  # what is owed to a citizen and upward waits for nobody

WORKED_ON = "dispatched handling feedback verified"
OPEN = f"reported filed returned {WORKED_ON}"
DONE = "closed evaluated"
ANY = f"{OPEN} {DONE} rejected merged"
SENT_OUT = "+accept +arrive +handle +close =dispatch"


@dataclass(frozen=True)
class Way:
    """Where a verb is possible, where it leads, what it must carry, which clocks it begins +, meets = and drops -.

    first: what must have been done before it, and not been answered yet.
    """

    states: str
    to: str = ""
    needs: str = ""
    clocks: str = ""
    first: Verb | None = None

    def moves(self, sign: str) -> set[str]:
        return {one[1:] for one in self.clocks.split() if one[0] == sign}


WAYS: Mapping[Verb, Way] = {
    Verb.REPORT: Way("", "reported", "kind title", "+file +reply +report-up"),
    Verb.FILE: Way("reported", "filed", "", "+dispatch =file"),
    Verb.REJECT: Way("reported", "rejected", "reason", "=file -reply -report-up"),
    Verb.DISPATCH: Way("filed returned dispatched handling", "dispatched", "lead", SENT_OUT),
    Verb.TAKE: Way("dispatched", "handling", "", "=accept"),
    Verb.RETURN: Way("dispatched handling", "returned", "reason", "+dispatch -accept -arrive -handle"),
    Verb.ARBITRATE: Way("returned", "dispatched", "lead reason", SENT_OUT),
    Verb.FINISH: Way("handling", "feedback", "result", "+verify =handle =arrive"),
    Verb.VERIFY: Way("feedback", "verified", "", "=verify"),
    Verb.REDO: Way("feedback verified", "handling", "reason", "+handle =verify"),
    Verb.CLOSE: Way("verified", "closed", "", "=close"),
    Verb.EVALUATE: Way("closed", "evaluated", "score"),
    Verb.REOPEN: Way(f"{DONE} rejected", "filed", "reason", "+dispatch"),
    Verb.SHELVE: Way(f"filed returned {WORKED_ON}", "", "reason approver"),
    Verb.POSTPONE: Way(f"filed returned {WORKED_ON}", "", "reason until_ms"),
    Verb.TAKE_UP: Way(OPEN, first=Verb.SHELVE),
    Verb.ASK_EXTENSION: Way(WORKED_ON, "", "reason obligation by_ms"),
    Verb.EXTEND: Way(WORKED_ON, first=Verb.ASK_EXTENSION),
    Verb.DENY_EXTENSION: Way(WORKED_ON, "", "reason", first=Verb.ASK_EXTENSION),
    Verb.PAUSE: Way(OPEN, "", "reason"),
    Verb.RESUME: Way(OPEN, first=Verb.PAUSE),
    Verb.MERGE: Way(OPEN, "merged", "into"),
    Verb.UNMERGE: Way("merged"),
    Verb.JOIN: Way(OPEN, "", "items"),
    Verb.PART: Way(ANY, "", "items reason"),
    Verb.AMEND: Way(ANY, "", "reason"),
    Verb.NOTE: Way(ANY, "", "text"),
    Verb.MEET: Way(OPEN),
    Verb.STRIKE: Way(ANY, "", "entry reason"),
    Verb.CORRECT: Way(ANY, "", "entry at_ms reason"),
    Verb.WARN: Way(f"{OPEN} merged", "", "obligation"),
    Verb.BREACH: Way(f"{OPEN} merged", "", "obligation"),
    Verb.ESCALATE: Way(f"{OPEN} merged", "", "reason"),
    Verb.SUPERVISE: Way(OPEN, "", "text until_ms"),
    Verb.REPLY: Way(f"{OPEN} merged", "", "text", "=reply"),
    Verb.CALL_BACK: Way(f"{OPEN} {DONE} merged", "", "satisfied"),
    Verb.REPORT_UP: Way(f"{OPEN} {DONE}", "", "stage", "=report-up"),
    Verb.APPEAL: Way(f"{DONE} rejected", "", "reason"),
    Verb.GRANT_APPEAL: Way(f"{DONE} rejected", first=Verb.APPEAL),
    Verb.DENY_APPEAL: Way(f"{DONE} rejected", "", "reason", first=Verb.APPEAL),
}
ONCE = (Verb.PAUSE, Verb.ASK_EXTENSION, Verb.APPEAL)  # not again before it was answered; of appeals never
# What is still done to a case that is shelved or postponed: nothing that works on it.
HELD_TOO = {
    Verb.WARN, Verb.BREACH, Verb.ESCALATE, Verb.TAKE_UP, Verb.MERGE, Verb.UNMERGE, Verb.JOIN, Verb.PART, Verb.AMEND,
    Verb.NOTE, Verb.MEET, Verb.STRIKE, Verb.CORRECT, Verb.SUPERVISE, Verb.REPLY, Verb.CALL_BACK, Verb.REPORT_UP,
}  # fmt: skip
# Why clocks rest, and whether a verb begins or ends it.
RESTS: Mapping[Verb, tuple[str, bool]] = {
    Verb.PAUSE: ("paused", True),
    Verb.RESUME: ("paused", False),
    Verb.SHELVE: ("held", True),
    Verb.POSTPONE: ("held", True),
    Verb.TAKE_UP: ("held", False),
    Verb.MERGE: ("merged", True),
    Verb.UNMERGE: ("merged", False),
}
# How a case comes to each state.
PATHS: Mapping[CaseState, tuple[Verb, ...]] = {
    CaseState.REPORTED: (),
    CaseState.REJECTED: (Verb.REJECT,),
    CaseState.FILED: (Verb.FILE,),
    CaseState.DISPATCHED: (Verb.FILE, Verb.DISPATCH),
    CaseState.RETURNED: (Verb.FILE, Verb.DISPATCH, Verb.RETURN),
    CaseState.HANDLING: (Verb.FILE, Verb.DISPATCH, Verb.TAKE),
    CaseState.FEEDBACK: (Verb.FILE, Verb.DISPATCH, Verb.TAKE, Verb.FINISH),
    CaseState.VERIFIED: (Verb.FILE, Verb.DISPATCH, Verb.TAKE, Verb.FINISH, Verb.VERIFY),
    CaseState.CLOSED: (Verb.FILE, Verb.DISPATCH, Verb.TAKE, Verb.FINISH, Verb.VERIFY, Verb.CLOSE),
    CaseState.EVALUATED: (Verb.FILE, Verb.DISPATCH, Verb.TAKE, Verb.FINISH, Verb.VERIFY, Verb.CLOSE, Verb.EVALUATE),
    CaseState.MERGED: (Verb.FILE, Verb.DISPATCH, Verb.MERGE),
}

OUT = "notified accepted en-route on-scene left"  # sent, and its task is not over
UNIT_WAYS: Mapping[Verb, Way] = {
    Verb.RESERVE: Way("none", "reserved", "unit"),
    Verb.NOTIFY: Way("none reserved", "notified", "unit"),
    Verb.ACCEPT: Way("notified", "accepted", "", "=accept"),
    Verb.DEPART: Way("notified accepted", "en-route"),
    Verb.ARRIVE: Way("notified accepted en-route left", "on-scene", "", "=arrive"),
    Verb.LEAVE: Way("on-scene", "left"),
    Verb.CLEAR: Way("reserved accepted en-route on-scene left", "clear"),
    Verb.REFUSE: Way("notified", "refused", "reason"),
    Verb.FAIL: Way(OUT, "failed", "reason"),
}
NO_UNITS = f"{DONE} rejected merged"  # states of a case in which no unit does anything
UNIT_PATHS: Mapping[AssignmentState | None, tuple[Verb, ...]] = {
    None: (),
    AssignmentState.RESERVED: (Verb.RESERVE,),
    AssignmentState.NOTIFIED: (Verb.NOTIFY,),
    AssignmentState.ACCEPTED: (Verb.NOTIFY, Verb.ACCEPT),
    AssignmentState.EN_ROUTE: (Verb.NOTIFY, Verb.DEPART),
    AssignmentState.ON_SCENE: (Verb.NOTIFY, Verb.ARRIVE),
    AssignmentState.LEFT: (Verb.NOTIFY, Verb.ARRIVE, Verb.LEAVE),
    AssignmentState.CLEAR: (Verb.RESERVE, Verb.CLEAR),
    AssignmentState.REFUSED: (Verb.NOTIFY, Verb.REFUSE),
    AssignmentState.FAILED: (Verb.NOTIFY, Verb.FAIL),
}
