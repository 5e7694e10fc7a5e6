"""Windows of stations that are looked up in one go: one call of NumPy serves many windows as it serves one. Pure.

After a long stop, or at the first tick after a day of past, thousands of windows are valued for everybody. One by one
most of that time goes into calls that handle a few numbers each. So each of some windows for each of some stations is
a cell, and cells lie in one column, window by window; what is said of members anywhere here is said of cells just so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.records import Float64, Int64
from indicators.aggregate import Predecessor, Window, aggregated, columns_of, looks_back
from indicators.definition import Indicator
from indicators.groups import Rows
from indicators.spans import Span, joined, members_of
from indicators.table import PaneTable


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Each of some windows, by their ends, for each of some stations, which are rows of a plan's stations.

    windows end at int64 (w,), rising; stations intp (n,), rising; a column of cells is (w × n,).
    """

    ends_ms: Int64
    stations: Rows

    def __len__(self) -> int:
        return len(self.ends_ms) * len(self.stations)

    @property
    def end_ms(self) -> int:
        """The end of the only window."""
        (end_ms,) = self.ends_ms.tolist()
        return int(end_ms)

    def of_windows(self, each: NDArray[Any]) -> NDArray[Any]:
        """A column from one number for each window; of one window that number, for all."""
        return each if len(each) == 1 else np.repeat(each, len(self.stations))

    def of_stations(self, each: NDArray[Any]) -> NDArray[Any]:
        """A column from one entry for each station."""
        return each if len(self.ends_ms) == 1 else np.tile(each, len(self.ends_ms))

    def places(self, at: Rows) -> Rows:
        """The cells of the stations at some places among `stations`, window by window."""
        return (np.arange(len(self.ends_ms))[:, None] * len(self.stations) + at).ravel()


def one_window(end_ms: int, stations: Rows) -> Cells:
    """The cells of one window."""
    return Cells(np.array([end_ms], dtype=np.int64), stations)


class Taken(NamedTuple):
    """What stations brought, by cell: their number, NaN without any, and when they were last heard, 0 never."""

    value: Float64
    newest_ms: Int64


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """Some members of a table of panes; limit_ms int64 (members,): for how long at most a reading of each holds."""

    table: PaneTable
    members: Int64
    limit_ms: Int64


def taken(kept: Kept, indicator: Indicator, begins_ms: Int64, ends_ms: Int64) -> Taken:
    """The aggregate of some members over (begin, end] of each of some windows, window by window."""
    which, cells = members_of(kept.members), Cells(ends_ms, kept.members)
    begin_ms, end_ms = cells.of_windows(begins_ms), cells.of_windows(ends_ms)
    limit_ms = cells.of_stations(kept.limit_ms)
    spans: Sequence[Span] = kept.table.spans(begins_ms, ends_ms, which)
    if looks_back(indicator):
        reach_ms = int(kept.limit_ms.max(initial=0)) + 1
        before = kept.table.spans(begins_ms - reach_ms, begins_ms, which)
        newest = joined(before, ("last", "last_at_ms"), which, limit_ms)
        spans = [Predecessor(newest, begin_ms, limit_ms), *spans]
    span = joined(spans, columns_of(indicator), which, limit_ms)
    value = aggregated(Window(span, indicator, begin_ms, end_ms, limit_ms))
    return Taken(value, np.where(span["last_ms"] > begin_ms, span["last_ms"], 0))
