"""What a pane must carry beyond count, total, low, high and last, so that windows can be made of panes. Pure.

A measure is a column of `PaneBatch.measures` (float64; NaN in the rows of metrics that do not need it), a sketch one of
`PaneBatch.sketches` (bytes; b"" there and in rows with count 0). `needed` says which a metric's panes carry. The second
stage joins panes in order of time; those with count 0 are left out first.

    name       unit      what the pane says                         the window says
    ---------- --------- ------------------------------------------ ---------------------------------------------
    first      metric    value of the earliest reading              that of the earliest pane
    first_ms   ms UTC    its event time                             the least
    rise:…     metric    gains between readings that follow each    the sum, and `Counter.gain` from the `last` of
                         other in the pane, by a `Counter`          a pane to the `first` of the next
    held:1     ms        for how long a reading of 1 stood until    the sum, and `held_ms` from the `last` of a
                         the next one, each `late_after_s` at most  pane to the `first_ms` of the next
    above:75   readings  how many are ≥ 75                          sum / count × 100 = SHARE_ABOVE
    below:5    readings  how many are < 5                           sum / count × 100 = SHARE_BELOW
    sin, cos   1         sums of sine and cosine of degrees         `circular_mean` of the two sums
    quantiles  sketch    how many readings in each narrow class     `merged_quantiles`, then `quantile`
    distinct   sketch    which values there were                    `merged_distinct`, then `distinct`

FIRST, RATE and a counter that never falls (INCREASE with Reset.NEVER) need `first` and `first_ms` only: the gains of
such a counter add up to last − first. Other counters need both and their `rise:…`; TIME_IN_STATE needs `first_ms` and
its `held:…`. Sketches are read by `indicators/sketch.py`.

What a counter gained between two panes belongs to the window with the later reading, and so does what it gained
between the last reading before a window and the first in it; so the hours of a day add up to the day. A predecessor
more than the `late_after_s` of its feed before the window begins is none: nobody knows when in such a silence the
counter rose. Of the time that a state held, what lies inside the window counts; after its last reading it holds on to
the end of the window, again `late_after_s` at most.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.clock import CHINA_MS
from core.records import DAY_MS, Float64, Int64
from indicators.definition import Aggregate, Indicator, Lifecycle, Reset

QUANTILES, DISTINCT = "quantiles", "distinct"
SKETCHES = frozenset({QUANTILES, DISTINCT})
FIRST = ("first", "first_ms")
_PLAIN: Mapping[Aggregate, tuple[str, ...]] = {
    Aggregate.FIRST: FIRST,
    Aggregate.RATE: FIRST,
    Aggregate.INCREASE: FIRST,
    Aggregate.TIME_IN_STATE: ("first_ms",),
    Aggregate.CIRCULAR_MEAN: ("sin", "cos"),
    Aggregate.QUANTILE: (QUANTILES,),
    Aggregate.DISTINCT: (DISTINCT,),
}
_NAMED: Mapping[Aggregate, str] = {
    Aggregate.TIME_IN_STATE: "held",
    Aggregate.SHARE_ABOVE: "above",
    Aggregate.SHARE_BELOW: "below",
}
_NO_DIRECTION_BELOW = 1e-9  # of the resultant over the count: what is left of directions that cancel out


def needed(indicators: Mapping[str, Indicator]) -> dict[str, tuple[str, ...]]:
    """By metric the measures and sketches, sorted, that its panes must carry for those indicators that are computed."""
    names: dict[str, set[str]] = defaultdict(set)
    for indicator in indicators.values():
        if indicator.lifecycle in (Lifecycle.TRIAL, Lifecycle.ACTIVE):
            for metric in indicator.metrics:
                names[metric].update(measures_of(indicator))
    return {metric: tuple(sorted(wanted)) for metric, wanted in sorted(names.items()) if wanted}


def measures_of(indicator: Indicator) -> tuple[str, ...]:
    """The measures and sketches that one indicator needs of each of its metrics.

    >>> from types import SimpleNamespace as like
    >>> measures_of(like(aggregate=Aggregate.SHARE_ABOVE, parameter=75.0))
    ('above:75',)
    """
    how = indicator.aggregate
    if how is Aggregate.INCREASE and (counter := Counter.of(indicator)).reset is not Reset.NEVER:
        return *FIRST, counter.measure
    if how in _NAMED:
        return *_PLAIN.get(how, ()), named(_NAMED[how], indicator.parameter)
    return _PLAIN.get(how, ())


def named(kind: str, parameter: float | None) -> str:
    """The measure of a kind at a number; 0 where none is declared.

    >>> named("above", 75.0), named("below", 0.5)
    ('above:75', 'below:0.5')
    """
    number = float(parameter or 0.0)
    return f"{kind}:{int(number) if number.is_integer() else number!r}"


def parameter_of(measure: str) -> float:
    """Inverse of `named`."""
    return float(measure.partition(":")[2])


@dataclass(frozen=True, slots=True)
class Counter:
    """How a counter falls, and so what it gained between two of its readings."""

    reset: Reset = Reset.NEVER
    begins_at_s: int = 0
    rollover_at: float = 0.0

    @classmethod
    def of(cls, indicator: Indicator) -> Counter:
        """The counter that an indicator with aggregate INCREASE declares."""
        daily, rolls = indicator.reset is Reset.DAILY, indicator.reset is Reset.ROLLOVER
        begins_at_s, rollover_at = indicator.begins_at_s if daily else 0, indicator.rollover_at if rolls else 0.0
        return cls(indicator.reset, begins_at_s, rollover_at or 0.0)

    @classmethod
    def of_measure(cls, name: str) -> Counter:
        """Inverse of `measure`."""
        _, kind, begins_at_s, rollover_at = name.split(":")
        return cls(Reset(kind), int(begins_at_s), float(rollover_at))

    @property
    def measure(self) -> str:
        """Its name among the measures."""
        return f"rise:{self.reset}:{self.begins_at_s}:{self.rollover_at!r}"

    def gain(self, before: Float64, before_ms: Int64, after: Float64, after_ms: Int64) -> Float64:
        """What was gained from each reading to the next of its series, in the unit of the metric; any equal shapes.

        NEVER: the difference, also a negative one, so that a counter that trembles gains nothing. ROLLOVER: a fall
        passed `rollover_at`. RESTART: a fall began anew at 0. DAILY: another day began anew at 0, and so did a fall
        within the day; a reading at the very boundary belongs to the day that ends and may show either.
        """
        rise = after - before
        match self.reset:
            case Reset.NEVER:
                return rise
            case Reset.ROLLOVER:
                return np.where(rise < 0, rise + self.rollover_at, rise)
            case Reset.RESTART:
                return np.where(rise < 0, after, rise)
            case Reset.DAILY:
                begins_ms = 1000 * self.begins_at_s - CHINA_MS
                same_day = (begins_ms - before_ms) // DAY_MS == (begins_ms - after_ms) // DAY_MS
                return np.where(same_day & (rise >= 0), rise, after)


def held_ms(before: Float64, before_ms: Int64, after_ms: Int64, state: float, limit_ms: Int64 | int) -> Int64:
    """For how long of (before_ms, after_ms] the earlier reading was `state`, `limit_ms` at most; any equal shapes."""
    held: Int64 = np.where(before == state, np.minimum(after_ms - before_ms, limit_ms), 0)
    return held


def circular_mean(sine: Float64, cosine: Float64, count: NDArray[np.int64]) -> Float64:
    """The mean direction of `count` readings in degrees, 0 ≤ it < 360; NaN where they cancel out or there are none.

    Source: Mardia and Jupp, Directional Statistics, Wiley 2000, section 2.2.1.

    >>> circular_mean(np.array([0.0, 1.0]), np.array([0.0, 1.0]), np.array([2, 2])).round(9).tolist()
    [nan, 45.0]
    """
    direction = np.degrees(np.arctan2(sine, cosine)) % 360.0
    direction = np.where(direction == 360.0, 0.0, direction)  # what -1e-16 leaves
    known = np.hypot(sine, cosine) > _NO_DIRECTION_BELOW * np.maximum(count, 1)
    return np.where(known, direction, np.nan)
