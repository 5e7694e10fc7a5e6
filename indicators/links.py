"""How one indicator reads another: of which window, at which area, and what a change of it touches. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, takewhile

import numpy as np

from core.records import Float64
from geo.areas import AreaTree
from indicators.aggregate import steady
from indicators.chunks import Columns
from indicators.definition import Indicator, Input
from indicators.groups import Rows
from indicators.told import VALUE, Told
from indicators.windows import Windows

KNOWN_AT_LEAST = 0.5  # of the values that a spread asks for; a mean week of one known hour would be a lie


@dataclass(frozen=True, slots=True)
class Pace:
    """When one version of an indicator has values: its windows, for ends in [from_ms, until_ms)."""

    indicator: Indicator
    windows: Windows
    settle_ms: int
    from_ms: int
    until_ms: int

    def last_end_ms(self, at_ms: int) -> int:
        """The last window end at or before a time; 0 when none is in its validity."""
        end_ms = self.windows.down_ms(min(at_ms, self.until_ms - 1))
        return end_ms if end_ms >= self.from_ms else 0

    def holds(self, end_ms: int) -> bool:
        """True when this version decides the windows that end then."""
        return self.from_ms <= end_ms < self.until_ms


@dataclass(frozen=True, slots=True)
class Source:
    """An indicator that others read: its versions, its subjects, and its values as far as anybody needs them."""

    paces: Sequence[Pace]
    subjects: Mapping[str, int]  # subject → member of `told`
    told: Told

    def last_end_ms(self, at_ms: int) -> int:
        """The last window end at or before a time, of whatever version; 0: none."""
        return max((pace.last_end_ms(at_ms) for pace in self.paces), default=0)

    @property
    def settle_ms(self) -> int:
        """How long after its end a window is due at the latest."""
        return max((pace.settle_ms for pace in self.paces), default=0)

    @property
    def slide_ms(self) -> int:
        """Time between two window ends, of the slowest version."""
        return max((pace.indicator.slide_s for pace in self.paces), default=1) * 1000


class Link:
    """One input of one indicator.

    It reads the last window of the source that ended `ago_s` before the end of its own window and that is due no later
    than its own. So what is of the same pace or faster is read at the same end (`Pace.settle_ms` of the reader is as
    long as it takes), and what is slower holds nobody back.
    """

    def __init__(self, declared: Input, source: Source, reader: Pace) -> None:
        self.name, self.reads, self.spread = declared.name, declared.indicator, declared.spread
        self.source = source
        self._declared, self._reader = declared, reader
        self._ago_ms = declared.ago_s * 1000
        self._earlier_ms = max(self._ago_ms, source.settle_ms - reader.settle_ms)

    @property
    def reach_ms(self) -> int:
        """How far before the end of a window of the reader it looks at most."""
        return self._earlier_ms + self._span_ms + self.source.slide_ms

    @property
    def _span_ms(self) -> int:
        return (self._declared.spread_s or self._reader.indicator.window_s) * 1000 if self.spread else 0

    def members(self, subjects: Sequence[str], areas: AreaTree, standing: Mapping[str, str]) -> Rows:
        """(n,): which member of the source each subject reads, -1 for none.

        Args:
            subjects: Areas or stations.
            areas: For what is above an area.
            standing: The smallest area of each station.
        """
        return np.array([self._member(subject, areas, standing) for subject in subjects], dtype=np.intp)

    def taken(self, end_ms: int, members: Rows) -> Columns:
        """Columns as in `told.VALUE`, (n,): what the reader's window that ends at `end_ms` reads."""
        if self.spread:
            return self._spread(end_ms, members)
        row = self.source.told.at(self.source.last_end_ms(end_ms - self._earlier_ms))
        return _of_members(row, members)

    def ends_ms(self, end_ms: int) -> list[int]:
        """The window ends of the source that the reader's window `end_ms` reads, rising."""
        if not self.spread:
            return [self.source.last_end_ms(end_ms - self._earlier_ms)]
        after_ms, upto_ms = self._span(end_ms)
        found, last_ms = [], self.source.last_end_ms(upto_ms)
        while last_ms > after_ms:
            found.append(last_ms)
            last_ms = self.source.last_end_ms(last_ms - 1)
        return found[::-1]

    def touched(self, end_ms: int, last_ms: int) -> Iterator[int]:
        """The window ends of the reader, up to `last_ms`, that read the source's window that ends at `end_ms`."""
        first_ms = self._reader.windows.up_ms(end_ms + self._earlier_ms)
        ends = takewhile(lambda own_ms: own_ms <= last_ms, count(first_ms, self._reader.indicator.slide_s * 1000))
        return takewhile(lambda own_ms: self._reads(own_ms, end_ms), ends)

    def uses(self, end_ms: int) -> bool:
        """True when some window of the reader reads the source's window that ends at `end_ms`."""
        return self._reads(self._reader.windows.up_ms(end_ms + self._earlier_ms), end_ms)

    def _reads(self, own_ms: int, end_ms: int) -> bool:
        if not self.spread:
            return self.source.last_end_ms(own_ms - self._earlier_ms) == end_ms
        after_ms, upto_ms = self._span(own_ms)
        return after_ms < end_ms <= upto_ms

    def _span(self, own_ms: int) -> tuple[int, int]:
        """(after, up to): which ends of the source an aggregate of the window `own_ms` takes in."""
        spread_ms = self._declared.spread_s * 1000
        after_ms = own_ms - spread_ms if spread_ms else self._reader.windows.begin_ms(own_ms)
        return after_ms - self._earlier_ms, own_ms - self._earlier_ms

    def _spread(self, end_ms: int, members: Rows) -> Columns:
        after_ms, upto_ms = self._span(end_ms)
        ends = self.source.told.between(after_ms, upto_ms)
        rows = [_of_members(self.source.told.at(end), members) for end in ends]
        if not rows:
            return _of_members(self.source.told.at(0), members)
        wanted = max((upto_ms - after_ms) // self.source.slide_ms, 1)
        values = np.stack([row["value"] for row in rows])
        value = _aggregated(values, self.spread, KNOWN_AT_LEAST * wanted)
        return {
            "value": value,
            "reported": rows[-1]["reported"],
            "expected": rows[-1]["expected"],
            "newest_ms": np.max([row["newest_ms"] for row in rows], axis=0),
        }

    def _member(self, subject: str, areas: AreaTree, standing: Mapping[str, str]) -> int:
        known = self.source.subjects
        if self._declared.area == "same":
            return known.get(subject, -1)
        if self._declared.area == "city":
            return known.get(areas.city.id, -1)
        if subject in areas:
            above = [area.id for area in areas.ancestors(subject)]
        else:
            area = standing.get(subject) or areas.city.id
            above = [area, *(one.id for one in areas.ancestors(area))]
        return next((known[area] for area in above if area in known), -1)


def _of_members(row: Columns, members: Rows) -> Columns:
    """The columns of some members; where there is none (-1): unknown, and nobody expected."""
    there = members >= 0
    taken: Columns = {}
    for name, column in row.items():
        taken[name] = np.full(len(members), VALUE[name])
        taken[name][there] = column[members[there]]
    return taken


def _aggregated(values: Float64, how: str, at_least: float) -> Float64:
    """float64 (n,) from values (windows, n): of the known ones; unknown where fewer than `at_least` are known."""
    known = ~np.isnan(values)
    count_known = known.sum(axis=0)
    if how == "count":
        return np.asarray(count_known, dtype=np.float64)
    if how == "min":
        value = np.fmin.reduce(values, axis=0)
    elif how == "max":
        value = np.fmax.reduce(values, axis=0)
    else:
        total = np.where(known, values, 0.0).sum(axis=0)
        value = steady(total / np.maximum(count_known, 1) if how == "mean" else total)
    return np.where((count_known >= at_least) & (count_known > 0), value, np.nan)
