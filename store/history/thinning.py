"""Many windows in one row: what is old, or looked at from afar, is told by the hour or by the day. Pure."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.clock import CHINA_MS
from core.records import DAY_MS, HOUR_MS, Int64, Status

Columns = dict[str, NDArray[Any]]
STEPS_MS = {"window": 0, "hour": HOUR_MS, "day": DAY_MS}
_LARGEST = ("expected", "newest_ms", "decided_ms", "written_ms")


def full(columns: Columns) -> Columns:
    """Values with what a thinned row has beside them: low, high, and how many known windows a row stands for."""
    value = columns["value"]
    known = ~np.isnan(value)
    windows = columns.get("windows")
    return columns | {
        "low": _else(columns.get("low"), value),
        "high": _else(columns.get("high"), value),
        "windows": (known if windows is None else np.where(np.isnan(windows), known, windows)).astype(np.int32),
    }


def thinned(columns: Columns, series: Int64, step_ms: int) -> tuple[Columns, NDArray[np.intp]]:
    """One row for each series and step.

    The step that ends at `end` holds the windows that end in (end − step_ms, end], by local time. value is the mean
    of the known windows, NaN without any; low and high are their extremes. A step with an open window is open.

    Args:
        columns: As `full` gives them, sorted by series and window end.
        series: int64 (n,), which series a row belongs to.
        step_ms: Of a day at most, ms.

    Returns:
        The columns, and of each new row the last row that it stands for.
    """
    end_ms = -(-(columns["end_ms"] + CHINA_MS) // step_ms) * step_ms - CHINA_MS
    begins = np.ones(len(end_ms), dtype=np.bool_)
    begins[1:] = (end_ms[1:] != end_ms[:-1]) | (series[1:] != series[:-1])
    starts = np.flatnonzero(begins)
    last = np.append(starts[1:], len(end_ms)) - 1 if len(starts) else starts
    if not len(starts):
        return columns, last
    windows = columns["windows"]
    known = np.add.reduceat(windows, starts)
    total = np.add.reduceat(np.where(windows > 0, columns["value"], 0.0) * windows, starts)
    is_open = np.logical_or.reduceat(columns["status"] == Status.OPEN, starts)
    told = {name: column[last] for name, column in columns.items()}
    told |= {name: np.maximum.reduceat(columns[name], starts) for name in _LARGEST if name in columns}
    return told | {
        "end_ms": end_ms[starts],
        "value": np.divide(total, known, out=np.full(len(starts), np.nan), where=known > 0),
        "low": np.fmin.reduceat(columns["low"], starts),
        "high": np.fmax.reduceat(columns["high"], starts),
        "windows": known.astype(np.int32),
        "status": np.where(known == 0, Status.UNKNOWN, np.where(is_open, Status.OPEN, Status.FINAL)).astype(np.uint8),
        "reported": np.minimum.reduceat(columns["reported"], starts),
    }, last


def newest_of_each(series: Int64, end_ms: Int64, written_ms: Int64) -> NDArray[np.intp]:
    """Of each series and window end the row written last, sorted by both; of two in one ms the later row."""
    in_order = np.lexsort((written_ms, end_ms, series))
    series, end_ms = series[in_order], end_ms[in_order]
    newest = np.ones(len(in_order), dtype=np.bool_)
    newest[:-1] = (series[1:] != series[:-1]) | (end_ms[1:] != end_ms[:-1])
    return in_order[newest]


def _else(column: NDArray[Any] | None, otherwise: NDArray[Any]) -> NDArray[Any]:
    return otherwise if column is None else np.where(np.isnan(column), otherwise, column)
