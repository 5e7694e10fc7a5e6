"""Whether a unit is on duty 当班: its shifts are hours of the day in civil time, beyond midnight too. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from core.clock import in_china

SHIFT = r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$"  # 08:00-20:00; the same time twice: the whole day


def is_on_shift(shifts: Sequence[str], at_ms: int) -> bool:
    """Whether a time, ms UTC, lies in one of these shifts, their ends left out; without any it always does.

    >>> is_on_shift(["20:00-08:00"], 1_795_341_600_000)  # 18:00 in China
    False
    """
    now = in_china(at_ms).strftime("%H:%M")
    return not shifts or any(_holds(shift, now) for shift in shifts)


def _holds(shift: str, now: str) -> bool:
    begin, _, end = shift.partition("-")
    return begin <= now < end if begin < end else now >= begin or now < end
