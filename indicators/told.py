"""Values told before, as far as other indicators, baselines or forecasts still need them: a row for each window end."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indicators.chunks import Columns, pack, unpack
from indicators.groups import Rows

# What is carried on to an indicator that is computed from others.
VALUE: Mapping[str, Any] = {
    "value": np.nan,
    "reported": np.int32(0),
    "expected": np.int32(0),
    "newest_ms": np.int64(0),
}
SAMPLE: Mapping[str, Any] = {"value": np.nan}


class Told:
    """Rows of equal columns (members,), by window end."""

    def __init__(self, members: int, empty: Mapping[str, Any] = VALUE) -> None:
        self._members, self._empty = members, empty
        self._rows: dict[int, Columns] = {}
        self._dirty: set[int] = set()
        self.ends_ms: list[int] = []  # rising

    def put(self, end_ms: int, members: Rows, columns: Mapping[str, NDArray[Any]]) -> None:
        """Values of some members, in place of what stood there; columns (n,)."""
        if end_ms not in self._rows:
            self._rows[end_ms] = self._nothing()
            insort(self.ends_ms, end_ms)
        for name, column in self._rows[end_ms].items():
            column[members] = columns[name]
        self._dirty.add(end_ms)

    def at(self, end_ms: int) -> Columns:
        """The row of a window end; nobody may change it. Unknown where nothing was told."""
        row = self._rows.get(end_ms)
        return self._nothing() if row is None else row

    def between(self, after_ms: int, upto_ms: int) -> list[int]:
        """The window ends in (after_ms, upto_ms] that have a row, rising."""
        return self.ends_ms[bisect_right(self.ends_ms, after_ms) : bisect_right(self.ends_ms, upto_ms)]

    def drop_before(self, end_ms: int) -> None:
        """Forget the rows of windows that end before a time."""
        stale = bisect_left(self.ends_ms, end_ms)
        for gone_ms in self.ends_ms[:stale]:
            del self._rows[gone_ms]
        self._dirty.update(self.ends_ms[:stale])
        del self.ends_ms[:stale]

    def dirty(self) -> dict[int, bytes | None]:
        """The rows that changed since this was last asked, by window end; None: forgotten."""
        ends, self._dirty = sorted(self._dirty), set()
        return {end_ms: pack(self._rows[end_ms]) if end_ms in self._rows else None for end_ms in ends}

    def restore(self, chunks: Mapping[int, bytes]) -> None:
        """Put back what `dirty` gave; members that came behind those of then have no values."""
        for end_ms, chunk in chunks.items():
            row = self._rows[end_ms] = self._nothing()
            for name, column in unpack(chunk)[0].items():
                row[name][: len(column)] = column
        self.ends_ms = sorted(self._rows)

    def _nothing(self) -> Columns:
        return {name: np.full(self._members, fill) for name, fill in self._empty.items()}
