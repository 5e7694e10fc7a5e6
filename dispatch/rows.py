"""A case and its log as they are stored, and back."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from dispatch.calendars import Counting
from dispatch.case import Assignment, Case
from dispatch.clocks import Calendars, Clock, Obligation, Terms
from dispatch.escalation import next_ms
from dispatch.expected import expected_ms
from dispatch.kinds import CaseKind
from dispatch.log import Entry, Origin
from dispatch.states import OPEN, OVER
from dispatch.steps import Verb
from store.cases import AssignmentRow, CaseRow, EntryRow


@dataclass(frozen=True, slots=True)
class Belongs:
    """What of a case its log does not say: the scene and stamp it was reported in."""

    scene: str
    stamp: str


def entry_row(entry: Entry, key: str) -> EntryRow:
    """A line of a log as it is stored. key: given by whoever acts."""
    terms = {str(obligation): msgspec.to_builtins(terms) for obligation, terms in entry.terms.items()}
    return EntryRow(
        entry.case,
        entry.number,
        str(entry.verb),
        entry.at_ms,
        entry.entered_ms,
        entry.by,
        str(entry.origin),
        entry.assignment,
        dict(entry.fields),
        terms,
        key,
    )


def entry_of(row: EntryRow) -> Entry:
    """A line of a log as it was written."""
    terms = {
        Obligation(name): Terms(kept["limit_ms"], Counting(kept["counting"]), kept["warn_ms"], kept.get("part", 1.0))
        for name, kept in row.terms.items()
    }
    return Entry(
        row.number,
        row.case,
        Verb(row.verb),
        row.at_ms,
        row.entered_ms,
        row.by,
        Origin(row.origin),
        row.assignment,
        row.fields,
        terms,
    )


def case_row(case: Case, kind: CaseKind, belongs: Belongs, calendars: Calendars) -> CaseRow:
    """A case as lists show it."""
    facts, place = case.facts, case.facts.get("place") or {}
    first = _first_due(case, calendars)
    return CaseRow(
        id=case.id,
        scene=belongs.scene,
        stamp=belongs.stamp,
        kind=kind.id,
        title=str(facts["title"]),
        grade=int(facts.get("grade") or kind.grade),
        state=str(case.state),
        hold=str(case.hold),
        is_open=case.state in OPEN,
        area=str(facts.get("area", "")),
        topic=kind.domain,
        lead=str(facts.get("lead") or kind.lead),
        lon_deg=place.get("lon_deg"),
        lat_deg=place.get("lat_deg"),
        accuracy_m=place.get("accuracy_m"),
        reported_ms=case.reported_ms,
        since_ms=case.since_ms,
        due_ms=first[0] if first else None,
        due_of=str(first[1].obligation) if first else "",
        into=case.into,
        correlation=str(facts.get("correlation", "")),
        revision=case.revision,
        body=_body(case, kind, calendars),
        next_ms=next_ms(case, kind, calendars),
    )


def assignment_row(case: Case, assignment: Assignment) -> AssignmentRow:
    """A unit of a case as lists show it."""
    is_over = assignment.state in OVER or case.state not in OPEN
    told = assignment.id, assignment.unit, str(assignment.state)
    return AssignmentRow(case.id, *told, is_over, assignment.since_ms)


def _first_due(case: Case, calendars: Calendars) -> tuple[int, Clock] | None:
    due = [(due_ms, clock) for clock in case.clocks if (due_ms := clock.due_ms(calendars)) is not None]
    return min(due, key=lambda pair: pair[0], default=None)


def _body(case: Case, kind: CaseKind, calendars: Calendars) -> dict[str, object]:
    """What lists show beside the columns: facts, how often it came back, what runs."""
    return {
        "facts": dict(case.facts),
        "expected_ms": expected_ms(case, kind, calendars),
        "until_ms": case.until_ms,
        "redone": case.redone,
        "returned": case.returned,
        "escalated": case.escalated,
        "rests": sorted(case.rests),
        "asked": msgspec.to_builtins(case.asked) if case.asked else None,
    }
