"""Whom an entry of a case calls: the unit that was sent, those who owe what a clock counts, the next level. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.accounts import Role
from core.notices import Call, Kind
from core.records import Stamp
from dispatch.case import Case
from dispatch.clocks import Obligation
from dispatch.kinds import CaseKind
from dispatch.log import Entry, Origin
from dispatch.rows import Belongs
from dispatch.states import OVER
from dispatch.steps import Verb

_UNIT, _DEPARTMENT, _ROOM, _SHIFT = "unit", "department", f"role:{Role.DISPATCHER}", f"role:{Role.SHIFT_LEADER}"
# Who owes what a clock counts; `unit` and `department`: those of the case.
OWES: Mapping[Obligation, tuple[str, ...]] = {
    Obligation.FILE: (_ROOM,),
    Obligation.DISPATCH: (_ROOM,),
    Obligation.ACCEPT: (_UNIT, _DEPARTMENT),
    Obligation.ARRIVE: (_UNIT, _DEPARTMENT),
    Obligation.HANDLE: (_UNIT, _DEPARTMENT),
    Obligation.REPLY: (_DEPARTMENT,),
    Obligation.VERIFY: (_ROOM,),
    Obligation.CLOSE: (_ROOM,),
    Obligation.REPORT_UP: (_SHIFT,),
}
KINDS = {Verb.NOTIFY: Kind.ASSIGNED, Verb.WARN: Kind.DUE_SOON, Verb.BREACH: Kind.OVERDUE, Verb.ESCALATE: Kind.RAISED}


def call_of(case: Case, entry: Entry, kind: CaseKind, belongs: Belongs) -> Call | None:
    """Whom an entry calls; None: nobody. case: after the entry; it must not say who called or what he said."""
    if entry.verb not in KINDS or entry.origin is Origin.RELAYED:  # who was telephoned knows
        return None
    facts = case.facts
    about: dict[str, Any] = {"case": case.id, "kind": kind.id}
    about |= {name: entry.fields[name] for name in ("obligation", "due_ms") if name in entry.fields}
    return Call(
        key=f"{belongs.scene}|{case.id}|{entry.number}",
        kind=KINDS[entry.verb],
        scene=belongs.scene,
        stamp=Stamp(belongs.stamp),
        to=tuple(_called(case, entry, kind)),
        area=str(facts.get("area", "")),
        topic=kind.domain,
        grade=int(facts.get("grade") or kind.grade),
        about=about | ({"level": case.escalated} if entry.verb is Verb.ESCALATE else {}),
    )


def of_void(scene: str, stamp: Stamp, void: tuple[str, str], since_ms: int) -> Call:
    """Who hears that an area has no free unit left that can do something. void: (area, capability)."""
    area, capability = void
    key = f"{scene}|void|{area}|{capability}|{since_ms}"
    about = {"capability": capability, "area": area}
    return Call(key, Kind.VOID, scene, stamp, (_ROOM,), area, "", about=about)


def _called(case: Case, entry: Entry, kind: CaseKind) -> Sequence[str]:
    if entry.verb is Verb.NOTIFY:
        return [f"unit:{case.assignments[entry.assignment].unit}"]
    if entry.verb is Verb.ESCALATE:
        rungs = kind.escalation[: case.escalated]
        to = entry.fields.get("to") or (rungs[-1].to if rungs else Role.SHIFT_LEADER)
        return [f"role:{to}"]
    units = sorted({one.unit for one in case.assignments.values() if one.state not in OVER})
    own = {_UNIT: [f"unit:{unit}" for unit in units], _DEPARTMENT: [f"department:{_lead(case, kind)}"]}
    return [one for who in OWES[Obligation(entry.fields["obligation"])] for one in own.get(who, [who])]


def _lead(case: Case, kind: CaseKind) -> str:
    return str(case.facts.get("lead") or kind.lead)
