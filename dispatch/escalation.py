"""What time alone does to a case: its clocks warn, end, and are taken from level to level. Pure.

A point is passed once for each grant: what was written down stands in the log as the stage of the clock, so a process
that died goes on where the log ends, a rest repeats nothing, and an extension begins anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dispatch.case import Case
from dispatch.clocks import Calendars, Clock, Stage
from dispatch.kinds import CaseKind, Rung
from dispatch.states import OPEN, CaseState, Hold
from dispatch.steps import Verb


@dataclass(frozen=True, slots=True)
class Point:
    """Something that time brings about. at_ms: when, ms UTC; key: the same however often it is found."""

    verb: Verb
    at_ms: int
    key: str
    fields: dict[str, Any]


def points(case: Case, kind: CaseKind, calendars: Calendars) -> list[Point]:
    """All that time will do to a case if nobody does anything, the earliest first."""
    if case.state not in OPEN | {CaseState.MERGED}:
        return []
    found = [point for clock in case.clocks for point in _of_clock(case, clock, kind.escalation, calendars)]
    if case.hold is Hold.POSTPONED and case.until_ms is not None:
        found.append(Point(Verb.TAKE_UP, case.until_ms, f"{case.id}/take-up/{case.revision}", {}))
    return sorted(found, key=lambda point: point.at_ms)


def points_due(case: Case, kind: CaseKind, calendars: Calendars, now_ms: int) -> list[Point]:
    """What time has done by now and no log says yet, in its order."""
    return [point for point in points(case, kind, calendars) if point.at_ms <= now_ms]


def next_ms(case: Case, kind: CaseKind, calendars: Calendars) -> int | None:
    """When time does something to a case next; None: nothing runs."""
    return min((point.at_ms for point in points(case, kind, calendars)), default=None)


def _of_clock(case: Case, clock: Clock, ladder: Sequence[Rung], calendars: Calendars) -> Iterator[Point]:
    due_ms = clock.due_ms(calendars)
    if due_ms is None:
        return
    for stage, verb, used_ms, fields in _course(clock, ladder):
        at_ms = clock.reaches_ms(used_ms, calendars)
        if stage > clock.stage and at_ms is not None:
            key = f"{case.id}/{clock.obligation}/{verb}{fields.get('level', '')}/{due_ms}"
            yield Point(verb, at_ms, key, {"obligation": str(clock.obligation), "due_ms": due_ms, **fields})


def _course(clock: Clock, ladder: Sequence[Rung]) -> Iterator[tuple[int, Verb, int, dict[str, Any]]]:
    """Stage, verb, the counted time at which it is reached, and what its entry says."""
    if clock.terms.warn_ms:
        yield Stage.WARNED, Verb.WARN, clock.granted_ms - clock.terms.warn_ms, {}
    yield Stage.BREACHED, Verb.BREACH, clock.granted_ms + 1, {}  # what is done at the very end is done in time
    for level, rung in enumerate(ladder, 1):
        fields = {"reason": "overdue", "level": level, "to": str(rung.to)}
        yield Stage.BREACHED + level, Verb.ESCALATE, clock.granted_ms + int(rung.after_ms * clock.terms.part), fields
