"""What was valued in the past, as the inputs of rules: sampled on one grid, as a value, a rate, a deviation. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.records import HOUR_MS, Float64, Int64
from early_warning.lanes import Quantity
from early_warning.rule import Judged


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One indicator at one area: final values at window ends, int64 (n,) ms UTC, rising.

    value float64 (n,), NaN unknown. reporting float64 (n,), 0 to 1; None: all reported. baseline float64 (n,), usual
    values; None: not known. valid_s: so long a value counts after its window end, for rules judged more often; 0: then
    only.
    """

    ends_ms: Int64
    value: Float64
    reporting: Float64 | None = None
    baseline: Float64 | None = None
    valid_s: int = 0


def judged_values(quantity: Quantity, series: Series | None, at_ms: Int64) -> Float64:
    """What is judged at each time, float64 (t,), NaN unknown; no series: nothing is known."""
    if series is None or not len(series.ends_ms):
        return np.full(len(at_ms), np.nan)
    value = series.value
    if quantity.min_reporting and series.reporting is not None:
        value = np.where(series.reporting < quantity.min_reporting, np.nan, value)
    found = _judged(quantity, series, value)
    if at_ms is series.ends_ms:
        return found
    newest = np.searchsorted(series.ends_ms, at_ms, side="right") - 1
    counts = (newest >= 0) & (at_ms - series.ends_ms[newest] <= series.valid_s * 1000)
    return np.where(counts, found[newest], np.nan)


def _judged(quantity: Quantity, series: Series, value: Float64) -> Float64:
    match quantity.judged:
        case Judged.VALUE:
            return value
        case Judged.DEVIATION:
            return np.full(len(value), np.nan) if series.baseline is None else value - series.baseline
        case Judged.RATE:
            return _change_per_hour(series.ends_ms, value, quantity.over_s)
        case Judged.FORECAST:
            return value + _change_per_hour(series.ends_ms, value, quantity.over_s) * (quantity.ahead_s / 3600)


def _change_per_hour(ends_ms: Int64, value: Float64, over_s: int) -> Float64:
    """Against the window that ended exactly over_s earlier; NaN where there is none."""
    wanted_ms = ends_ms - over_s * 1000
    before = np.minimum(np.searchsorted(ends_ms, wanted_ms), len(ends_ms) - 1)
    change = np.where(ends_ms[before] == wanted_ms, value - value[before], np.nan)
    return np.asarray(change / (over_s * 1000 / HOUR_MS))
