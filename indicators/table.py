"""Panes as tables: a row for each pane end, a column for each member, so that a window is one slice of rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.records import MINUTE_MS, Int64
from indicators.chunks import Columns, pack, unpack

# What a cell holds while nothing came. One with last_ms and count 0: its device was alive, nothing was in range.
PANE: Mapping[str, Any] = {
    "count": np.int64(0),
    "total": 0.0,
    "low": np.nan,
    "high": np.nan,
    "last_ms": np.int64(0),
    "last": np.nan,
}
HEARD: Mapping[str, Any] = {"last_ms": np.int64(0)}


class PaneTable:
    """Cells of equal shape (rows, members), one array a name; only pane ends that hold anything have a row."""

    def __init__(self, members: int, empty: Mapping[str, Any] = PANE) -> None:
        self.members, self._empty = members, empty
        self.ends_ms: Int64 = np.zeros(0, dtype=np.int64)
        self.cells: Columns = {name: np.full((0, members), fill) for name, fill in empty.items()}
        self._dirty: set[int] = set()

    def put(self, end_ms: Int64, member: Int64, columns: Mapping[str, NDArray[Any]]) -> None:
        """Put panes in, each in place of the one that stood there; all arguments are (n,)."""
        row = self.reach(end_ms)
        for name in self._empty:
            self.cells[name][row, member] = columns[name]

    def reach(self, end_ms: Int64) -> NDArray[np.intp]:
        """(n,): the row of each pane end, made now where there is none; those rows count as changed."""
        wanted = np.unique(end_ms)
        self._dirty.update(wanted.tolist())
        new = np.setdiff1d(wanted, self.ends_ms, assume_unique=True)
        if len(new):
            at = np.searchsorted(self.ends_ms, new)
            self.ends_ms = np.insert(self.ends_ms, at, new)
            for name, fill in self._empty.items():
                self.cells[name] = np.insert(self.cells[name], at, fill, axis=0)
        return np.searchsorted(self.ends_ms, end_ms)

    def rows(self, after_ms: int, upto_ms: int) -> slice:
        """The rows of the panes that end in (after_ms, upto_ms]."""
        first, stop = np.searchsorted(self.ends_ms, (after_ms, upto_ms), side="right")
        return slice(int(first), int(stop))

    def drop_before(self, end_ms: int) -> None:
        """Forget the panes that end before a time."""
        first = int(np.searchsorted(self.ends_ms, end_ms))
        if first:
            self._dirty.update(self.ends_ms[:first].tolist())
            self.ends_ms = self.ends_ms[first:]
            self.cells = {name: cells[first:].copy() for name, cells in self.cells.items()}

    def dirty(self) -> dict[int, bytes | None]:
        """The rows that changed since this was last asked, by pane end; None: forgotten."""
        ends, self._dirty = self._dirty, set()
        return {end_ms: self._chunk(end_ms) for end_ms in sorted(ends)}

    def restore(self, chunks: Iterable[tuple[int, bytes]]) -> None:
        """Put back what `dirty` gave."""
        for end_ms, chunk in chunks:
            row = self.reach(np.array([end_ms]))
            for name, column in unpack(chunk)[0].items():
                self.cells[name][row[0]] = column
        self._dirty = set()

    def _chunk(self, end_ms: int) -> bytes | None:
        rows = self.rows(end_ms - 1, end_ms)
        if rows.start == rows.stop:
            return None
        return pack({name: cells[rows.start] for name, cells in self.cells.items()})


class HeardTable:
    """When each device was last heard, as of any time inside the lateness: by the minute, before that in one row."""

    def __init__(self, members: int) -> None:
        self._minutes = PaneTable(members, HEARD)
        self._before_ms: Int64 = np.zeros(members, dtype=np.int64)

    def put(self, member: Int64, heard_ms: Int64) -> Int64:
        """Note when members were heard; returns the end of the minute of each: (n,)."""
        end_ms = -(-heard_ms // MINUTE_MS) * MINUTE_MS
        row = self._minutes.reach(end_ms)
        np.maximum.at(self._minutes.cells["last_ms"], (row, member), heard_ms)
        return end_ms

    def newest_ms(self, upto_ms: int) -> Int64:
        """(members,): when each was last heard up to a time, 0 for never."""
        stop = int(np.searchsorted(self._minutes.ends_ms, upto_ms, side="right"))
        minutes: Int64 = self._minutes.cells["last_ms"][:stop]
        newest: Int64 = np.maximum(self._before_ms, minutes.max(axis=0, initial=0))
        return newest

    def drop_before(self, end_ms: int) -> None:
        """Keep of the minutes that end before a time only their newest."""
        self._before_ms = self.newest_ms(end_ms - 1)
        self._minutes.drop_before(end_ms)

    def dirty(self) -> dict[int, bytes | None]:
        """What changed since this was last asked, by the end of the minute; under 0 all that is older."""
        return {0: pack({"last_ms": self._before_ms})} | self._minutes.dirty()

    def restore(self, chunks: Iterable[tuple[int, bytes]]) -> None:
        """Put back what `dirty` gave."""
        by_end = dict(chunks)
        self._before_ms = unpack(by_end.pop(0))[0]["last_ms"]
        self._minutes.restore(by_end.items())
