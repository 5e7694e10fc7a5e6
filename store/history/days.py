"""Local days and months of times in ms UTC. Like a window, a day is closed on the right: 24:00 belongs to it."""

from __future__ import annotations

import numpy as np

from core.clock import CHINA_MS
from core.records import DAY_MS, Int64


def day_of(at_ms: Int64) -> Int64:
    """Number of the local day, counted from 1970-01-01; int64 like `at_ms`.

    >>> day_of(np.array([DAY_MS - CHINA_MS, DAY_MS - CHINA_MS + 1])).tolist()
    [0, 1]
    """
    return np.asarray((at_ms - 1 + CHINA_MS) // DAY_MS, dtype=np.int64)


def month_of(at_ms: Int64) -> Int64:
    """Number of the local month, counted from January 1970."""
    return day_of(at_ms).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def day_name(day: int) -> str:
    """As in `2026-11-22`."""
    return str(np.datetime64(day, "D"))


def month_name(month: int) -> str:
    """As in `2026-11`."""
    return str(np.datetime64(month, "M"))


def month_span_ms(month: int) -> tuple[int, int]:
    """(after, upto]: the times of a local month, ms UTC."""
    first, last = (int(np.datetime64(m, "M").astype("datetime64[D]").astype(np.int64)) for m in (month, month + 1))
    return first * DAY_MS - CHINA_MS, last * DAY_MS - CHINA_MS


def days_of(after_ms: int, upto_ms: int) -> list[tuple[int, int]]:
    """The local days of a month, each (after, upto]."""
    return [(day_ms, day_ms + DAY_MS) for day_ms in range(after_ms, upto_ms, DAY_MS)]
