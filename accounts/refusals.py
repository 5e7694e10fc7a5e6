"""Refusals at the doors, written in batches: a screen that is refused each second fills neither disk nor audit."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from accounts.bearer import Bearer
from accounts.journal import Journal
from core.accounts import Act

KEPT = 1000  # different refusals remembered; beyond, those heard of longest ago are forgotten
AGAIN_MS = 600_000  # the same refusal is written once, then at most so often, with how many there were


@dataclass(slots=True)
class _Refused:
    subject: str
    at_ms: int
    times: int = 0
    written_ms: int | None = None


class Refusals:
    """Refusals waiting to be written. `noted` takes no disk; `write` is called by a thread that may wait."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._noting, self._writing = threading.Lock(), threading.Lock()
        self._known: OrderedDict[tuple[str, str, str, str], _Refused] = OrderedDict()

    def noted(self, bearer: Bearer, door: str, code: str, subject: str, now_ms: int) -> None:
        """Keep a refusal for the next batch: who, at which door, why, what he asked for."""
        key = (bearer.name, door, code, bearer.address)
        with self._noting:
            one = self._known.setdefault(key, _Refused(subject, now_ms))
            one.subject, one.at_ms, one.times = subject, now_ms, one.times + 1
            self._known.move_to_end(key)
            if len(self._known) > KEPT:
                self._known.popitem(last=False)

    def write(self, now_ms: int) -> int:
        """Write what is due, a row each. Returns how many rows. Raises NeighbourDown; then they wait for the next call.

        The first refusal of its kind is due at once. What another thread is just writing is written when this returns.
        """
        with self._writing:
            due = self._due(now_ms)
            for (actor, door, code, address), one, times in due:
                detail = {"reason": code, "asked": one.subject, "times": times}
                self._journal.write_alone(Act(actor, "door", door, one.at_ms, address, "refused", detail))
                with self._noting:
                    one.times -= times
                    one.written_ms = now_ms
            return len(due)

    def _due(self, now_ms: int) -> list[tuple[tuple[str, str, str, str], _Refused, int]]:
        """Who was refused where, and how often, of what was never written or not for long."""
        with self._noting:
            return [
                (key, one, one.times)
                for key, one in self._known.items()
                if one.times and (one.written_ms is None or now_ms - one.written_ms >= AGAIN_MS)
            ]
