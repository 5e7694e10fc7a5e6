"""From the span of one window to one number a member. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from core.records import HOUR_MS, Float64, Int64
from indicators.chunks import Columns
from indicators.definition import Aggregate, Indicator, Reset, WindowKind
from indicators.measures import (
    DISTINCT,
    QUANTILES,
    Counter,
    circular_mean,
    held_ms,
    measures_of,
    parameter_of,
)
from indicators.sketch import distinct, quantile
from indicators.spans import Column, Which

# Where a double holds nine decimals and more, they are cut there: sums of the same numbers in another order
# differ by less, so that 49.999999999999 mm never stands where 50 mm fell.
_STEADY_BELOW = 1e5
_DECIMALS = 9

_FIRST, _LAST = ("first", "first_ms"), ("last", "last_at_ms")
_COLUMNS: Mapping[Aggregate, tuple[str, ...]] = {
    Aggregate.MEAN: ("count", "total"),
    Aggregate.SUM: ("count", "total"),
    Aggregate.FIRST: _FIRST,
    Aggregate.LAST: _LAST,
    Aggregate.MIN: ("low",),
    Aggregate.MAX: ("high",),
    Aggregate.COUNT: ("count",),
    Aggregate.RATE: _FIRST + _LAST,
    Aggregate.INCREASE: _FIRST + _LAST,
    Aggregate.TIME_IN_STATE: ("first_ms", *_LAST),
    Aggregate.SHARE_ABOVE: ("count",),
    Aggregate.SHARE_BELOW: ("count",),
    Aggregate.CIRCULAR_MEAN: ("count",),
}


def steady(value: Float64) -> Float64:
    """The value without what depends on the order of addition.

    >>> steady(np.array([0.1 + 0.2, 1764000000123.25])).tolist()
    [0.3, 1764000000123.25]
    """
    return np.where(np.abs(value) < _STEADY_BELOW, np.round(value, _DECIMALS), value)


def aggregate_of(indicator: Indicator) -> Aggregate:
    """How an indicator aggregates; a window of the newest value has only that one."""
    return Aggregate.LAST if indicator.window is WindowKind.LAST else indicator.aggregate


def columns_of(indicator: Indicator) -> tuple[str, ...]:
    """The columns of `indicators/spans.py` that an indicator needs of its metrics."""
    how = aggregate_of(indicator)
    measures = () if how is Aggregate.LAST else measures_of(indicator)
    return tuple(dict.fromkeys(("last_ms", *_COLUMNS.get(how, ()), *measures)))


def looks_back(indicator: Indicator) -> bool:
    """True when what was read shortly before a window says what held at its beginning."""
    return aggregate_of(indicator) in (Aggregate.INCREASE, Aggregate.TIME_IN_STATE)


class Predecessor:
    """The newest reading before a window, as a span of its own: what between it and the first one is counted.

    Of a state it takes back what lay before the window. Readings older than `limit_ms` then are none: nobody knows
    when in such a silence the counter rose.
    """

    def __init__(self, span: Columns, begin_ms: Int64, limit_ms: Int64) -> None:
        """span: `last` and `last_at_ms` before the window begins; begin_ms: int64 (1,) or (members,), as limit_ms."""
        self._last, self._begin_ms, self._limit_ms = span["last"], begin_ms, limit_ms
        self._at_ms: Int64 = np.where(begin_ms - span["last_at_ms"] <= limit_ms, span["last_at_ms"], 0)

    def read(self, name: str, _which: Which) -> Column:
        """As of a `Span`; of those members that it was made of, whichever are asked for."""
        kind = name.partition(":")[0]
        if kind in ("first_ms", "last_at_ms"):
            return self._at_ms
        if kind in ("first", "last"):
            return np.where(self._at_ms > 0, self._last, np.nan)
        if kind != "held":
            return np.zeros(len(self._last), dtype=np.int64 if kind == "last_ms" else np.float64)
        held = held_ms(
            self._last, self._at_ms, np.full_like(self._at_ms, self._begin_ms), parameter_of(name), self._limit_ms
        )
        return -np.where(self._at_ms > 0, held, 0).astype(np.float64)


@dataclass(frozen=True, slots=True)
class Window:
    """What one window says of some members.

    span: `columns_of` the indicator; readings count after begin_ms; a state holds on up to end_ms, both one for all or
    one a member, but for `limit_ms` (int64, a member each) at most.
    """

    span: Columns
    indicator: Indicator
    begin_ms: Int64
    end_ms: Int64
    limit_ms: Int64


def aggregated(window: Window) -> Float64:
    """float64 (members,): the number of each member; NaN without a reading.

    REPORTING is 1 where anything was heard, NaN elsewhere: only who knows since when we listen can say 0.
    """
    return np.asarray(_NUMBER[aggregate_of(window.indicator)](window), dtype=np.float64)


def _alive(window: Window) -> Float64:
    return np.where(window.span["last_ms"] > window.begin_ms, 1.0, np.nan)


def _last(window: Window) -> Float64:
    return np.where(window.span["last_at_ms"] > window.begin_ms, window.span["last"], np.nan)


def _mean(window: Window) -> Float64:
    return steady(window.span["total"] / np.maximum(window.span["count"], 1))


def _direction(window: Window) -> Float64:
    return steady(circular_mean(window.span["sin"], window.span["cos"], window.span["count"]))


def _share(window: Window) -> Float64:
    """In %."""
    matching = window.span[measures_of(window.indicator)[-1]]
    return steady(100.0 * matching / np.maximum(window.span["count"], 1))


def _rate(window: Window) -> Float64:
    """An hour; one reading alone tells none."""
    rise = window.span["last"] - window.span["first"]
    span_ms = window.span["last_at_ms"] - window.span["first_ms"]
    return np.where(span_ms > 0, steady(rise * HOUR_MS / np.maximum(span_ms, 1)), np.nan)


def _increase(window: Window) -> Float64:
    """What a counter gained; one reading alone, with none before it, tells nothing."""
    span, counter = window.span, Counter.of(window.indicator)
    rise = span["last"] - span["first"] if counter.reset is Reset.NEVER else span[counter.measure]
    told = (span["last_at_ms"] > window.begin_ms) & (span["last_at_ms"] > span["first_ms"])
    return np.where(told, steady(rise), np.nan)


def _seconds_in_state(window: Window) -> Float64:
    """How long the state held; after the last reading it does up to the end."""
    span, measure = window.span, measures_of(window.indicator)[-1]
    last_ms = span["last_at_ms"]
    end_ms = np.full_like(last_ms, window.end_ms)
    tail_ms = held_ms(span["last"], last_ms, end_ms, parameter_of(measure), window.limit_ms)
    return np.where(last_ms > 0, (span[measure] + tail_ms) / 1000.0, np.nan)


def _quantile(window: Window) -> Float64:
    share = window.indicator.parameter or 0.0
    return np.array([quantile(sketch, share) for sketch in window.span[QUANTILES].tolist()])


def _distinct(window: Window) -> Float64:
    return np.array([distinct(sketch) if sketch else np.nan for sketch in window.span[DISTINCT].tolist()])


def _of_counted(number: Callable[[Window], Float64]) -> Callable[[Window], Float64]:
    """Known only where there is a reading."""
    return lambda window: np.where(window.span["count"] > 0, number(window), np.nan)


_NUMBER: Mapping[Aggregate, Callable[[Window], Float64]] = {
    Aggregate.MEAN: _of_counted(_mean),
    Aggregate.SUM: _of_counted(lambda window: steady(window.span["total"])),
    Aggregate.FIRST: lambda window: window.span["first"],
    Aggregate.LAST: _last,
    Aggregate.MIN: lambda window: window.span["low"],
    Aggregate.MAX: lambda window: window.span["high"],
    Aggregate.COUNT: _of_counted(lambda window: window.span["count"].astype(np.float64)),
    Aggregate.DISTINCT: _distinct,
    Aggregate.RATE: _rate,
    Aggregate.INCREASE: _increase,
    Aggregate.QUANTILE: _quantile,
    Aggregate.SHARE_ABOVE: _of_counted(_share),
    Aggregate.SHARE_BELOW: _of_counted(_share),
    Aggregate.TIME_IN_STATE: _seconds_in_state,
    Aggregate.CIRCULAR_MEAN: _of_counted(_direction),
    Aggregate.REPORTING: _alive,
}
