"""What one rule looked at, window end by window end, and the levels that followed: kept over the lateness. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.records import Float64, Int64, Level, UInt8
from early_warning.episodes import Episode
from early_warning.machine import LEVELS
from indicators.chunks import Columns, pack, unpack


@dataclass(eq=False)
class Frame:
    """One window end: inputs float64 (LEVELS, n), NaN unknown; whether they are still open; levels uint8 (n,)."""

    value: Float64
    open: NDArray[np.bool_]
    level: UInt8


Step = Callable[[int, UInt8, Frame], UInt8]  # (window_end_ms, levels before, frame) → levels after


class Frames:
    """Frames by window end. Those that nothing can correct any more are folded into one state before the rest."""

    def __init__(self, subjects: int) -> None:
        self._subjects = subjects
        self._ends_ms: list[int] = []
        self._by_end: dict[int, Frame] = {}
        self.folded_upto_ms = 0
        self._level: UInt8 = np.zeros(subjects, dtype=np.uint8)
        self._since_ms: Int64 = np.zeros(subjects, dtype=np.int64)
        self._peak: UInt8 = np.zeros(subjects, dtype=np.uint8)
        self._dirty: set[int] = set()

    def frame(self, end_ms: int) -> Frame:
        """The frame of a window end; a new one knows nothing yet and has the levels of the one before it."""
        if end_ms not in self._by_end:
            at = bisect_left(self._ends_ms, end_ms)
            value = np.full((LEVELS, self._subjects), np.nan)
            self._by_end[end_ms] = Frame(value, np.zeros(value.shape, dtype=np.bool_), self._level_before(at).copy())
            self._ends_ms.insert(at, end_ms)
        self._dirty.add(end_ms)
        return self._by_end[end_ms]

    def fold_from(self, end_ms: int, step: Step) -> NDArray[np.bool_]:
        """Find the levels anew from a window end on; returns bool (n,): whose levels changed anywhere."""
        changed = np.zeros(self._subjects, dtype=np.bool_)
        at = bisect_left(self._ends_ms, end_ms)
        level = self._level_before(at)
        for later_ms in self._ends_ms[at:]:
            frame = self._by_end[later_ms]
            level = step(later_ms, level, frame)
            differs = frame.level != level
            if differs.any():
                changed |= differs
                frame.level = level
                self._dirty.add(later_ms)
        return changed

    def levels(self, subject: int) -> list[tuple[int, Level]]:
        """(window end, level) of one subject, rising."""
        return [(end_ms, Level(self._by_end[end_ms].level[subject])) for end_ms in self._ends_ms]

    def standing(self, subject: int) -> Episode | None:
        """The episode of one subject that was open before the first frame."""
        if not self._level[subject]:
            return None
        level = Level(self._level[subject])
        return Episode(int(self._since_ms[subject]), None, level, Level(self._peak[subject]), level)

    def known(self, level: Level, subject: int, upto_ms: int) -> list[tuple[int, float]]:
        """(window end, value) of the input of one level, where it is known, rising."""
        ends_ms = self._ends_ms[: bisect_right(self._ends_ms, upto_ms)]
        found = ((end_ms, float(self._by_end[end_ms].value[level - 1, subject])) for end_ms in ends_ms)
        return [(end_ms, value) for end_ms, value in found if not np.isnan(value)]

    def forget_before(self, end_ms: int) -> None:
        """Fold the frames before a time into the state that the rest begins with."""
        stop = bisect_left(self._ends_ms, end_ms)
        for gone_ms in self._ends_ms[:stop]:
            level = self._by_end.pop(gone_ms).level
            opened = (self._level == 0) & (level > 0)
            self._since_ms = np.where(opened, gone_ms, np.where(level > 0, self._since_ms, 0))
            self._peak = np.where(level > 0, np.maximum(level, np.where(opened, 0, self._peak)), 0).astype(np.uint8)
            self._level = level
            self.folded_upto_ms = gone_ms
            self._dirty.add(gone_ms)
        del self._ends_ms[:stop]

    def dirty(self) -> dict[int, bytes | None]:
        """What changed since this was last asked, by window end; None: forgotten; under 0 the state before."""
        ends, self._dirty = self._dirty, set()
        state: Columns = {"level": self._level, "since_ms": self._since_ms, "peak": self._peak}
        chunks: dict[int, bytes | None] = {0: pack(state, folded_upto_ms=self.folded_upto_ms)}
        return chunks | {end_ms: self._chunk(end_ms) for end_ms in sorted(ends)}

    def restore(self, chunks: Mapping[int, bytes]) -> None:
        """Put back what `dirty` gave."""
        state, plain = unpack(chunks[0])
        self._level, self._since_ms, self._peak = state["level"], state["since_ms"], state["peak"]
        self.folded_upto_ms = plain["folded_upto_ms"]
        self._ends_ms = sorted(set(chunks) - {0})
        self._by_end = {end_ms: Frame(**unpack(chunks[end_ms])[0]) for end_ms in self._ends_ms}

    def _chunk(self, end_ms: int) -> bytes | None:
        frame = self._by_end.get(end_ms)
        return pack({"value": frame.value, "open": frame.open, "level": frame.level}) if frame else None

    def _level_before(self, at: int) -> UInt8:
        return self._by_end[self._ends_ms[at - 1]].level if at else self._level
