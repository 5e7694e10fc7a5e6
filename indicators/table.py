"""Panes as a table: a row for each span of time, a column for each member, only what the windows need.

While a correction can still reach them, rows are panes. Later on rows between which no window begins any more merge
into one: of a calendar month there is one row for what cannot change and the panes of the last hour. Merging adds in
order of time, as valuing does, so that a sum is the same whenever its rows merge.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.records import MINUTE_MS, Int64
from indicators.chunks import Columns, pack, unpack
from indicators.spans import Span, Which, count_of, empty_of, is_sketch, is_time, is_whole, joined, members_of

BLOCK = 4096  # members; what one checkpoint writes when one cell of them changed
NARROW = np.uint16
ChunkId = tuple[int, int]  # end of the row, number of the block


class Row:
    """The spans of all members that end together.

    Times are held as 1 + ms before the end, 0 for never; they and counts in as few bits as they fit in, which for panes
    of a minute are 16.
    """

    def __init__(self, end_ms: int, members: int, names: Iterable[str]) -> None:
        self.end_ms = end_ms
        self._cells = {n: np.zeros(members, NARROW) if is_whole(n) else empty_of(n, members) for n in names}

    def read(self, name: str, which: Which) -> NDArray[Any]:
        """One column of some members; times as ms UTC, 0 for never. It may be a view."""
        cells = self._cells[name][which]
        return np.where(cells > 0, self.end_ms + 1 - cells.astype(np.int64), 0) if is_time(name) else cells

    def write(self, name: str, which: Which, column: NDArray[Any]) -> None:
        """Inverse of `read`."""
        self._put(name, which, np.where(column > 0, self.end_ms + 1 - column, 0) if is_time(name) else column)

    def chunk(self, block: int) -> bytes:
        """The members of one block."""
        cells = {name: column[_members(block)] for name, column in self._cells.items()}
        sketches = {name: column.tolist() for name, column in cells.items() if is_sketch(name)}
        return pack({name: column for name, column in cells.items() if name not in sketches}, **sketches)

    def restore(self, block: int, chunk: bytes) -> None:
        """Put back what `chunk` gave."""
        columns, sketches = unpack(chunk)
        for name, column in (columns | sketches).items():
            self._put(name, _members(block), column)

    def _put(self, name: str, which: Which, column: NDArray[Any]) -> None:
        if is_whole(name) and (most := int(column.max(initial=0))) > np.iinfo(self._cells[name].dtype).max:
            self._cells[name] = self._cells[name].astype(np.min_scalar_type(most))
        self._cells[name][which] = column


class Stack:
    """Rows that follow each other, some members of each; a column is put together once, whoever reads it next.

    Behind the last row stands one without a reading: what a window has that holds fewer rows than another.
    """

    def __init__(self, rows: Sequence[Row], which: Which, members: int) -> None:
        """members: how many `which` are."""
        self._rows, self._which, self._members = rows, which, members
        self._columns: dict[str, NDArray[Any]] = {}

    def read(self, name: str, places: NDArray[np.intp]) -> NDArray[Any]:
        """One column at some rows by their places, row by row."""
        if name not in self._columns:
            nothing = empty_of(name, self._members)
            if nothing.dtype == np.float64:
                nothing = -nothing  # to whatever sum -0.0 is added, not even its sign changes
            self._columns[name] = np.stack([*(row.read(name, self._which) for row in self._rows), nothing])
        return self._columns[name][places].ravel()


class Layer:
    """The first row of each of some windows, or the second of each, and so on: a span of all their members."""

    def __init__(self, stack: Stack, places: NDArray[np.intp]) -> None:
        self._stack, self._places = stack, places

    def read(self, name: str, _which: Which) -> NDArray[Any]:
        """As of a `Span`, window by window; of those members that it was made of, whichever are asked for."""
        return self._stack.read(name, self._places)


class PaneTable:
    """Rows by their ends; only spans in which anything came have one."""

    def __init__(self, members: int, names: Sequence[str], held_at_most_ms: Int64 | None = None) -> None:
        """names: columns of `indicators/spans.py`; held_at_most_ms: int64 (members,), for `held` alone."""
        self.members, self.names = members, tuple(names)
        self._limit_ms = np.zeros(members, dtype=np.int64) if held_at_most_ms is None else held_at_most_ms
        self._rows: dict[int, Row] = {}
        self.ends_ms: list[int] = []  # rising
        self.settled_ms = 0  # what ends up to here is merged or forgotten and takes nothing any more
        self._dirty: set[ChunkId] = set()

    def put(self, end_ms: int, member: Int64, columns: Mapping[str, NDArray[Any]]) -> None:
        """Put panes (n,) that end together in, each in place of the one that stood there."""
        row = self._reach(end_ms)
        which = members_of(member)
        for name in self.names:
            row.write(name, which, columns[name])
        self._touch(end_ms, member)

    def raise_to(self, end_ms: int, member: Int64, time_ms: Int64) -> None:
        """Raise `last_ms` of members (n,), which may be named more than once, to a later time."""
        row = self._reach(end_ms)
        later_ms = np.maximum(row.read("last_ms", member), time_ms)
        order = np.argsort(later_ms, kind="stable")  # of one member the latest is written last
        row.write("last_ms", member[order], later_ms[order])
        self._touch(end_ms, member)

    def rows(self, after_ms: int, upto_ms: int) -> list[Row]:
        """The rows that end in (after_ms, upto_ms], in order of time."""
        first, stop = bisect_right(self.ends_ms, after_ms), bisect_right(self.ends_ms, upto_ms)
        return [self._rows[end_ms] for end_ms in self.ends_ms[first:stop]]

    def spans(self, after_ms: Int64, upto_ms: Int64, which: Which) -> Sequence[Span]:
        """The rows that end in (after_ms, upto_ms] of each of some windows (w,), the first of each before the second.

        which: some members; those of all windows lie one behind the other in what a span reads.
        """
        if len(upto_ms) == 1:
            return self.rows(int(after_ms[0]), int(upto_ms[0]))
        first, stop = (np.searchsorted(self.ends_ms, bounds_ms, side="right") for bounds_ms in (after_ms, upto_ms))
        held = [self._rows[end_ms] for end_ms in self.ends_ms[first.min() : stop.max()]]
        stack = Stack(held, which, count_of(which))
        most = int((stop - first).max(initial=0))
        places = (np.where(first + nth < stop, first + nth - first.min(), len(held)) for nth in range(most))
        return [Layer(stack, at) for at in places]

    def window(self, rows: Sequence[Span], names: Iterable[str], which: Which) -> Columns:
        """Some columns of some members over rows that follow each other, as one span."""
        return joined(rows, names, which, self._limit_ms[which])

    def settle(self, upto_ms: int, forget_ms: int, divided: Callable[[int, int], bool]) -> None:
        """Merge or forget what no correction can reach any more.

        Args:
            upto_ms: Rows that end up to here take nothing any more.
            forget_ms: Rows that end up to here are needed no more.
            divided: Whether a window may begin in [end of one row, end of the next).
        """
        self.settled_ms = max(self.settled_ms, upto_ms)
        for end_ms in self.ends_ms[: bisect_right(self.ends_ms, min(forget_ms, self.settled_ms))]:
            self._forget(end_ms)
        group: list[int] = []
        for end_ms in self.ends_ms[: bisect_right(self.ends_ms, self.settled_ms)]:
            if group and divided(group[-1], end_ms):
                self._merge(group)
                group = []
            group.append(end_ms)
        self._merge(group)

    def dirty(self) -> dict[str, bytes | None]:
        """The blocks that changed since this was last asked, by `row end:block`; None: merged or forgotten."""
        changed, self._dirty = self._dirty, set()
        return {
            f"{end_ms}:{block}": row.chunk(block) if (row := self._rows.get(end_ms)) else None
            for end_ms, block in sorted(changed)
        }

    def restore(self, chunks: Iterable[tuple[str, bytes]]) -> None:
        """Put back what `dirty` gave."""
        for name, chunk in chunks:
            end_ms, block = map(int, name.split(":"))
            self._reach(end_ms).restore(block, chunk)

    def _reach(self, end_ms: int) -> Row:
        if end_ms not in self._rows:
            self._rows[end_ms] = Row(end_ms, self.members, self.names)
            insort(self.ends_ms, end_ms)
        return self._rows[end_ms]

    def _touch(self, end_ms: int, member: Int64) -> None:
        self._dirty.update((end_ms, block) for block in np.flatnonzero(np.bincount(member // BLOCK)).tolist())

    def _merge(self, ends_ms: Sequence[int]) -> None:
        """Make one row of some that follow each other, under the end of the last."""
        if len(ends_ms) < 2:
            return
        rows = [self._rows[end_ms] for end_ms in ends_ms]
        merged = Row(ends_ms[-1], self.members, self.names)
        for block in range(self._blocks):
            which = _members(block)
            for name, column in self.window(rows, self.names, which).items():
                merged.write(name, which, column)
        for end_ms in ends_ms[:-1]:
            self._forget(end_ms)
        self._rows[merged.end_ms] = merged
        self._dirty.update((merged.end_ms, block) for block in range(self._blocks))

    def _forget(self, end_ms: int) -> None:
        del self._rows[end_ms]
        self.ends_ms.remove(end_ms)
        self._dirty.update((end_ms, block) for block in range(self._blocks))

    @property
    def _blocks(self) -> int:
        return -(-self.members // BLOCK)


class HeardTable:
    """When each device was last heard, as of any time inside the lateness: by the minute, before that in one row."""

    def __init__(self, members: int) -> None:
        self._minutes = PaneTable(members, ("last_ms",))

    def put(self, member: Int64, heard_ms: Int64) -> Int64:
        """Note when members were heard; returns the end of the minute of each: (n,), 0 where it is settled."""
        end_ms = -(-heard_ms // MINUTE_MS) * MINUTE_MS
        end_ms[end_ms <= self._minutes.settled_ms] = 0
        for minute_ms in np.unique(end_ms[end_ms > 0]).tolist():
            rows = np.flatnonzero(end_ms == minute_ms)
            self._minutes.raise_to(minute_ms, member[rows], heard_ms[rows])
        return end_ms

    def newest_ms(self, after_ms: Int64, upto_ms: Int64, member: Int64) -> Int64:
        """int64 (w × n,): when each was last heard up to some times, 0 for not since `after_ms` or a little before it.

        Who looks no further back pays for no more: a day of past holds 1,440 minutes that are not settled yet.
        """
        which = members_of(member)
        spans = self._minutes.spans(after_ms, upto_ms, which)
        nobody = np.zeros(len(upto_ms) * len(member), dtype=np.int64)  # nothing here holds for a while
        newest: Int64 = joined(spans, ("last_ms",), which, nobody)["last_ms"]
        return newest

    def settle(self, upto_ms: int) -> None:
        """Keep of the minutes that end up to a time only their newest."""
        self._minutes.settle(upto_ms, 0, lambda _end_ms, _next_end_ms: False)

    def dirty(self) -> dict[str, bytes | None]:
        """As of a `PaneTable`."""
        return self._minutes.dirty()

    def restore(self, chunks: Iterable[tuple[str, bytes]]) -> None:
        """Put back what `dirty` gave."""
        self._minutes.restore(chunks)


def _members(block: int) -> slice:
    return slice(block * BLOCK, (block + 1) * BLOCK)
