"""A growing set of whole numbers, asked and filled many at a time."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from core.records import Int64


class SeenKeys:
    """Sorted runs, each at least twice as long as the next, so that n keys are merged O(log n) times in all."""

    def __init__(self, keys: Int64 | None = None) -> None:
        self._runs: list[Int64] = [] if keys is None or not len(keys) else [keys]

    def add(self, keys: Int64) -> None:
        """Take keys in that are not held yet."""
        if not len(keys):
            return
        self._runs.append(np.sort(keys))
        while len(self._runs) > 1 and len(self._runs[-2]) < 2 * len(self._runs[-1]):
            self._runs[-2:] = [_merged(self._runs[-2:])]

    def holds(self, keys: Int64) -> NDArray[np.bool_]:
        """Which of the keys are in the set."""
        found = np.zeros(len(keys), dtype=np.bool_)
        for run in self._runs:
            at = np.searchsorted(run, keys)
            found |= run[np.minimum(at, len(run) - 1)] == keys
        return found

    def all(self) -> Int64:
        """Every key, rising."""
        return _merged(self._runs) if self._runs else np.zeros(0, dtype=np.int64)


def _merged(runs: Iterable[Int64]) -> Int64:
    return np.sort(np.concatenate(list(runs)), kind="stable")  # stable: merges what is sorted already
