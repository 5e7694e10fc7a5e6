"""The daily rhythm of a city: tables by the hour of the civil day (UTC+8 in all of China)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.clock import CHINA_MS
from core.records import DAY_MS, HOUR_MS, Float64, Int64

# Share of the busiest hour. Traffic: two peaks; calls: office hours with a second rise after supper, and never so few
# that an hour of the night without any would look like a dead line.
TRAFFIC = (12, 8, 6, 5, 7, 20, 45, 90, 100, 78, 70, 68, 66, 66, 70, 74, 82, 97, 100, 76, 60, 48, 34, 20)
CALLS = (14, 12, 12, 12, 12, 14, 20, 45, 80, 100, 96, 82, 55, 60, 85, 90, 84, 72, 58, 62, 60, 45, 28, 14)
PEOPLE = (10, 6, 4, 3, 5, 15, 40, 80, 90, 85, 80, 88, 92, 80, 78, 80, 90, 100, 96, 90, 75, 52, 32, 18)


def hour_of_day(at_ms: Int64) -> Float64:
    """Civil hour, [0, 24)."""
    hour: Float64 = ((at_ms + CHINA_MS) % DAY_MS) / HOUR_MS
    return hour


def share_of_peak(table: Sequence[int], at_ms: Int64) -> Float64:
    """A table's value at each time as a share of 100, straight between full hours."""
    share: Float64 = np.interp(hour_of_day(at_ms), np.arange(24), np.asarray(table), period=24) / 100.0
    return share


def hump(at_ms: Int64, peak_hour: float, width_h: float) -> Float64:
    """A bell around one hour of the day, 1 at its top."""
    away_h = np.abs((hour_of_day(at_ms) - peak_hour + 12) % 24 - 12)
    bell: Float64 = np.exp(-((away_h / width_h) ** 2))
    return bell
