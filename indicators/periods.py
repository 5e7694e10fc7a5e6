"""Periods of local time: hours, days, months and years that begin at an offset, like the hydrological day at 08:00."""

from __future__ import annotations

import numpy as np

from core.clock import CHINA_MS
from core.records import DAY_MS, HOUR_MS

_UNITS = {"hour": ("h", HOUR_MS), "day": ("D", DAY_MS), "month": ("M", DAY_MS), "year": ("Y", DAY_MS)}


class Periods:
    """Follow each other without a gap; each is closed on the right: its end belongs to it, its beginning does not.

    A day that begins in the evening is that of the next date, by the habit of the meteorologists: their November
    is from 31 October 20:00 to 30 November 20:00. The hydrologists' begins on 1 November at 08:00.
    """

    def __init__(self, unit: str, begins_at_s: int) -> None:
        """unit: hour, day, month or year; begins_at_s: s after local midnight."""
        code, turn_ms = _UNITS[unit]
        self._unit = f"M8[{code}]"
        offset_ms = begins_at_s * 1000 % turn_ms
        if turn_ms == DAY_MS and offset_ms > DAY_MS // 2:
            offset_ms -= DAY_MS
        self.shift_ms = offset_ms - CHINA_MS

    def begin_ms(self, at_ms: int) -> int:
        """The latest beginning at or before a time.

        >>> eight_in_the_morning_ms = 1_762_819_200_000  # 11 Nov 2025 08:00, UTC+8
        >>> Periods("day", 8 * 3600).begin_ms(eight_in_the_morning_ms + 5) - eight_in_the_morning_ms
        0
        """
        return self._at(np.datetime64(at_ms - self.shift_ms, "ms").astype(self._unit))

    def next_ms(self, at_ms: int) -> int:
        """The earliest beginning after a time."""
        return self._at(np.datetime64(at_ms - self.shift_ms, "ms").astype(self._unit) + 1)

    def _at(self, begin: np.datetime64) -> int:
        return int(begin.astype("M8[ms]").astype(np.int64)) + self.shift_ms
