"""Numbers that a few wild values do not move: median, its spread, and a straight line through points. Pure."""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import numpy as np

from core.records import Float64

# A normal distribution has 1.4826 median absolute deviations in one standard deviation.
NORMAL_SPREAD = 1.4826


class Line(NamedTuple):
    """at float64 (n,): height of the line at x = 0; slope float64 (n,)."""

    at: Float64
    slope: Float64


def median(values: Float64) -> Float64:
    """float64 (n,) of values (k, n), the unknown (NaN) left out; NaN where all are."""
    rising = np.sort(values, axis=0)
    known = (~np.isnan(values)).sum(axis=0)
    low = np.take_along_axis(rising, (np.maximum(known - 1, 0) // 2)[None], axis=0)[0]
    high = np.take_along_axis(rising, np.minimum(known // 2, len(values) - 1)[None], axis=0)[0]
    return np.where(known > 0, np.where(known % 2 == 1, low, (low + high) / 2), np.nan)


def spread(values: Float64, middle: Float64) -> Float64:
    """float64 (n,): the standard deviation as the median distance from the middle tells it."""
    return NORMAL_SPREAD * median(np.abs(values - middle))


def straight_line(x: Float64, values: Float64) -> Line:
    """The line of Theil and Sen through points: median of all slopes, then the median height.

    Up to 29 % of the points may be anything at all.

    Args:
        x: float64 (k,), no two equal.
        values: float64 (k, n), NaN where unknown.

    Returns:
        NaN where fewer than two points are known.

    Source: P. K. Sen, Estimates of the regression coefficient based on Kendall's tau, JASA 63 (1968) 1379–1389.
    """
    pairs = np.array(list(combinations(range(len(x)), 2)), dtype=np.intp).reshape(-1, 2)
    first, second = pairs.T
    if not len(pairs):
        nothing = np.full(values.shape[1], np.nan)
        return Line(nothing, nothing)
    slope = median((values[second] - values[first]) / (x[second] - x[first])[:, None])
    return Line(median(values - slope * x[:, None]), slope)
