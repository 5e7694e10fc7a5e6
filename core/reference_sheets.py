"""Sheets of station references 特征值 as they are kept: bounds of stations, drawn up by one, approved by another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

References = Mapping[str, Sequence[Mapping[str, Any]]]  # station → its references, each as a pack writes it


class SheetState(StrEnum):
    """How far a sheet has come."""

    DRAFT = "draft"
    REVIEW = "review"
    ACTIVE = "active"
    DROPPED = "dropped"


OPEN = (SheetState.DRAFT, SheetState.REVIEW)


@dataclass(frozen=True, slots=True)
class ReferenceSheet:
    """One sheet. Times are real time, ms UTC; people are called as the audit calls them.

    references: of each station that it names all of its references; others are left as they are. In force from
    effective_ms on, until a later sheet names the station. promised: what the backtest said when it was drawn up, a row
    a rule: its name, reporting rate, warnings before and after, added, removed, incidents warned of before → after.
    revision: rises with each change.
    """

    city: str
    state: SheetState
    references: References
    author: str
    made_ms: int
    changed_ms: int
    number: int = 0
    revision: int = 1
    approver: str = ""
    reason: str = ""
    remark: str = ""
    effective_ms: int = 0
    promised: Sequence[Sequence[str]] = ()


def in_force(sheets: Sequence[ReferenceSheet], now_ms: int) -> dict[str, Sequence[Mapping[str, Any]]]:
    """Station → its references by the newest sheet in force that names it; others are as the packs say."""
    found: dict[str, Sequence[Mapping[str, Any]]] = {}
    for one in sorted(sheets, key=lambda sheet: (sheet.effective_ms, sheet.number)):
        if one.state is SheetState.ACTIVE and one.effective_ms <= now_ms:
            found |= one.references
    return found
