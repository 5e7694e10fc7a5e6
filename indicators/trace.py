"""The readings of a pane one by one, for measures that need them in the order of their times. Pure."""

from __future__ import annotations

import numpy as np

from core.records import Float64, Int64
from indicators.measures import DISTINCT, QUANTILES, Counter, held_ms, parameter_of
from indicators.sketch import distinct_sketches, quantile_sketches

_SKETCHING = {QUANTILES: quantile_sketches, DISTINCT: distinct_sketches}


class Trace:
    """Readings under keys that rise with series and time; sorted when they are asked for. 16 bytes each."""

    def __init__(self, keys: Int64 | None = None, value: Float64 | None = None) -> None:
        self._keys = [np.zeros(0, dtype=np.int64) if keys is None else keys]
        self._value = [np.zeros(0) if value is None else value]

    def add(self, keys: Int64, value: Float64) -> None:
        """Take readings in, no key twice."""
        self._keys.append(keys)
        self._value.append(value)

    def all(self) -> tuple[Int64, Float64]:
        """Every reading in rising order of the keys."""
        if len(self._keys) > 1:
            keys, value = np.concatenate(self._keys), np.concatenate(self._value)
            order = np.argsort(keys, kind="stable")  # stable: merges what is sorted already
            self._keys, self._value = [keys[order]], [value[order]]
        return self._keys[0], self._value[0]

    def between(self, first: Int64, stop: Int64) -> tuple[Int64, Float64, Int64]:
        """Of runs of keys [first, stop): the keys, the values, and how many each run has."""
        keys, value = self.all()
        begins = np.searchsorted(keys, first)
        lengths = np.searchsorted(keys, stop) - begins
        at = np.arange(lengths.sum()) + np.repeat(begins - (np.cumsum(lengths) - lengths), lengths)
        return keys[at], value[at], lengths


def ordered_measure(name: str, event_ms: Int64, value: Float64, starts: Int64, limit_ms: Int64) -> Float64:
    """`rise:…` or `held:…` of each run of readings, in order of their times.

    Args:
        name: Of the measure.
        event_ms: int64 (n,), rising in each run.
        value: float64 (n,).
        starts: int64 (runs,), where each run begins.
        limit_ms: int64 (runs,), for how long a reading holds at most.
    """
    step = np.zeros(len(value))
    if name.startswith("rise:"):
        step[1:] = Counter.of_measure(name).gain(value[:-1], event_ms[:-1], value[1:], event_ms[1:])
    else:
        limits_ms = np.repeat(limit_ms, np.diff(np.append(starts, len(value))))
        step[1:] = held_ms(value[:-1], event_ms[:-1], event_ms[1:], parameter_of(name), limits_ms[1:])
    step[starts] = 0.0  # before the first of a run stands another series
    total: Float64 = np.add.reduceat(step, starts)
    return total


def sketches(name: str, value: Float64, starts: Int64) -> list[bytes]:
    """The sketches of a name, one a run of readings."""
    return _SKETCHING[name](value, starts)
