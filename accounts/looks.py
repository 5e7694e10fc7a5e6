"""Who looked at sensitive data, written in batches: looking never waits for writing."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

from accounts.journal import Journal
from core.accounts import Act
from core.errors import NeighbourDown

ACTION = "sensitive.look"
BATCH = 200  # looks in one row of the audit
WAITING = 100_000  # looks kept while the database is away; then the newest are counted, not named


@dataclass(frozen=True, slots=True)
class Look:
    """One look: who, under which right, at what, when (ms UTC)."""

    actor: str
    action: str
    subject: str
    at_ms: int


class Looks:
    """Looks waiting to be written. `noted` is called by every web thread, `write` by one that may wait."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._waiting: deque[Look] = deque()
        self._lock, self._uncounted = threading.Lock(), 0

    def noted(self, look: Look) -> None:
        """Keep a look for the next batch; takes no disk and no database."""
        with self._lock:
            if len(self._waiting) < WAITING:
                self._waiting.append(look)
            else:
                self._uncounted += 1

    def write(self, now_ms: int) -> int:
        """Write what waits, a batch a row, in the order in which it was seen. Returns how many looks.

        Raises NeighbourDown; what was not written waits for the next call.
        """
        written = 0
        while batch := self._taken():
            looks, uncounted = batch
            rows = [[look.actor, look.action, look.subject, look.at_ms] for look in looks]
            act = Act("system", ACTION, f"{len(rows)}", now_ms, detail={"looks": rows, "uncounted": uncounted})
            try:
                self._journal.write_alone(act)
            except NeighbourDown:
                with self._lock:
                    self._waiting.extendleft(reversed(looks))
                    self._uncounted += uncounted
                raise
            written += len(looks)
        return written

    def _taken(self) -> tuple[list[Look], int] | None:
        with self._lock:
            looks = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
            uncounted, self._uncounted = self._uncounted, 0
        return (looks, uncounted) if looks or uncounted else None
