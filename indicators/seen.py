"""A growing set of whole numbers, filled many at a time and seldom asked."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.records import Int64


class SeenKeys:
    """Numbers that were added, and sorted runs of those that were there when the set was last asked.

    Adding costs nothing but room, for most sets are never asked. Each run is at least twice as long as the next, so
    that n keys are merged O(log n) times in all, however often they are asked.
    """

    def __init__(self, keys: Int64 | None = None) -> None:
        self._runs: list[Int64] = [] if keys is None or not len(keys) else [keys]
        self._added: list[Int64] = []

    def add(self, keys: Int64) -> None:
        """Take keys in that are not held yet."""
        if len(keys):
            self._added.append(keys)

    def holds(self, keys: Int64) -> NDArray[np.bool_]:
        """Which of the keys are in the set."""
        self._sort()
        found = np.zeros(len(keys), dtype=np.bool_)
        for run in self._runs:
            at = np.searchsorted(run, keys)
            found |= run[np.minimum(at, len(run) - 1)] == keys
        return found

    def all(self) -> Int64:
        """Every key, rising."""
        self._sort()
        if len(self._runs) > 1:
            self._runs = [_merged(self._runs)]
        return self._runs[0] if self._runs else np.zeros(0, dtype=np.int64)

    def _sort(self) -> None:
        if not self._added:
            return
        self._runs.append(_merged(self._added))
        self._added = []
        while len(self._runs) > 1 and len(self._runs[-2]) < 2 * len(self._runs[-1]):
            self._runs[-2:] = [_merged(self._runs[-2:])]


def _merged(runs: list[Int64]) -> Int64:
    return np.sort(np.concatenate(runs), kind="stable")  # stable: merges what is sorted already
