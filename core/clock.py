"""The only reader of the machine's clock. Pure rooms are handed `now_ms`.

Real time: milliseconds UTC of this server. City time: what the scene says, so that a replay or an exercise has
its own. Without a declared start city time is real time.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone

from core.records import HOUR_MS, Scene

CHINA_MS = 8 * HOUR_MS  # one civil time in all of China, no summer time since 1991: so far it is ahead of UTC
SET_BACK_MS = 2000  # a time service that steps a clock does so for less than a second, but for the first time
CHINA = timezone(timedelta(milliseconds=CHINA_MS), "UTC+8")


def real_ms() -> int:
    """Milliseconds UTC of this server, now."""
    return time.time_ns() // 1_000_000


def monotonic_s() -> float:
    """Seconds of a clock that never steps; for waiting and for ages of this process."""
    return time.monotonic()


class ClockSteps:
    """Whether this machine's clock is set back under a process, told by the clock that never steps.

    What is less than `SET_BACK_MS` is how time services keep a clock right.
    """

    def __init__(self, now_ms: int, now_s: float) -> None:
        self._begun_ms = now_ms - round(1000 * now_s)

    def back_ms(self, now_ms: int, now_s: float) -> int:
        """How far it was set back since this was last asked, ms; 0: it was not.

        >>> steps = ClockSteps(7_200_000, 0.0)
        >>> steps.back_ms(7_210_000, 10.0), steps.back_ms(3_620_000, 20.0), steps.back_ms(3_621_000, 21.0)
        (0, 3600000, 0)
        """
        begun_ms = now_ms - round(1000 * now_s)
        back_ms, self._begun_ms = self._begun_ms - begun_ms, begun_ms
        return back_ms if back_ms >= SET_BACK_MS else 0


def city_ms(scene: Scene, at_real_ms: int) -> int:
    """City time at a real time, ms UTC.

    >>> from core.records import Stamp
    >>> replay = Scene("r", "110000", Stamp.REPLAY, "replay/city", city_ms=0, real_ms=1000, speed=60.0)
    >>> city_ms(replay, 2000)
    60000
    """
    if not scene.real_ms:
        return at_real_ms
    now = scene.city_ms + int((at_real_ms - scene.real_ms) * scene.speed)
    return min(now, scene.hold_ms) if scene.hold_ms else now


def from_ms(at_ms: int) -> datetime:
    """The aware UTC datetime of a time in ms."""
    return datetime.fromtimestamp(at_ms / 1000, UTC)


def in_china(at_ms: int) -> datetime:
    """The civil date and time in China of a time in ms UTC; aware.

    >>> in_china(0).isoformat()
    '1970-01-01T08:00:00+08:00'
    """
    return from_ms(at_ms).astimezone(CHINA)


def local_day(at_ms: int) -> str:
    """The date in China of a time in ms UTC.

    >>> local_day(0)
    '19700101'
    """
    return in_china(at_ms).strftime("%Y%m%d")


def to_ms(at: datetime) -> int:
    """Milliseconds UTC of an aware datetime; a naive one is a ValueError."""
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no time zone; add one such as +08:00")
    return round(at.timestamp() * 1000)
