"""The value of one indicator over one window, for those of its subjects that are asked for. Pure."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.records import Float64, Int32, Int64
from indicators.chunks import Columns
from indicators.definition import Aggregate
from indicators.groups import Rows
from indicators.inputs import Inputs
from indicators.line import Line
from indicators.plan import STATION, Plan

# Of so many windows of one indicator the numbers of the stations are held: the open ones and the last decided.
# More would cost memory for windows that late readings rarely touch; those are aggregated again.
HELD_WINDOWS = 3


_LATEST_MS = np.iinfo(np.int64).max
_COUNTS = ("reported", "expected")


class Valued(NamedTuple):
    """Columns over the subjects asked for, as in `core.records.ValueBatch`."""

    value: Float64
    reported: Int32
    expected: Int32
    newest_ms: Int64
    detail: tuple[str, ...]


@dataclass(slots=True)
class Stations:
    """Columns over the stations of a plan: inputs (k, n) of the formula, who reported, when they were last heard.

    known (n,): which of them were looked up; of the others nothing is said.
    """

    inputs: Float64
    reported: NDArray[np.bool_]
    newest_ms: Int64
    known: NDArray[np.bool_]


class Valuation:
    """Reads panes and values told before; holds what it found out of stations, so that a change costs what changed."""

    def __init__(self, inputs: Inputs) -> None:
        self._inputs = inputs
        self._held: dict[str, OrderedDict[int, Stations]] = {}

    def valued(self, line: Line, end_ms: int, subjects: Rows, changed: Rows) -> Valued:
        """Some subjects of an indicator over the window that ends at `end_ms`; NaN where nothing is known.

        Args:
            line: The version of the indicator that decides this window.
            end_ms: The window.
            subjects: Rows of the plan's subjects, rising.
            changed: Rows of its stations with a changed pane in this window; all others stand as before.
        """
        if not line.indicator.measured:
            return self._from_others(line, end_ms, subjects)
        plan = line.plan
        stations = self.stations(line, end_ms, plan.stations_of(subjects), changed)
        reported = plan.counted(stations.reported, subjects)
        newest_ms = plan.newest(stations.newest_ms, subjects)
        if line.indicator.formula_at == STATION:
            value, detail = self._reckoned_before(line, end_ms, subjects, stations)
        else:
            value, detail = self._reckoned_after(line, end_ms, subjects, stations)
        return Valued(value, reported, plan.expected[subjects], newest_ms, detail)

    def stations(self, line: Line, end_ms: int, wanted: Rows, changed: Rows) -> Stations:
        """What stations brought; the columns are valid for those wanted."""
        plan = line.plan
        if not line.indicator.metrics:
            return self._from_events(plan, end_ms) if line.indicator.event_types else self._from_hearing(plan, end_ms)
        held = self._held.setdefault(line.key, OrderedDict())
        found = held.pop(end_ms, None) or _nothing(line)
        held[end_ms] = found
        if len(held) > HELD_WINDOWS:
            held.popitem(last=False)
        found.known[changed] = False
        missing = wanted[~found.known[wanted]]
        if len(missing):
            self._look_up(line, end_ms, missing, found)
        return found

    def _look_up(self, line: Line, end_ms: int, rows: Rows, found: Stations) -> None:
        """Aggregate the panes of some stations."""
        indicator = line.indicator
        taken = [self._inputs.measured(line.plan, metric, end_ms, rows) for metric in indicator.metrics]
        heard_ms: Int64 = np.maximum.reduce([one.newest_ms for one in taken])
        if indicator.aggregate is Aggregate.REPORTING:
            alive = self._alive(heard_ms, np.full(len(rows), end_ms - indicator.window_s * 1000))
        else:
            inputs = np.stack([one.value for one in taken])
            alive = Stations(inputs, heard_ms > 0, heard_ms, np.ones(len(rows), dtype=np.bool_))
        found.inputs[:, rows], found.known[rows] = alive.inputs, alive.known
        found.reported[rows], found.newest_ms[rows] = alive.reported, alive.newest_ms

    def _from_events(self, plan: Plan, end_ms: int) -> Stations:
        """Counts of events; 0 where the source is alive, unknown where it is not."""
        count = self._inputs.events_in(plan, end_ms, np.arange(len(plan.stations)))
        alive = self._from_hearing(plan, end_ms)
        whole = self._inputs.is_hotline(plan)
        working = alive.reported | (count > 0)
        working |= whole & (working & whole).any()
        return Stations(np.where(working, count, np.nan)[None], working, alive.newest_ms, alive.known)

    def _from_hearing(self, plan: Plan, end_ms: int) -> Stations:
        heard_ms = self._inputs.heard_ms(plan, end_ms, np.arange(len(plan.stations)))
        return self._alive(heard_ms, end_ms - self._inputs.heard_span_ms(plan))

    def _alive(self, heard_ms: Int64, after_ms: Int64) -> Stations:
        """1 for stations heard after a time, 0 for silent ones, NaN where we do not listen for that long yet."""
        alive = heard_ms > after_ms
        silent = after_ms >= self._inputs.since_ms
        value = np.where(alive, 1.0, np.where(silent, 0.0, np.nan))
        # Since when we listen may become earlier; then another look says more of who is neither yet.
        return Stations(value[None], alive, np.where(alive, heard_ms, 0), alive | silent)

    def _reckoned_before(
        self, line: Line, end_ms: int, subjects: Rows, stations: Stations
    ) -> tuple[Float64, tuple[str, ...]]:
        """The formula for each station, then the roll-up; a detail belongs to a station and not to its areas."""
        plan = line.plan
        rows = plan.stations_of(subjects)
        names = _named(line, stations.inputs[:, rows])
        names |= {r.link.name: r.link.taken(end_ms, r.stations[rows])["value"] for r in line.readings}
        reckoned = line.method(names, end_ms)
        value = np.full(len(plan.stations), np.nan)
        value[rows] = reckoned.value
        said = {plan.station_names[row]: detail for row, detail in zip(rows.tolist(), reckoned.detail, strict=True)}
        return plan.rolled_up(value, subjects), tuple(said.get(plan.subjects[row], "") for row in subjects.tolist())

    def _reckoned_after(
        self, line: Line, end_ms: int, subjects: Rows, stations: Stations
    ) -> tuple[Float64, tuple[str, ...]]:
        """The roll-up of each input, then the formula for each subject."""
        names = _named(line, np.stack([line.plan.rolled_up(row, subjects) for row in stations.inputs]))
        names |= {r.link.name: r.link.taken(end_ms, r.subjects[subjects])["value"] for r in line.readings}
        return line.method(names, end_ms)

    def _from_others(self, line: Line, end_ms: int, subjects: Rows) -> Valued:
        """An indicator that other indicators feed, with the reporters of those."""
        taken = {r.link.name: r.link.taken(end_ms, r.subjects[subjects]) for r in line.readings}
        value, detail = line.method({name: columns["value"] for name, columns in taken.items()}, end_ms)
        carried = _all_of if line.indicator.parts else _least_of
        reported, expected = carried(list(taken.values()))
        heard_ms = np.stack([np.where(np.isnan(c["value"]), _LATEST_MS, c["newest_ms"]) for c in taken.values()])
        oldest_ms = heard_ms.min(axis=0)
        return Valued(value, reported, expected, np.where(oldest_ms == _LATEST_MS, 0, oldest_ms), detail)


def _named(line: Line, inputs: Float64) -> dict[str, Float64]:
    """The inputs (k, n) of devices under the names that a formula uses."""
    names = dict(zip(line.indicator.metrics or ("value",), inputs, strict=True))
    return names | {"value": inputs[0]}


def _nothing(line: Line) -> Stations:
    inputs, stations = max(len(line.indicator.metrics), 1), len(line.plan.stations)
    none = np.zeros(stations, dtype=np.bool_)
    return Stations(np.full((inputs, stations), np.nan), none, np.zeros(stations, dtype=np.int64), none.copy())


def _all_of(taken: list[Columns]) -> tuple[Int32, Int32]:
    """(reported, expected) of a score: those of all its parts together."""
    return tuple(np.sum([columns[name] for columns in taken], axis=0, dtype=np.int32) for name in _COUNTS)  # type: ignore[return-value]


def _least_of(taken: list[Columns]) -> tuple[Int32, Int32]:
    """(reported, expected) of the input with the least reporting rate; of equals the first."""
    reported, expected = (np.stack([columns[name] for columns in taken]) for name in _COUNTS)
    rate = np.where(expected > 0, reported / np.maximum(expected, 1), 1.0)
    least = rate.argmin(axis=0), np.arange(rate.shape[1])
    return reported[least].astype(np.int32), expected[least].astype(np.int32)
