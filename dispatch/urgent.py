"""Urgent reports 特别事项呈报: which cases owe one, the next stage, and by when. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import Field

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
