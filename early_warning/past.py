"""What was valued, as the inputs of rules: sampled at the times of judging, as a value, a rate, a deviation. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.records import HOUR_MS, Float64, Int64
from early_warning.judge import Mask
from early_warning.lanes import Quantity
from early_warning.rule import Judged


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One indicator at one area, or at several side by side: values at window ends, int64 (k,) ms UTC, rising.

    value float64 (k,) or (k, n), NaN unknown; so are the others. reporting: 0 to 1; None: all reported. baseline: usual
    values; None: not known. valid_s: so long a value counts after its window end, for rules judged more often; 0: then
    only.
    """

    ends_ms: Int64
    value: Float64
    reporting: Float64 | None = None
    baseline: Float64 | None = None
    valid_s: int = 0


def judged_values(quantity: Quantity, series: Series | None, at_ms: Int64) -> Float64:
    """What is judged at each time, float64 (t,) or (t, n), NaN unknown; no series: nothing is known."""
    if series is None:
        return np.full(len(at_ms), np.nan)
    if not len(series.ends_ms):
        return np.full((len(at_ms), *series.value.shape[1:]), np.nan)
    value = series.value
    if quantity.min_reporting and series.reporting is not None:
        value = np.where(series.reporting < quantity.min_reporting, np.nan, value)
    found = _judged(quantity, series, value)
    if at_ms is series.ends_ms:
        return found
    newest, counts = sampled(series, at_ms)
    return np.where(_beside(counts, found), found[newest], np.nan)


def sampled(series: Series, at_ms: Int64) -> tuple[NDArray[np.intp], Mask]:
    """Of each time the row of the newest window that ended by then, and whether its value still counts, (t,) both."""
    newest = np.searchsorted(series.ends_ms, at_ms, side="right") - 1
    return newest, (newest >= 0) & (at_ms - series.ends_ms[newest] <= series.valid_s * 1000)


def _judged(quantity: Quantity, series: Series, value: Float64) -> Float64:
    match quantity.judged:
        case Judged.VALUE:
            return value
        case Judged.DEVIATION:
            return np.full(value.shape, np.nan) if series.baseline is None else value - series.baseline
        case Judged.RATE:
            return _change_per_hour(series.ends_ms, value, quantity.over_s)
        case Judged.FORECAST:
            return value + _change_per_hour(series.ends_ms, value, quantity.over_s) * (quantity.ahead_s / 3600)


def _change_per_hour(ends_ms: Int64, value: Float64, over_s: int) -> Float64:
    """Against the window that ended exactly over_s earlier; NaN where there is none."""
    wanted_ms = ends_ms - over_s * 1000
    before = np.minimum(np.searchsorted(ends_ms, wanted_ms), len(ends_ms) - 1)
    change = np.where(_beside(ends_ms[before] == wanted_ms, value), value - value[before], np.nan)
    return np.asarray(change / (over_s * 1000 / HOUR_MS))


def _beside(mask: Mask, columns: Float64) -> Mask:
    """A mask of rows in the shape in which it meets columns."""
    return mask.reshape(-1, *(1,) * (columns.ndim - 1))
