"""Versions of warning rules as they are kept, and what people say of a rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class VersionState(StrEnum):
    """How far a version has come. RELAXED: a shift leader's, for hours, beside the one that is active."""

    DRAFT = "draft"  # 草案
    TRIAL = "trial"  # 试运行: judged beside the active one, never rung
    REVIEW = "review"  # 待审核
    ACTIVE = "active"  # 生效, from its time to its end
    RELAXED = "relaxed"  # 临时放宽
    DROPPED = "dropped"  # 作废: a draft that came to nothing


OPEN_STATES = (VersionState.DRAFT, VersionState.TRIAL, VersionState.REVIEW)


@dataclass(frozen=True, slots=True)
class RuleVersion:
    """One version. Times are real time, ms UTC; people are called as the audit calls them.

    declaration: the whole entry as a pack writes it, without version and state. based_on: the version it was drawn
    from. revision: rises with each change. In force from effective_ms (0: not yet) until ended_ms (None: without end).
    reason: the author's. remark: who sent it back, or approved it, and why. expected: what the backtest promised at
    the approval, {"span_days", "counts": {level: warnings}}.
    """

    city: str
    rule: str
    version: str
    state: VersionState
    declaration: Mapping[str, Any]
    based_on: str
    author: str
    made_ms: int
    changed_ms: int
    number: int = 0
    revision: int = 1
    approver: str = ""
    reason: str = ""
    remark: str = ""
    effective_ms: int = 0
    ended_ms: int | None = None
    expected: Mapping[str, Any] | None = None

    def in_force(self, now_ms: int) -> bool:
        """Whether warnings are judged by it now."""
        released = self.state in (VersionState.ACTIVE, VersionState.RELAXED)
        return released and self.effective_ms <= now_ms and (self.ended_ms is None or now_ms < self.ended_ms)


@dataclass(frozen=True, slots=True)
class Complaint:
    """What somebody has against a rule 意见: where, when, about which warning ("": none in particular)."""

    city: str
    rule: str
    place: str
    from_ms: int
    upto_ms: int
    said_by: str
    said: str
    at_ms: int
    warning: str = ""
    due_ms: int = 0
    answer: str = ""
    answered_by: str = ""
    answered_ms: int | None = None
    number: int = 0
