"""The levels of one rule, window end by window end, kept over the lateness and folded anew from kept states. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields

import numpy as np

from core.records import Int64, Level, UInt8
from early_warning.episodes import Episode
from early_warning.judge import Mask, State
from early_warning.sight import Look
from indicators.chunks import pack, unpack

# Of so many window ends one state is kept, and those of the newest, which open windows move: a correction costs at most
# so many steps more, and a state takes as much room as twenty window ends of values.
STRIDE = 16
NEWEST = 2

Looks = Callable[[Sequence[int]], Iterable[Look]]


@dataclass(eq=False)
class Frame:
    """After one window end: levels uint8 (n,), and since when data are lost, int64 (n,) ms, 0: they are not."""

    level: UInt8
    lost_ms: Int64 | None


class Frames:
    """Frames by window end. Those that nothing can correct any more are folded into one state before the rest."""

    def __init__(self, subjects: int, *, keeps_losses: bool = False) -> None:
        """keeps_losses: whether the rule tells of lost data at all."""
        self._subjects, self._keeps_losses = subjects, keeps_losses
        self._ends_ms: list[int] = []
        self._by_end: dict[int, Frame] = {}
        self._states: dict[int, State] = {}
        self.folded_upto_ms = 0
        self.told_from_ms = 0  # frames before it lead the machine up to it; of their time another version has told
        self._base = State.fresh(subjects)
        self._since_ms: Int64 = np.zeros(subjects, dtype=np.int64)
        self._peak: UInt8 = np.zeros(subjects, dtype=np.uint8)
        self._stood: UInt8 = np.zeros(subjects, dtype=np.uint8)  # level before the first frame that is told

    def begin(self, end_ms: int) -> None:
        """Let there be a frame for a window end, until it is folded with the levels of the one before it."""
        if end_ms not in self._by_end:
            at = bisect_left(self._ends_ms, end_ms)
            before = self._by_end[self._ends_ms[at - 1]].level if at else self._base.level
            self._by_end[end_ms] = Frame(before.copy(), None)
            self._ends_ms.insert(at, end_ms)

    def fold_from(self, end_ms: int, looks: Looks) -> Mask:
        """Find the levels anew from a window end on; returns bool (n,): of whom anything changed."""
        changed = np.zeros(self._subjects, dtype=np.bool_)
        start, state = self._state_before(bisect_left(self._ends_ms, end_ms))
        self._states = {at_ms: kept for at_ms, kept in self._states.items() if at_ms < end_ms}
        newest = len(self._ends_ms) - NEWEST
        for position, look in enumerate(looks(self._ends_ms[start:]), start):
            state = look.step(state)
            frame = self._by_end[look.at_ms]
            lost_ms = look.lost_ms(state) if self._keeps_losses else None
            changed |= frame.level != state.level
            if lost_ms is not None:
                changed |= lost_ms != (0 if frame.lost_ms is None else frame.lost_ms)
            frame.level, frame.lost_ms = state.level.copy(), lost_ms
            if position >= newest or _is_kept(position):
                self._states[look.at_ms] = state.copy()
        for position, at_ms in enumerate(self._ends_ms[:newest] if newest > 0 else ()):
            if not _is_kept(position):
                self._states.pop(at_ms, None)
        return changed

    def levels(self, subject: int) -> list[tuple[int, Level]]:
        """(window end, level) of one subject, as far as that is told, rising."""
        told = self._ends_ms[bisect_left(self._ends_ms, self.told_from_ms) :]
        return [(end_ms, Level(self._by_end[end_ms].level[subject])) for end_ms in told]

    def stands(self) -> Mask:
        """Who stands above normal at the newest window end, bool (n,)."""
        return self._by_end[self._ends_ms[-1]].level > 0

    def lost_ms(self, subject: int) -> int:
        """Since when the data of a subject are lost now; 0: they are not."""
        newest = self._by_end[self._ends_ms[-1]].lost_ms if self._ends_ms else None
        return 0 if newest is None else int(newest[subject])

    def standing(self, subject: int) -> Episode | None:
        """The episode of one subject that was open before the first frame that is told."""
        if not self._stood[subject]:
            return None
        level = Level(self._stood[subject])
        return Episode(int(self._since_ms[subject]), None, level, Level(self._peak[subject]), level)

    def forget_before(self, end_ms: int) -> None:
        """Fold the frames before a time into the state that the rest begins with, a stride at once."""
        while len(self._ends_ms) > STRIDE and self._ends_ms[STRIDE - 1] < end_ms:
            for gone_ms in self._ends_ms[:STRIDE]:
                self._remember(gone_ms, self._by_end.pop(gone_ms).level)
            self.folded_upto_ms = gone_ms
            self._base = self._states[gone_ms]
            self._states = {at_ms: kept for at_ms, kept in self._states.items() if at_ms > gone_ms}
            del self._ends_ms[:STRIDE]

    def turn_ms(self, now_ms: int) -> int | None:
        """The window end from which another version judges: the newest that is over, else the first; None: none is."""
        over = bisect_right(self._ends_ms, now_ms)
        return self._ends_ms[max(0, over - 1)] if self._ends_ms else None

    @property
    def base(self) -> State:
        """The state before the first frame."""
        return self._base

    def take_over(self, base: State, folded_upto_ms: int, told_from_ms: int) -> None:
        """Begin with a state, behind which frames are begun and folded; told is only what comes from a time on."""
        self._base, self.folded_upto_ms, self.told_from_ms = base, folded_upto_ms, told_from_ms

    def carry(self, subject: int, open_one: Episode) -> None:
        """Let an episode of one subject be open before the first frame that is told."""
        self._since_ms[subject], self._peak[subject] = open_one.since_ms, open_one.peak
        self._stood[subject] = open_one.level

    def packed(self) -> bytes:
        """The state before the first frame; all later ones follow from it and from what was told."""
        columns = {field.name: getattr(self._base, field.name) for field in fields(State)}
        columns |= {"since": self._since_ms, "peak": self._peak, "stood": self._stood}
        return pack(columns, folded_upto_ms=self.folded_upto_ms, told_from_ms=self.told_from_ms)

    def restore(self, chunk: bytes) -> None:
        """Put back what `packed` gave."""
        columns, plain = unpack(chunk)
        self._since_ms, self._peak = columns.pop("since"), columns.pop("peak")
        self._stood = columns.pop("stood")
        self._base, self.folded_upto_ms = State(**columns), plain["folded_upto_ms"]
        self.told_from_ms = plain["told_from_ms"]

    def _remember(self, end_ms: int, level: UInt8) -> None:
        """Since when who stands above normal, and how far it went."""
        if end_ms < self.told_from_ms:
            return
        self._stood = level
        since_ms = np.where(self._since_ms, self._since_ms, end_ms)
        self._since_ms = np.where(level > 0, since_ms, 0)
        self._peak = np.where(level > 0, np.maximum(level, self._peak), 0).astype(np.uint8)

    def _state_before(self, at: int) -> tuple[int, State]:
        """The nearest state kept before a position, and the position of the frame that follows it."""
        for position in range(at - 1, -1, -1):
            if (kept := self._states.get(self._ends_ms[position])) is not None:
                return position + 1, kept.copy()
        return 0, self._base.copy()


def _is_kept(position: int) -> bool:
    """Frames are forgotten a stride at once, so that the positions of those whose state is kept stay the same."""
    return position % STRIDE == STRIDE - 1
