"""From the panes of one window to one number a member. Pure."""

from __future__ import annotations

import numpy as np

from core.records import Float64, Int64
from indicators.chunks import Columns
from indicators.definition import Aggregate

# Where a double holds nine decimals and more, they are cut there: sums of the same numbers in another order
# differ by less, so that 49.999999999999 mm never stands where 50 mm fell.
_STEADY_BELOW = 1e5
_DECIMALS = 9


def steady(value: Float64) -> Float64:
    """The value without what depends on the order of addition.

    >>> steady(np.array([0.1 + 0.2, 1764000000123.25])).tolist()
    [0.3, 1764000000123.25]
    """
    return np.where(np.abs(value) < _STEADY_BELOW, np.round(value, _DECIMALS), value)


def newest_ms(cells: Columns, rows: slice) -> Int64:
    """int64 (members,): when each was last heard in the window, also out of range; 0 for never."""
    return np.asarray(cells["last_ms"][rows].max(axis=0, initial=0), dtype=np.int64)


def aggregated(cells: Columns, rows: slice, how: Aggregate) -> Float64:
    """float64 (members,): the number of each member over the rows of a `PaneTable`; NaN without a reading.

    REPORTING is 1 where anything was heard, NaN elsewhere: only who knows since when we listen can say 0.
    """
    if how is Aggregate.REPORTING:
        return np.where(newest_ms(cells, rows) > 0, 1.0, np.nan)
    counts = cells["count"][rows]
    count = counts.sum(axis=0)
    none = count == 0
    if how is Aggregate.LAST:
        return _last(cells, rows)
    if how is Aggregate.COUNT:
        value = count.astype(np.float64)
    elif how is Aggregate.MIN:
        value = np.fmin.reduce(cells["low"][rows], axis=0, initial=np.inf)
    elif how is Aggregate.MAX:
        value = np.fmax.reduce(cells["high"][rows], axis=0, initial=-np.inf)
    else:
        total = cells["total"][rows].sum(axis=0)
        value = steady(total / np.maximum(count, 1) if how is Aggregate.MEAN else total)
    return np.where(none, np.nan, value)


def _last(cells: Columns, rows: slice) -> Float64:
    """The value with the greatest event time; panes follow each other, so it is in the last one that has any."""
    filled = cells["count"][rows] > 0
    if not len(filled):
        return np.full(filled.shape[1], np.nan)
    newest = len(filled) - 1 - filled[::-1].argmax(axis=0)
    return np.asarray(cells["last"][rows][newest, np.arange(filled.shape[1])], dtype=np.float64)
