"""What a list of cases is narrowed to beside its state: where, whence, how grave, how late, whose, in which words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, or_

from store.case_marks import has_mark, told_from, wrote
from store.tables.cases import cases


@dataclass(frozen=True, slots=True, kw_only=True)
class Only:
    """Which cases are left; "", 0, () and None mean any.

    within: these areas. source: something from there belongs to it, or who reported it (`person`, `token`, `platform`).
    due_by_ms: its first clock ends until then. by: somebody who wrote in its log; leads: or whose department leads.
    holds: why it waits. words: in its title or number.
    """

    within: Sequence[str] = ()
    kind: str = ""
    grade: int = 0
    holds: Sequence[str] = ()
    source: str = ""
    due_by_ms: int | None = None
    by: str = ""
    leads: Sequence[str] = ()
    words: str = ""


ANY = Only()


def left_of(found: Select[Any], only: Only) -> Select[Any]:
    """The cases of a question that are left."""
    if only.within:
        found = found.where(cases.c.area.in_(list(only.within)))
    if only.kind:
        found = found.where(cases.c.kind == only.kind)
    if only.grade:
        found = found.where(cases.c.grade == only.grade)
    if only.holds:
        found = found.where(cases.c.hold.in_(list(only.holds)))
    if only.source:
        found = found.where(has_mark(told_from(only.source)))
    if only.due_by_ms is not None:
        found = found.where(cases.c.due_ms < only.due_by_ms)
    if only.by:
        found = found.where(or_(has_mark(wrote(only.by)), cases.c.lead.in_(list(only.leads))))
    if only.words:
        said = (column.icontains(only.words, autoescape=True) for column in (cases.c.title, cases.c.id))
        found = found.where(or_(*said))
    return found
