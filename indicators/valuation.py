"""The value of one indicator over one window, for all of its subjects. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.records import Float64, Int32, Int64
from indicators.aqi import air_quality_index, scheme_at, scheme_of
from indicators.definition import Aggregate, Indicator
from indicators.inputs import Inputs
from indicators.plan import Plan


class Valued(NamedTuple):
    """Columns over the subjects of a plan, as in `core.records.ValueBatch`."""

    value: Float64
    reported: Int32
    newest_ms: Int64
    detail: tuple[str, ...]


class _Stations(NamedTuple):
    """Columns over the stations of a plan: inputs (k, n) of the formula, who reported, when they were last heard."""

    inputs: Float64
    reported: NDArray[np.bool_]
    newest_ms: Int64


class Valuation:
    """Reads the panes and knows the index schemes."""

    def __init__(self, inputs: Inputs, schemes: Mapping[str, Any]) -> None:
        self._inputs = inputs
        self._schemes = {name: scheme_of(name, declared) for name, declared in schemes.items()}

    def valued(self, plan: Plan, end_ms: int) -> Valued:
        """Every subject of an indicator over the window that ends at `end_ms`; NaN where nothing is known."""
        indicator = plan.indicator
        if indicator.metrics:
            stations = self._from_metrics(plan, end_ms)
        elif indicator.event_types:
            stations = self._from_events(plan, end_ms)
        else:
            stations = self._from_hearing(plan, end_ms)
        rolled = [plan.rolled_up(row, indicator.rollup) for row in stations.inputs]
        value, detail = self._formula(indicator, np.stack(rolled), end_ms)
        return Valued(value, plan.counted(stations.reported), plan.newest(stations.newest_ms), detail)

    def _from_metrics(self, plan: Plan, end_ms: int) -> _Stations:
        indicator = plan.indicator
        rows = np.arange(len(plan.stations))
        taken = [self._inputs.measured(plan, metric, end_ms, rows) for metric in indicator.metrics]
        inputs = np.stack([one.value for one in taken])
        heard_ms: Int64 = np.maximum.reduce([one.newest_ms for one in taken])
        if indicator.aggregate is Aggregate.REPORTING:
            return self._alive(heard_ms, end_ms - np.full(len(plan.stations), indicator.window_s * 1000))
        return _Stations(inputs if indicator.formula == "aqi" else inputs[:1], heard_ms > 0, heard_ms)

    def _from_events(self, plan: Plan, end_ms: int) -> _Stations:
        """Counts of events; 0 where the source is alive, unknown where it is not."""
        count = self._inputs.events_in(plan, end_ms, np.arange(len(plan.stations)))
        alive = self._from_hearing(plan, end_ms)
        whole = self._inputs.is_hotline(plan)
        working = alive.reported | (count > 0)
        working |= whole & (working & whole).any()
        return _Stations(np.where(working, count, np.nan)[None], working, alive.newest_ms)

    def _from_hearing(self, plan: Plan, end_ms: int) -> _Stations:
        heard_ms = self._inputs.heard_ms(plan, end_ms, np.arange(len(plan.stations)))
        return self._alive(heard_ms, end_ms - self._inputs.heard_span_ms(plan))

    def _alive(self, heard_ms: Int64, after_ms: Int64) -> _Stations:
        """1 for stations heard after a time, 0 for silent ones, NaN where we do not listen for that long yet."""
        alive = heard_ms > after_ms
        silent = after_ms >= self._inputs.since_ms
        value = np.where(alive, 1.0, np.where(silent, 0.0, np.nan))
        return _Stations(value[None], alive, np.where(alive, heard_ms, 0))

    def _formula(self, indicator: Indicator, inputs: Float64, end_ms: int) -> tuple[Float64, tuple[str, ...]]:
        """The indicator from its rolled-up inputs (k, subjects), and the detail of each subject."""
        if indicator.formula == "aqi":
            index = air_quality_index(inputs.T, scheme_at(self._schemes, indicator.scheme, end_ms))
            return index.index, index.primary
        return inputs[0], ("",) * inputs.shape[1]
