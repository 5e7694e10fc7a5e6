"""To what somebody narrows the queue of open cases, and what that means here and now."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.bearer import Bearer
from accounts.departments import departments_of
from dispatch.book import Above, Now
from dispatch.case import HELD, WAITING
from store.case_filters import Only
from store.case_queue import where_open
from store.sql import Transaction


@dataclass(frozen=True, slots=True)
class Narrowing:
    """As it is asked for. area: with all that lies in it; own: he wrote in its log, or his department leads.

    hold: one of `Hold`, or `held`: 挂账 and 缓办, which wait though nobody is late.
    """

    area: str = ""
    kind: str = ""
    source: str = ""
    grade: int = 0
    hold: str = ""
    late: bool = False
    own: bool = False
    words: str = ""

    def only(self, connection: Transaction, by: Bearer, now: Now, above: Above) -> Only:
        """As the database is asked. above: the areas that an area lies in."""
        within = [area for area, _ in where_open(connection, now.scene) if self.area in above(area)]
        return Only(
            within=sorted({*within, self.area}) if self.area else (),
            kind=self.kind,
            grade=self.grade,
            holds=sorted(WAITING) if self.hold == HELD else [self.hold] if self.hold else (),
            source=self.source,
            due_by_ms=now.city_ms if self.late else None,
            by=by.name if self.own else "",
            leads=departments_of(connection, by, now.real_ms) if self.own else (),
            words=" ".join(self.words.split()),
        )
