"""What a span of time says of its members, column by column, and how spans that follow each other become one. Pure.

    column                          what it holds                                        joined
    ------------------------------- ---------------------------------------------------- -------------------------
    last_ms                         when the member was last heard, also out of range    the newest
    count, total, sin, cos          readings, and sums over them                         added
    above:…, below:…                how many readings are so                             added
    low, high                       extremes; NaN without a reading                      the least, the greatest
    last, last_at_ms                the newest reading and its time                      of the last that has any
    first, first_ms                 the earliest reading and its time                    of the first that has any
    rise:…, held:…                  gains of a counter, ms in a state                    added, and what lies between
    quantiles, distinct             sketches                                             merged

A span without a reading has 0, NaN or b"". The measures and sketches are those of `indicators/measures.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from core.records import Float64, Int64
from indicators.chunks import Columns
from indicators.measures import DISTINCT, QUANTILES, SKETCHES, Counter, held_ms, parameter_of
from indicators.sketch import merged_distinct, merged_quantiles

Which = slice | Int64
Column = NDArray[Any]
# (value and time of a reading, value and time of the next one) → what lies between them
Between = Callable[[Float64, Int64, Float64, Int64], Column]
_COUNTS = ("count", "above", "below")
_UNKNOWN = ("low", "high", "last", "first")
_MERGED: Mapping[str, Callable[[Iterable[bytes]], bytes]] = {QUANTILES: merged_quantiles, DISTINCT: merged_distinct}


class Span(Protocol):
    """Columns over members for one span of time."""

    def read(self, name: str, which: Which) -> Column:
        """One column of some members; times as ms UTC, 0 for never."""


def is_time(name: str) -> bool:
    """True for a column of times."""
    return name.endswith("_ms")


def is_whole(name: str) -> bool:
    """True for a column of times or counts, which are never below 0."""
    return is_time(name) or name.partition(":")[0] in _COUNTS


def is_sketch(name: str) -> bool:
    """True for a column of bytes."""
    return name in SKETCHES


def empty_of(name: str, members: int) -> Column:
    """A column of members without a reading."""
    if is_sketch(name):
        return np.full(members, b"", dtype=object)
    if name in _UNKNOWN:
        return np.full(members, np.nan)
    return np.zeros(members, dtype=np.int64 if is_whole(name) else np.float64)


def members_of(rows: Int64) -> Which:
    """Rows that follow each other as a slice, which costs no copies.

    >>> members_of(np.array([4, 5, 6])), members_of(np.array([4, 6]))
    (slice(4, 7, None), array([4, 6]))
    """
    whole = len(rows) > 0 and rows[-1] - rows[0] == len(rows) - 1 and bool((np.diff(rows) == 1).all())
    return slice(int(rows[0]), int(rows[-1]) + 1) if whole else rows


def count_of(which: Which) -> int:
    """How many members those are."""
    return which.stop - which.start if isinstance(which, slice) else len(which)


def joined(spans: Sequence[Span], names: Iterable[str], which: Which, limit_ms: Int64) -> Columns:
    """One span of some that follow each other in time.

    Args:
        spans: In order of time.
        names: The columns wanted; `rise` and `held` need the ends of the spans beside them.
        which: Some members (m,).
        limit_ms: int64 (m,): for how long at most a reading holds, for `held`.
    """
    columns: Columns = {}
    for name in names:
        if spans:
            columns[name] = _JOINED.get(name.partition(":")[0], _added)(_Several(spans, which, limit_ms), name)
        else:
            columns[name] = empty_of(name, len(limit_ms))
    return columns


class _Several(NamedTuple):
    """As the arguments of `joined`."""

    spans: Sequence[Span]
    which: Which
    limit_ms: Int64

    def read(self, name: str) -> Iterator[Column]:
        """One column of each span."""
        return (span.read(name, self.which) for span in self.spans)


def _accumulated(several: _Several, name: str, how: np.ufunc) -> Column:
    """One after the other, so that the order of addition is that of time for one member as for a million."""
    head, *others = several.spans
    column = head.read(name, several.which).astype(np.int64 if is_whole(name) else np.float64)
    for span in others:
        how(column, span.read(name, several.which), out=column)
    return column


def _added(several: _Several, name: str) -> Column:
    return _accumulated(several, name, np.add)


def _earliest(several: _Several, name: str, known_ms: str = "first_ms") -> Column:
    """Of each member what the first span says in which the time `known_ms` is known; mostly the first of all."""
    head, *others = several.spans
    column = head.read(name, several.which).copy()
    missing = (column if name == known_ms else head.read(known_ms, several.which)) == 0
    for span in others:
        if not missing.any():
            break
        told = span.read(name, several.which)
        column = np.where(missing, told, column)
        missing &= (told if name == known_ms else span.read(known_ms, several.which)) == 0
    return column


def _newest(several: _Several, name: str, known_ms: str = "last_at_ms") -> Column:
    return _earliest(several._replace(spans=several.spans[::-1]), name, known_ms)


def _gained(several: _Several, name: str) -> Column:
    return _chained(several, name, Counter.of_measure(name).gain)


def _held(several: _Several, name: str) -> Column:
    state, limit_ms = parameter_of(name), several.limit_ms
    return _chained(several, name, lambda last, last_ms, _, next_ms: held_ms(last, last_ms, next_ms, state, limit_ms))


def _chained(several: _Several, name: str, between: Between) -> Float64:
    """What the spans hold themselves, and what lies between the last reading of one and the first of the next."""
    which, (head, *later) = several.which, several.spans
    total: Float64 = head.read(name, which).copy()
    last, last_ms = head.read("last", which), head.read("last_at_ms", which)
    for span in later:
        first_ms = span.read("first_ms", which)
        first = span.read("first", which) if name.startswith("rise") else last  # what holds asks for times only
        filled = first_ms > 0
        total += np.where(filled & (last_ms > 0), between(last, last_ms, first, first_ms), 0.0)
        total += span.read(name, which)
        last = np.where(filled, span.read("last", which), last)
        last_ms = np.where(filled, span.read("last_at_ms", which), last_ms)
    return total


def _sketched(several: _Several, name: str) -> Column:
    told = zip(*(column.tolist() for column in several.read(name)), strict=True)
    merged = empty_of(name, len(several.limit_ms))
    for at, sketches in enumerate(told):
        known = [sketch for sketch in sketches if sketch]
        merged[at] = _MERGED[name](known) if len(known) > 1 else b"".join(known)
    return merged


_JOINED: Mapping[str, Callable[[_Several, str], Column]] = {
    "last_ms": lambda several, name: _newest(several, name, name),
    "last_at_ms": _newest,
    "last": _newest,
    "first_ms": _earliest,
    "first": _earliest,
    "low": lambda several, name: _accumulated(several, name, np.fmin),
    "high": lambda several, name: _accumulated(several, name, np.fmax),
    "rise": _gained,
    "held": _held,
    QUANTILES: _sketched,
    DISTINCT: _sketched,
}
