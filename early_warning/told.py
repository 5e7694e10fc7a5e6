"""What was told of one indicator where one rule looks, by window end, as far back as it still looks. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.records import Status, UInt8, ValueBatch
from early_warning.judge import Mask
from early_warning.lanes import Quantity
from early_warning.past import Series
from early_warning.rule import Judged
from indicators.chunks import Columns, pack, unpack

NOT_TOLD, OPEN, FINAL = 0, 1, 2
EVERY = slice(None)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is kept of an indicator: at which areas, for how long a value counts, and what stands beside it."""

    indicator: str
    areas: tuple[str, ...]
    valid_s: int
    reporting: bool
    baseline: bool

    @classmethod
    def by(cls, quantities: Iterable[Quantity], slide_s: int) -> Wanted:
        """What a rule's quantities of one indicator need; a value counts until the next window ends."""
        asked = tuple(quantities)
        areas = tuple(dict.fromkeys(one.area for one in asked))
        deviation = any(one.judged is Judged.DEVIATION for one in asked)
        return cls(asked[0].indicator, areas, slide_s, any(one.min_reporting for one in asked), deviation)


class Told:
    """Rows by window end; a row holds of each area its value, and whether that is told at all, open or final."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.column = {area: column for column, area in enumerate(wanted.areas)}
        self.ends_ms: list[int] = []
        self._rows: dict[int, Columns] = {}
        self._dirty: set[int] = set()

    def take(self, batch: ValueBatch) -> NDArray[np.intp]:
        """Put a batch into its row; returns the columns that it tells of."""
        columns = np.array([self.column.get(area, -1) for area in batch.areas], dtype=np.intp)
        ours = np.flatnonzero(columns >= 0)
        columns = columns[ours]
        if not len(ours):
            return columns
        row = self._row(batch.window_end_ms)
        row["value"][columns] = batch.value[ours]
        row["state"][columns] = np.where(batch.status[ours] == Status.OPEN, OPEN, FINAL)
        if self.wanted.reporting:
            expected = batch.expected[ours]
            row["reporting"][columns] = np.where(expected > 0, batch.reported[ours] / np.maximum(expected, 1), 1.0)
        if self.wanted.baseline and "baseline" in batch.beside:
            row["baseline"][columns] = batch.beside["baseline"][ours]
        return columns

    def take_over(self, before: Told) -> None:
        """Know what another knows of the areas that both look at."""
        shared = [(column, before.column[area]) for area, column in self.column.items() if area in before.column]
        if not shared:
            return
        ours, theirs = np.array(shared, dtype=np.intp).T
        for end_ms in before.ends_ms:
            for name, column in self._row(end_ms).items():
                column[ours] = before._rows[end_ms][name][theirs]

    def between(self, first_ms: int, last_ms: int) -> tuple[Series, Mask]:
        """The rows whose windows ended in [first_ms, last_ms], (k, n), and where they are open, bool (k, n).

        What was not told of a window is open as long as all that was told of it is: when a window falls due, every area
        is told.
        """
        ends_ms = self.ends_ms[bisect_left(self.ends_ms, first_ms) : bisect_right(self.ends_ms, last_ms)]
        state = self._stacked(ends_ms, "state")
        is_open = (state == OPEN) | ((state == NOT_TOLD) & ~(state == FINAL).any(axis=1, keepdims=True))
        return self._series(ends_ms, EVERY), is_open

    def at(self, area: str, last_ms: int) -> Series:
        """All that is kept of one area up to a time, (k,)."""
        return self._series(self.ends_ms[: bisect_right(self.ends_ms, last_ms)], self.column[area])

    def forget_before(self, end_ms: int) -> None:
        """Drop the windows that ended before a time."""
        stop = bisect_left(self.ends_ms, end_ms)
        for gone_ms in self.ends_ms[:stop]:
            del self._rows[gone_ms]
            self._dirty.add(gone_ms)
        del self.ends_ms[:stop]

    def dirty(self) -> dict[int, bytes | None]:
        """Rows that changed since this was last asked, by window end; None: forgotten."""
        ends, self._dirty = self._dirty, set()
        return {end_ms: pack(self._rows[end_ms]) if end_ms in self._rows else None for end_ms in sorted(ends)}

    def restore(self, chunks: Mapping[int, bytes]) -> None:
        """Put back what `dirty` gave."""
        self._rows = {end_ms: unpack(chunk)[0] for end_ms, chunk in chunks.items()}
        self.ends_ms = sorted(self._rows)

    def _row(self, end_ms: int) -> Columns:
        self._dirty.add(end_ms)
        if end_ms not in self._rows:
            insort(self.ends_ms, end_ms)
            count = len(self.wanted.areas)
            state: UInt8 = np.full(count, NOT_TOLD, dtype=np.uint8)
            row: Columns = {"value": np.full(count, np.nan), "state": state}
            beside = {"reporting": self.wanted.reporting, "baseline": self.wanted.baseline}
            self._rows[end_ms] = row | {name: np.full(count, np.nan) for name, kept in beside.items() if kept}
        return self._rows[end_ms]

    def _series(self, ends_ms: Sequence[int], column: int | slice) -> Series:
        reporting = self._stacked(ends_ms, "reporting", column) if self.wanted.reporting else None
        baseline = self._stacked(ends_ms, "baseline", column) if self.wanted.baseline else None
        times, value = np.array(ends_ms, dtype=np.int64), self._stacked(ends_ms, "value", column)
        return Series(times, value, reporting, baseline, self.wanted.valid_s)

    def _stacked(self, ends_ms: Sequence[int], name: str, column: int | slice = EVERY) -> NDArray[Any]:
        """A column of rows, (k, n), or of one area (k,)."""
        if not ends_ms:
            return np.empty((0, len(self.wanted.areas)))[:, column]
        return np.array([self._rows[end_ms][name][column] for end_ms in ends_ms])
