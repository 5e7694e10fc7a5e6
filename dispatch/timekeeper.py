"""Writes down what time did: clocks that warn, end and escalate, and 缓办 whose date has come.

Each is one act of the book under a key of its own, so a keeper that died, or two of them, write nothing twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from core.errors import IllegalStep
from core.records import DAY_MS
from dispatch.book import CaseBook, Now, Rules, Told, Wish
from dispatch.escalation import Point, next_ms, points_due
from dispatch.log import Origin
from store import cases as kept
from store.sql import Database

log = logging.getLogger(__name__)

BY = "worker:clocks"
AT_ONCE = 200  # cases a turn: some hundred milliseconds


class TimeKeeper:
    """The time of all cases of one scene."""

    def __init__(self, database: Database, book: CaseBook, rules: Callable[[], Rules]) -> None:
        """rules: those that the book goes by."""
        self._database, self._book, self._rules = database, book, rules

    def turn(self, now: Now) -> int:
        """Write what time did up to now. Returns how many entries are new."""
        with self._database.reading() as connection:
            due = kept.due_before(connection, now.scene, now.city_ms, AT_ONCE)
        return sum(self._pass(case, now) for case in due)

    def _pass(self, case: str, now: Now) -> int:
        """What time did to one case; one that cannot go on stands in nobody's way."""
        told, rules, new = self._book.read(case), self._rules(), 0
        kind = rules.kinds.get(str(told.case.facts["kind"]))
        if kind is None:
            log.error("%s: the packs have no kind %s any more; its clocks wait", case, told.case.facts["kind"])
            self._look_again(told, now.city_ms + DAY_MS)
            return 0
        try:
            while due := points_due(told.case, kind, rules.calendars, now.city_ms):
                told, new = self._happened(told, due[0], now), new + 1
        except IllegalStep as faster:  # somebody acted meanwhile: the next turn sees what is left to do
            log.info("the time of %s waits for a turn: %s", case, faster)
        else:
            if not new:  # what was due is not any more, as a pack says
                self._look_again(told, next_ms(told.case, kind, rules.calendars))
        return new

    def _happened(self, told: Told, point: Point, now: Now) -> Told:
        wish = Wish(
            key=point.key,
            verb=point.verb,
            case=told.case.id,
            fields=point.fields,
            revision=told.case.revision,
            origin=Origin.CLOCK,
            happened_ms=point.at_ms,
        )
        return self._book.happen(BY, wish, now)

    def _look_again(self, told: Told, at_ms: int | None) -> None:
        with self._database.transaction() as connection:
            kept.look_again(connection, told.case.id, told.case.revision, at_ms)
