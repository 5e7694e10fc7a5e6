"""The level machine: from values and bounds to levels, with hysteresis 回差, all subjects at once. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.records import Float64, UInt8
from indicators.definition import Direction

LEVELS = 4  # row 0 is Level.BLUE, row 3 Level.RED


def step(
    level: UInt8,
    value: Float64,
    bound: Float64,
    clear: Float64,
    direction: Direction,
    may_fall: NDArray[np.bool_] | np.bool_ | bool = True,
) -> UInt8:
    """The level of each subject after one more window.

    The gravest level whose bound is reached wins. A level that stands, or stood below the one that stands, is
    kept while its value has not passed its clear bound, and while its value is unknown: missing data never
    resolve a warning.

    Args:
        level: uint8 (n,), `core.records.Level` so far.
        value: float64 (LEVELS, n), the input of each level; NaN is unknown.
        bound: float64 (LEVELS, n), reached at or above (UP_BAD) or strictly below (DOWN_BAD); NaN: no such level.
        clear: float64 (LEVELS, n), kept at or above (UP_BAD) or strictly below (DOWN_BAD).
        direction: Which side is bad.
        may_fall: bool (n,); False for a window that is still open: it may raise a level, never lower it.

    Returns:
        uint8 (n,).
    """
    rank = np.arange(1, LEVELS + 1, dtype=np.uint8)[:, None]
    declared = ~np.isnan(bound)
    kept = (rank <= level) & (np.isnan(value) | _beyond(value, clear, direction))
    on = declared & (kept | _beyond(value, bound, direction))
    reached: UInt8 = np.where(on, rank, 0).max(axis=0).astype(np.uint8)
    return np.where(may_fall, reached, np.maximum(reached, level))


def _beyond(value: Float64, bound: Float64, direction: Direction) -> NDArray[np.bool_]:
    """Comparisons with NaN are false."""
    return np.asarray(value < bound if direction is Direction.DOWN_BAD else value >= bound)
