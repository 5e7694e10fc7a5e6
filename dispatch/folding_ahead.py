"""Closed cases of the last months are folded before anybody looks at their figures, a few at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dispatch.evaluations import Asked, Basis, Ground, judged, keep
from dispatch.months import month_at
from dispatch.rows import entry_of
from store import evaluation as kept
from store.sql import Database

MONTHS = 13  # this one, and all that a year is compared with
BITE = 50  # cases at a turn, some 20 ms of CPU: whoever takes turns waits for it
LOOK_MS = 60_000  # so often it is asked whether cases are judged otherwise, and what was closed meanwhile


class FoldingAhead:
    """Turn by turn through the months, the newest first; after a change of what cases are judged by, through all."""

    def __init__(self, database: Database, ground: Callable[[], Ground]) -> None:
        """ground: what cases are judged by now."""
        self._database, self._ground = database, ground
        self._by, self._looks_ms = "", 0
        self._bites: Iterator[None] = iter(())
        self._resting = True

    def turn(self, scene: str, now_ms: int) -> None:
        """Fold the next few, if there are any. now_ms: real time, ms UTC."""
        if now_ms >= self._looks_ms:
            self._looks_ms, ground = now_ms + LOOK_MS, self._ground()
            if ground.name != self._by:
                self._by, self._bites = ground.name, self._through(scene, ground, MONTHS)
            elif self._resting:
                self._bites = self._through(scene, ground, 1)
        next(self._bites, None)

    def _through(self, scene: str, ground: Ground, months: int) -> Iterator[None]:
        self._resting, month = False, month_at(ground.as_of_ms)
        for _ in range(months):
            left = self._left(Asked(scene, month, Basis.CLOSED), ground)
            for at in range(0, len(left), BITE):
                with self._database.reading() as connection:
                    logs = list(kept.logs_of(connection, left[at : at + BITE]))
                keep(self._database, (judged([entry_of(row) for row in rows], ground)[0] for _, rows in logs), ground)
                yield
            month = month.before
        self._resting = True

    def _left(self, asked: Asked, ground: Ground) -> list[str]:
        """The cases of a month that were not folded as they stand, by number."""
        span_ms = (asked.month.from_ms, asked.month.until_ms)
        with self._database.reading() as connection:
            heads = kept.stepped_between(connection, asked.scene, str(asked.basis), span_ms)
            known = kept.revisions_folded(connection, [head.id for head in heads], ground.name)
        return [head.id for head in heads if known.get(head.id) != head.revision]
