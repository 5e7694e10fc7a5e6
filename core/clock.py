"""The only reader of the machine's clock. Pure rooms are handed `now_ms`.

Real time: milliseconds UTC of this server. City time: what the scene says, so that a replay or an exercise has
its own. Without a declared start city time is real time.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone

from core.records import HOUR_MS, Scene

CHINA_MS = 8 * HOUR_MS  # one civil time in all of China, no summer time since 1991: so far it is ahead of UTC
CHINA = timezone(timedelta(milliseconds=CHINA_MS), "UTC+8")


def real_ms() -> int:
    """Milliseconds UTC of this server, now."""
    return time.time_ns() // 1_000_000


def monotonic_s() -> float:
    """Seconds of a clock that never steps; for waiting and for ages of this process."""
    return time.monotonic()


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
