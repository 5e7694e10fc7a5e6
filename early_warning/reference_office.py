"""The way of a sheet of station references 特征值: who draws it up, submits, approves; each act one transaction.

    draft 草案 → review 待审核 → active 生效, from its time on, until a later sheet names the same stations.

One sheet is open at a time. Nobody approves what he drew up. A sheet that does not fit the city is refused with every
mistake, so that what is approved cannot stop an engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from accounts.bearer import Bearer
from accounts.rights import may
from accounts.warden import Warden
from core.acts import ActTopic
from core.errors import DeclarationError, NotAllowed, Objection
from core.messages import text
from core.reference_sheets import OPEN, References, ReferenceSheet, SheetState
from store.outbox import tell
from store.references import add_sheet, change_sheet, sheet_numbered, sheets_of
from store.sql import Transaction

DRAW_UP, RELEASE = "rules.edit", "rules.release"

Check = Callable[[References], list[str]]  # references → mistakes that only the whole city shows


@dataclass(frozen=True, slots=True)
class Concerned:
    """Whom references concern: the city, and the topics of the rules that read them."""

    city: str
    topics: tuple[str, ...]


class ReferenceOffice:
    """Sheets of one city. check: of what may become active."""

    def __init__(self, warden: Warden, concerned: Concerned, check: Check) -> None:
        self._warden, self._concerned, self._check = warden, concerned, check

    def draw_up(
        self, by: Bearer, references: References, promised: Sequence[Sequence[str]], now_ms: int
    ) -> ReferenceSheet:
        """Keep a new draft; an older open one of the city is given up for it.

        Raises:
            NotAllowed: His posts do not reach the whole city.
            Objection: Another sheet waits for its approval.
            DeclarationError: It does not fit the city; every mistake.
        """
        with self._acting(by, DRAW_UP, "references", now_ms, {"stations": len(references)}) as tx:
            self._refuse_unfit(references)
            for other in sheets_of(tx, self._concerned.city):
                if other.state is SheetState.REVIEW:
                    raise objection("in_review", author=other.author.partition(":")[2])
                if other.state is SheetState.DRAFT:
                    self._kept(tx, replace(other, state=SheetState.DROPPED), now_ms)
            sheet = ReferenceSheet(
                city=self._concerned.city,
                state=SheetState.DRAFT,
                references=references,
                author=by.name,
                made_ms=now_ms,
                changed_ms=now_ms,
                promised=tuple(promised),
            )
            return add_sheet(tx, sheet)

    def submit(self, by: Bearer, number: int, reason: str, now_ms: int) -> ReferenceSheet:
        """Hand a draft to whoever approves; the reason is his to read."""
        if not reason.strip():
            raise objection("reason")
        with self._stepping(by, DRAW_UP, number, (SheetState.DRAFT,), now_ms) as (tx, sheet):
            return self._kept(tx, replace(sheet, state=SheetState.REVIEW, reason=reason.strip()), now_ms)

    def send_back(self, by: Bearer, number: int, remark: str, now_ms: int) -> ReferenceSheet:
        """Back to a draft, with why."""
        with self._stepping(by, RELEASE, number, (SheetState.REVIEW,), now_ms) as (tx, sheet):
            return self._kept(tx, replace(sheet, state=SheetState.DRAFT, remark=remark.strip()), now_ms)

    def drop(self, by: Bearer, number: int, now_ms: int) -> ReferenceSheet:
        """Give a sheet up; it is kept."""
        with self._stepping(by, DRAW_UP, number, OPEN, now_ms) as (tx, sheet):
            return self._kept(tx, replace(sheet, state=SheetState.DROPPED), now_ms)

    def approve(self, by: Bearer, number: int, effective_ms: int, now_ms: int) -> ReferenceSheet:
        """Release what somebody else drew up, from a time on (0: at once)."""
        with self._stepping(by, RELEASE, number, (SheetState.REVIEW,), now_ms) as (tx, sheet):
            if sheet.author == by.name:
                raise objection("own")
            self._refuse_unfit(sheet.references)
            active = replace(sheet, state=SheetState.ACTIVE, approver=by.name, effective_ms=max(now_ms, effective_ms))
            return self._kept(tx, active, now_ms)

    def sheets(self) -> list[ReferenceSheet]:
        """All sheets of the city, newest first."""
        with self._warden.database.reading() as connection:
            return sheets_of(connection, self._concerned.city)

    def _kept(self, tx: Transaction, sheet: ReferenceSheet, now_ms: int) -> ReferenceSheet:
        kept = change_sheet(tx, replace(sheet, changed_ms=now_ms))
        if kept is None:
            raise objection("overtaken")
        tell(tx, ActTopic.REFERENCE, {"city": kept.city, "number": kept.number, "state": str(kept.state)}, now_ms)
        return kept

    def _refuse_unfit(self, references: References) -> None:
        if problems := self._check(references):
            raise DeclarationError(problems)

    @contextmanager
    def _acting(
        self, by: Bearer, action: str, subject: str, now_ms: int, detail: dict[str, object] | None = None
    ) -> Iterator[Transaction]:
        """One act: a post must reach the whole city and every topic of which a rule reads references."""
        for topic in self._concerned.topics or ("",):
            decision = may(by, action, area=(self._concerned.city,), topic=topic)
            if not decision.allowed:
                raise NotAllowed(decision.code, decision.in_words)
        with self._warden.acting(by, action, subject, now_ms, detail or {}) as tx:
            yield tx

    @contextmanager
    def _stepping(
        self, by: Bearer, action: str, number: int, from_states: tuple[SheetState, ...], now_ms: int
    ) -> Iterator[tuple[Transaction, ReferenceSheet]]:
        """A step of a sheet that stands where it may be taken."""
        with self._acting(by, action, f"references:{number}", now_ms) as tx:
            sheet = sheet_numbered(tx, self._concerned.city, number)
            if sheet.state not in from_states:
                raise objection("overtaken")
            yield tx, sheet


def objection(code: str, **places: object) -> Objection:
    """What is said when an act does not fit how things stand."""
    return Objection(code, lambda language: text(f"references.objection_{code}", language, **places))
