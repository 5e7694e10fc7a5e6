"""Columns of numbers in as few bytes as hold them, and back to the bit.

Whole numbers become steps above their least, real ones that are decimals of a few places as well; what does not come
back to the bit stays as it is. Redis copies every entry several times, and one of more than about two megabytes costs
it five times as much a byte.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

_STEPS = (60_000, 1_000)  # ends of panes are whole minutes or seconds
_SCALES = (1, 10, 100, 1_000)  # sensors tell three decimals at most
_TRIED = 32  # numbers that show whether it is worth to look at all
_MOST = 2**32

Dtype = Literal["|u1", "<u2", "<u4"]
_DTYPES: dict[int, Dtype] = {1: "|u1", 2: "<u2", 4: "<u4"}


class Narrow(NamedTuple):
    """How a column lies in its field: `least + step × stored` for whole numbers, that over `scale` for real ones."""

    dtype: Dtype
    least: int
    step: int
    scale: int


def narrow(column: NDArray[Any]) -> tuple[NDArray[Any], Narrow] | None:
    """What to store of a column (n,), and how to read it; None where it is best left as it is."""
    if not len(column):
        return None
    return _narrow_real(column) if column.dtype.kind == "f" else _narrow_whole(column)


def widened(stored: NDArray[Any], how: Narrow, dtype: str) -> NDArray[Any]:
    """Inverse of `narrow`, as a column of `dtype`."""
    whole = stored.astype(np.int64)
    if how.step != 1:
        whole *= how.step
    whole += how.least
    return (whole / how.scale if np.dtype(dtype).kind == "f" else whole).astype(dtype, copy=False)


def _narrow_whole(column: NDArray[Any]) -> tuple[NDArray[Any], Narrow] | None:
    least, most = int(column.min()), int(column.max())
    if most - least >= _MOST:
        return None
    above = column.astype(np.int64) - least
    step = next((step for step in _STEPS if most - least >= step and not (above % step).any()), 1)
    dtype = np.min_scalar_type((most - least) // step)
    if dtype.itemsize >= column.dtype.itemsize:
        return None
    how = Narrow(_DTYPES[dtype.itemsize], least, step, scale=1)
    return (above // step if step != 1 else above).astype(how.dtype), how


def _narrow_real(column: NDArray[Any]) -> tuple[NDArray[Any], Narrow] | None:
    with np.errstate(over="ignore"):
        some = column[:_TRIED]
        scale = next((scale for scale in _SCALES if np.array_equal(np.rint(some * scale) / scale, some)), None)
        if scale is None:
            return None
        scaled = np.rint(column * scale)
    least, most = scaled.min(), scaled.max()
    if not abs(least) < 2**52 or not most - least < _MOST:  # nor where any is unknown
        return None
    dtype = np.min_scalar_type(int(most - least))
    how = Narrow(_DTYPES[dtype.itemsize], int(least), 1, scale)
    stored = (scaled - least).astype(how.dtype)
    same = np.array_equal(widened(stored, how, column.dtype.str).view(np.int64), column.view(np.int64))  # and no −0.0
    return (stored, how) if same else None
