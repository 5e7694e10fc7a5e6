"""Who looked at sensitive data, written in batches: looking never waits for writing."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from itertools import islice

from accounts.journal import Journal
from core.accounts import Act

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
    """Looks waiting to be written. `noted` is called by every web thread, `write` by those that may wait."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._waiting: deque[Look] = deque()
        self._uncounted = 0
        self._noting, self._writing = threading.Lock(), threading.Lock()

    def noted(self, look: Look) -> None:
        """Keep a look for the next batch; takes no disk and no database."""
        with self._noting:
            if len(self._waiting) < WAITING:
                self._waiting.append(look)
            else:
                self._uncounted += 1

    def write(self, now_ms: int) -> int:
        """Write what waits, a batch a row, in the order in which it was seen. Returns how many looks.

        All that was noted before the call is in the database after it, also what another thread was just writing.
        Raises NeighbourDown; what was not written waits for the next call.
        """
        written = 0
        with self._writing:
            while batch := self._next():
                looks, uncounted = batch
                rows = [[look.actor, look.action, look.subject, look.at_ms] for look in looks]
                detail = {"looks": rows, "uncounted": uncounted}
                self._journal.write_alone(Act("system", ACTION, f"{len(rows)}", now_ms, detail=detail))
                self._forget(len(looks), uncounted)
                written += len(looks)
        return written

    def _next(self) -> tuple[list[Look], int] | None:
        """What the next row tells; it waits on until it is written."""
        with self._noting:
            looks, uncounted = list(islice(self._waiting, BATCH)), self._uncounted
        return (looks, uncounted) if looks or uncounted else None

    def _forget(self, count: int, uncounted: int) -> None:
        with self._noting:
            for _ in range(count):
                self._waiting.popleft()
            self._uncounted -= uncounted
