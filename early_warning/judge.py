"""The state machine of all rules at once: from conditions to levels, with hold, clear time and lost data. Pure."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from core.records import Int64, UInt8

Mask = NDArray[np.bool_]

LEVELS = 4  # row 0 is Level.BLUE, row 3 Level.RED

# Far behind every time, and still two of them add up inside an int64.
NEVER_MS = 2**61


class Seen(IntEnum):
    """What the condition of one level came to at one window end."""

    OFF = 0  # past its clear bound
    BETWEEN = 1  # not reached, not past its clear bound
    ON = 2  # reached
    UNKNOWN = 3  # not enough is known to say which


NOTHING_YET = 255


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """How long each level of each pair of rule and area waits, int64 (LEVELS, n), ms.

    hold: so long a condition holds before its level is raised. clear_after: so long it is past its clear bound before
    the level is left. blank_ends: after so long without data the level is left; NEVER_MS: it is kept.
    """

    hold_ms: Int64
    clear_after_ms: Int64
    blank_ends_ms: Int64

    def set_due(self, state: State) -> State:
        """When the levels of a state are due by these times, as its runs stand; `state` itself, changed in place."""
        off, unknown = state.seen == Seen.OFF, state.seen == Seen.UNKNOWN
        state.raise_at_ms = np.where(state.seen == Seen.ON, state.on_since_ms + self.hold_ms, NEVER_MS)
        left_ms = np.where(unknown, state.blank_since_ms + self.blank_ends_ms, NEVER_MS)
        state.clear_at_ms = np.where(off, state.off_since_ms + self.clear_after_ms, left_ms)
        return state


@dataclass(slots=True, eq=False)
class State:
    """What is remembered of n pairs of rule and area; all but `level` is (LEVELS, n), row 0 is Level.BLUE.

    level uint8 (n,). seen uint8: `Seen`, or NOTHING_YET. The rest int64 ms, NEVER_MS when not so: on_since, off_since,
    blank_since: first window end of the run of ON, OFF and UNKNOWN. raise_at, clear_at: when the level is due.
    """

    level: UInt8
    seen: UInt8
    on_since_ms: Int64
    off_since_ms: Int64
    blank_since_ms: Int64
    raise_at_ms: Int64
    clear_at_ms: Int64

    @classmethod
    def fresh(cls, pairs: int) -> State:
        """Nothing stands, nothing was seen."""
        times = (np.full((LEVELS, pairs), NEVER_MS, dtype=np.int64) for _ in range(5))
        return cls(np.zeros(pairs, np.uint8), np.full((LEVELS, pairs), NOTHING_YET, np.uint8), *times)

    def copy(self) -> State:
        """One that later steps of this one leave alone."""
        return State(*(getattr(self, field.name).copy() for field in fields(self)))


class Judge:
    """All pairs of rule and area, one window end after another; live, trial and backtest are this code.

    Each level of a pair is on its own:

    | seen    | hold                          | clear time                    | the level                             |
    |---------|-------------------------------|-------------------------------|---------------------------------------|
    | ON      | begins, or goes on            | over                          | raised once ON for hold_ms            |
    | BETWEEN | over                          | over                          | kept if it stands, not raised         |
    | OFF     | over                          | begins, or goes on            | left once OFF for clear_after_ms      |
    | UNKNOWN | neither goes on nor is broken | neither goes on nor is broken | kept; left once blank for blank_ends  |

    - The level of a pair is the gravest that is raised now, or that stands and is not left. A level stands while it or
      a graver one is the level of the pair.
    - Spans are counted from the first window end of a run to the present one; 0 is at once.
    - After UNKNOWN a hold or a clear time begins anew when the gap, from the first unknown window end to the present
      one, was longer than it: an hour in the dark does not make a hold of ten minutes.
    - A pair with an open window is raised by what is ON; whatever else is seen of it changes nothing, and its level
      does not fall.
    - A pair that is idle (outside its schedule) is seen as OFF and its level is NORMAL at once.
    """

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        shape = terms.hold_ms.shape
        self._rank = np.arange(1, LEVELS + 1, dtype=np.uint8)[:, None]
        self._first, self._second = np.empty(shape, np.bool_), np.empty(shape, np.bool_)
        self._ranks = np.empty(shape, np.uint8)
        self._reached = np.empty(shape[1], np.uint8)

    def step(
        self, state: State, at_ms: int, seen: UInt8, is_open: Mask | None = None, idle: Mask | None = None
    ) -> State:
        """The state after one more window end; `state` itself, changed in place.

        Args:
            state: After the window end before.
            at_ms: The window end, later than the one before.
            seen: uint8 (LEVELS, n) of `Seen`; OFF where a pair has no such level.
            is_open: bool (n,), None: no window is open.
            idle: bool (n,), None: none is outside its schedule.
        """
        if is_open is not None:
            seen = np.where(is_open & (seen != Seen.ON), state.seen, seen)
        if idle is not None:
            seen = np.where(idle, np.uint8(Seen.OFF), seen)
        changed = np.flatnonzero(np.not_equal(seen, state.seen, out=self._first))
        if changed.size:
            self._turn(state, at_ms, changed, seen.take(changed))
        left = np.less_equal(state.clear_at_ms, at_ms, out=self._first)
        stands = np.less_equal(self._rank, state.level, out=self._second)
        np.greater(stands, left, out=self._second)  # stands and not left
        np.less_equal(state.raise_at_ms, at_ms, out=self._first)
        np.logical_or(self._first, self._second, out=self._first)
        np.multiply(self._first, self._rank, out=self._ranks)
        np.max(self._ranks, axis=0, out=self._reached)
        if is_open is not None:
            np.maximum(self._reached, state.level, out=self._reached, where=is_open)
        if idle is not None:
            self._reached[idle] = 0
        state.level, self._reached = self._reached, state.level
        return state

    def lost(self, state: State, at_ms: int, after_ms: Int64) -> Mask:
        """Pairs, bool (n,), of which some level was UNKNOWN for its after_ms, int64 (LEVELS, n) or (n,)."""
        return np.asarray((state.blank_since_ms + after_ms <= at_ms).any(axis=0))

    def _turn(self, state: State, at_ms: int, lanes: NDArray[np.intp], seen: UInt8) -> None:
        """Begin and end the runs of those levels (flat positions) of which something else is seen now."""
        on, off, unknown = seen == Seen.ON, seen == Seen.OFF, seen == Seen.UNKNOWN
        hold_ms, clear_after_ms = self._terms.hold_ms.take(lanes), self._terms.clear_after_ms.take(lanes)
        blank_ms = at_ms - state.blank_since_ms.take(lanes)  # below 0 where nothing was unknown
        on_since_ms = np.where(blank_ms > hold_ms, NEVER_MS, state.on_since_ms.take(lanes))
        off_since_ms = np.where(blank_ms > clear_after_ms, NEVER_MS, state.off_since_ms.take(lanes))
        on_since_ms = np.where(on, np.minimum(on_since_ms, at_ms), np.where(unknown, on_since_ms, NEVER_MS))
        off_since_ms = np.where(off, np.minimum(off_since_ms, at_ms), np.where(unknown, off_since_ms, NEVER_MS))
        blank_ends_ms = at_ms + self._terms.blank_ends_ms.take(lanes)
        clear_at_ms = np.where(off, off_since_ms + clear_after_ms, np.where(unknown, blank_ends_ms, NEVER_MS))
        state.seen.ravel()[lanes] = seen
        state.on_since_ms.ravel()[lanes] = on_since_ms
        state.off_since_ms.ravel()[lanes] = off_since_ms
        state.blank_since_ms.ravel()[lanes] = np.where(unknown, at_ms, NEVER_MS)
        state.raise_at_ms.ravel()[lanes] = np.where(on, on_since_ms + hold_ms, NEVER_MS)
        state.clear_at_ms.ravel()[lanes] = clear_at_ms
