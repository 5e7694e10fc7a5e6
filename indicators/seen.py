"""A growing set of whole numbers, filled many at a time and seldom asked."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.records import Int64

_NO_KEYS: Int64 = np.zeros(0, dtype=np.int64)


class SeenKeys:
    """Numbers that were added, and sorted runs of those that were there when the set was last asked.

    Adding costs nothing but room, for most sets are never asked. Each run is at least twice as long as the next, so
    that n keys are merged O(log n) times in all, however often they are asked. A set that rests is kept as the steps
    from each key to the next: for a sensor that speaks each second 2 bytes a key instead of 8.
    """

    def __init__(self, steps: NDArray[Any] = _NO_KEYS) -> None:
        """steps: what `steps` gave."""
        self._steps = steps
        self._runs: list[Int64] = []
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

    def steps(self) -> NDArray[Any]:
        """The set as the steps from 0 to its least key and on from each to the next, as narrow as they allow."""
        self._sort()
        if not self._runs:
            return _NO_KEYS
        self._runs = [_merged(self._runs)]
        steps = np.diff(self._runs[0], prepend=0)
        return steps.astype(np.min_scalar_type(steps.max()))

    def rest(self) -> None:
        """Take less room; the next that asks wakes it."""
        if self._runs or self._added:
            self._steps, self._runs = self.steps(), []

    def _sort(self) -> None:
        if len(self._steps):
            self._runs.append(np.cumsum(self._steps, dtype=np.int64))
            self._steps = _NO_KEYS
        if not self._added:
            return
        self._runs.append(_merged(self._added))
        self._added = []
        while len(self._runs) > 1 and len(self._runs[-2]) < 2 * len(self._runs[-1]):
            self._runs[-2:] = [_merged(self._runs[-2:])]


def _merged(runs: list[Int64]) -> Int64:
    return np.sort(np.concatenate(runs), kind="stable")  # stable: merges what is sorted already
