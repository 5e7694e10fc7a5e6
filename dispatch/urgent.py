"""Urgent reports 特别事项呈报: which cases owe one, the next stage, by when, and through whose hands it goes. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field

from core.accounts import Role
from core.declared import Words
from core.schema import Entry, Seconds
from dispatch.case import Case
from dispatch.states import OPEN, CaseState


class Stage(StrEnum):
    """Which of the reports on one case."""

    FIRST = "first"  # 首报
    FOLLOW = "follow"  # 续报
    FINAL = "final"  # 终报


@dataclass(frozen=True, slots=True)
class UrgentRule:
    """Which cases are reported upward, and how soon.

    kinds: those that always are. grade: as grave as this or graver, 1 to 4, always are; 0: by kind alone. first_s: from
    the report of the case; follow_every_s: from the last report for as long as it is open; final_s: from its close.
    to: who receives it. template: a DOCX beside the packs with places in double braces; empty: the house's own look.
    approval: through whose hands a draft goes, in this order; the last one issues it.
    """

    id: str
    name: Words
    kinds: tuple[str, ...]
    grade: int
    first_s: int
    follow_every_s: int
    final_s: int
    to: tuple[str, ...]
    template: str
    approval: tuple[str, ...] = (Role.LEADER,)


class UrgentRuleEntry(Entry):
    """Which cases are reported upward, how soon, to whom, on whose template."""

    name: Words
    kinds: tuple[str, ...] = ()
    grade: Annotated[int, Field(ge=0, le=4)] = 0
    first_s: Seconds = 1800
    follow_every_s: Seconds = 7200
    final_s: Seconds = 86_400
    to: Annotated[tuple[str, ...], Field(min_length=1)]
    template: Annotated[str, Field(pattern=r"^([A-Za-z0-9_-]+/)*[A-Za-z0-9_-]+\.docx$|^$")] = ""
    approval: Annotated[tuple[Literal[Role.SHIFT_LEADER, Role.LEADER], ...], Field(min_length=1, max_length=4)] = (
        Role.LEADER,
    )

    def record(self, rule_id: str) -> UrgentRule:
        """The rule as the rooms know it."""
        return UrgentRule(rule_id, **self.fields())


@dataclass(frozen=True, slots=True)
class Sent:
    """A report that went up. at_ms: when, ms UTC."""

    stage: Stage
    at_ms: int


@dataclass(frozen=True, slots=True)
class Next:
    """The report that comes next. due_ms None: nobody demands it, and it may be made."""

    stage: Stage
    due_ms: int | None


class Hand(StrEnum):
    """What somebody did to a draft on its way."""

    DRAFTED = "drafted"  # 拟稿
    PASSED = "passed"  # 审核通过
    RETURNED = "returned"  # 退回修改
    ISSUED = "issued"  # 签发


def chain_for(rule: UrgentRule | None, roles: Container[str]) -> list[str]:
    """Through whose hands a draft goes. roles: those of its author, whose own check his draft has had already.

    Somebody else always issues it, so the last one stays; without a rule a leader does.
    """
    approval = rule.approval if rule else (Role.LEADER,)
    return [*(str(role) for role in approval[:-1] if role not in roles), str(approval[-1])]


def to_sign(chain: Sequence[str], trail: Sequence[Mapping[str, Any]]) -> Sequence[str]:
    """The roles whose hands are still to come, the next one first; none when it was given back, or is issued."""
    since_draft = _since_draft(trail)
    if any(step["hand"] in (Hand.RETURNED, Hand.ISSUED) for step in since_draft):
        return ()
    return chain[sum(step["hand"] == Hand.PASSED for step in since_draft) :]


def waits_for(chain: Sequence[str], trail: Sequence[Mapping[str, Any]]) -> str:
    """The role whose hand is next; "": the author's, to whom it was given back, or it is issued."""
    return next(iter(to_sign(chain, trail)), "")


def signed_by(trail: Sequence[Mapping[str, Any]]) -> set[str]:
    """Who had the draft as it stands in his hands: its author and whoever passed it. Nobody signs twice."""
    return {str(step["by"]) for step in _since_draft(trail)}


def _since_draft(trail: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    drafted = [number for number, step in enumerate(trail) if step["hand"] == Hand.DRAFTED]
    return trail[drafted[-1] :] if drafted else ()


def rule_of(case: Case, grade: int, rules: Iterable[UrgentRule]) -> UrgentRule | None:
    """The rule that demands reports on a case; of several the one that wants the first report soonest.

    grade: of the case, 1 to 4; 0: not graded.
    """
    demanding = [one for one in rules if case.facts.get("kind") in one.kinds or 0 < grade <= one.grade]
    return min(demanding, key=lambda one: (one.first_s, one.id), default=None)


def next_report(case: Case, rule: UrgentRule | None, sent: Sequence[Sent]) -> Next | None:
    """What comes next; None after the final report, and for a case that was rejected or merged into another one."""
    if any(one.stage is Stage.FINAL for one in sent) or case.state in (CaseState.REJECTED, CaseState.MERGED):
        return None
    if not sent:
        return Next(Stage.FIRST, case.reported_ms + rule.first_s * 1000 if rule else None)
    if case.state in OPEN:
        return Next(Stage.FOLLOW, max(one.at_ms for one in sent) + rule.follow_every_s * 1000 if rule else None)
    return Next(Stage.FINAL, case.since_ms + rule.final_s * 1000 if rule else None)
