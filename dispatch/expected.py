"""When whoever reported a case may expect it to be done, which is not when the room owes its next step. Pure."""

from __future__ import annotations

from dispatch.case import Case
from dispatch.clocks import Calendars, Clock, Obligation
from dispatch.kinds import CaseKind

DONE_BY = (Obligation.HANDLE, Obligation.REPLY, Obligation.CLOSE)  # the first of these that runs says it
BEFORE = (Obligation.FILE, Obligation.DISPATCH)  # what must be done before anybody handles it


def expected_ms(case: Case, kind: CaseKind, calendars: Calendars) -> int | None:
    """When a case should be done, ms UTC; None: it rests, is over, or its kind grants no such time.

    Of one that nobody was sent to yet each step is taken to need all that it is granted, one after the other.
    """
    due = {clock.obligation: due_ms for clock in case.clocks if (due_ms := clock.due_ms(calendars)) is not None}
    if (promised_ms := next((due[one] for one in DONE_BY if one in due), None)) is not None:
        return promised_ms
    waits_for = [one for one in BEFORE if one in due]
    if not waits_for or Obligation.HANDLE not in kind.limits:
        return None
    at_ms = due[waits_for[0]]
    for owed in (*BEFORE[BEFORE.index(waits_for[0]) + 1 :], Obligation.HANDLE):
        if owed in due:
            at_ms = max(at_ms, due[owed])
        elif owed in kind.limits:
            at_ms = Clock.begun(owed, kind.limits[owed], at_ms, calendars).due_ms(calendars) or at_ms
    return at_ms
