"""The value of one indicator over one window, for those of its subjects that are asked for; or over many. Pure."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.records import Float64, Int32, Int64
from indicators.ascent import STATION, Brought
from indicators.cells import Cells, one_window
from indicators.chunks import Columns
from indicators.definition import Aggregate, WindowKind
from indicators.groups import Rows
from indicators.inputs import AT_ONCE, Inputs
from indicators.line import Line
from indicators.links import Link
from indicators.told import VALUE

# Of so many windows of one indicator it is held what the stations brought: the open ones and the last decided.
# More would cost memory for windows that late readings rarely touch; those are aggregated again.
HELD_WINDOWS = 3
# Of so few stations all are looked up in many windows sooner than those that changed in one after the other.
FEW_STATIONS = 512
_LATEST_MS = np.iinfo(np.int64).max
_COUNTS = ("reported", "expected")


class Valued(NamedTuple):
    """Columns over the subjects asked for, as in `core.records.ValueBatch`."""

    value: Float64
    reported: Int32
    expected: Int32
    newest_ms: Int64
    detail: tuple[str, ...]

    @property
    def carried(self) -> Columns:
        """What others read of it, as in `told.VALUE`."""
        return {name: getattr(self, name) for name in VALUE}

    def of(self, subjects: Rows) -> Valued:
        """Those of some rows."""
        counts = self.reported[subjects], self.expected[subjects]
        detail = tuple(self.detail[row] for row in subjects.tolist())
        return Valued(self.value[subjects], *counts, self.newest_ms[subjects], detail)

    def by_window(self, windows: int) -> Iterator[Valued]:
        """Its parts, of so many windows that lie one behind the other."""
        size = len(self.value) // windows
        for at in range(0, windows * size, size):
            some = slice(at, at + size)
            counts = self.reported[some], self.expected[some]
            yield Valued(self.value[some], *counts, self.newest_ms[some], self.detail[some])


class Heard(NamedTuple):
    """Columns over cells: inputs (k, n) of the formula, who reported, when they were last heard.

    sure: the others may look different though no pane of theirs changes.
    """

    inputs: Float64
    reported: NDArray[np.bool_]
    newest_ms: Int64
    sure: NDArray[np.bool_]


class Valuation:
    """Reads panes and values told before; holds what it found out of stations, so that a change costs what changed."""

    def __init__(self, inputs: Inputs) -> None:
        self._inputs = inputs
        self._held: dict[str, OrderedDict[int, Brought]] = {}

    def valued(self, line: Line, end_ms: int, subjects: Rows, changed: Rows) -> Valued:
        """Some subjects of an indicator over the window that ends at `end_ms`; NaN where nothing is known.

        Args:
            line: The version of the indicator that decides this window.
            end_ms: The window.
            subjects: Rows of the plan's subjects, rising.
            changed: Rows of its stations that look different now; all others stand as before.
        """
        if not line.indicator.measured:
            return self._from_others(line, np.array([end_ms]), subjects)
        ascent = line.plan.ascent
        brought = self.brought(line, end_ms, subjects, changed)
        numbers = self.numbers(line, end_ms, subjects, brought)
        if line.indicator.formula_at == STATION:
            value, detail = numbers["value"], _details(line, brought, subjects)
        else:
            value, detail = line.method(numbers, end_ms)
        reported, newest_ms = ascent.heard(brought, subjects)
        return Valued(value, reported, ascent.expected[subjects], newest_ms, detail)

    def held(self, line: Line) -> Collection[int]:
        """The window ends of which it is held what stations brought."""
        return self._held.get(line.key, {}).keys()

    def at_once(self, line: Line, whole: Mapping[int, bool]) -> dict[int, Valued]:
        """All subjects over some windows, to the bit what `valued` gives, with far fewer calls.

        Windows for which that is no cheaper are left out: those of which it is held what stations brought, the last
        ones, of which it will be, and of many stations those in which only some changed.

        Args:
            line: The version of the indicator that decides these windows.
            whole: By window end, rising: whether it is asked for everybody.
        """
        if len(whole) <= HELD_WINDOWS:
            return {}
        few, held = len(line.plan.stations) <= FEW_STATIONS, self.held(line)
        ends_ms = [end_ms for end_ms in whole if (few or whole[end_ms]) and end_ms not in held][:-HELD_WINDOWS]
        most = AT_ONCE // max(len(line.plan.stations), len(line.plan.subjects), 1)
        if most < 2 or not line.plan.subjects or line.indicator.window is WindowKind.SINCE_EVENT or line.method.dated:
            return {}
        found: dict[int, Valued] = {}
        for start in range(0, len(ends_ms), most):
            some = ends_ms[start : start + most]
            found |= zip(some, self._windows(line, np.array(some)).by_window(len(some)), strict=True)
        return found

    def numbers(self, line: Line, end_ms: int, subjects: Rows, brought: Brought) -> dict[str, Float64]:
        """What the formula is reckoned with, by name, for some subjects; of a formula of stations only its result."""
        rolled = [line.plan.ascent.rolled_up(brought, row, subjects) for row in range(len(brought.values))]
        if line.indicator.formula_at == STATION:
            return {"value": rolled[0]}
        read = {r.link.name: r.link.taken(end_ms, r.subjects[subjects])["value"] for r in line.readings}
        return _named(line, rolled) | read

    def brought(self, line: Line, end_ms: int, subjects: Rows, changed: Rows) -> Brought:
        """What stations brought; right for those of the subjects."""
        indicator, ascent = line.indicator, line.plan.ascent
        rows = 1 if indicator.formula_at == STATION else max(len(indicator.metrics), 1)
        if not indicator.metrics:
            everybody = np.arange(len(line.plan.stations))
            found = ascent.nothing(rows)
            self._look_up(line, end_ms, everybody, found)
            return found
        held = self._held.setdefault(line.key, OrderedDict())
        found = held[end_ms] = held.pop(end_ms) if end_ms in held else ascent.nothing(rows)
        if len(held) > HELD_WINDOWS:
            held.popitem(last=False)
        found.known[changed] = False
        unknown = np.flatnonzero(~found.known)
        if len(unknown) > len(changed):
            wanted = ascent.stations_of(subjects)
            unknown = wanted[~found.known[wanted]]
        if len(unknown):
            self._look_up(line, end_ms, unknown, found)
        return found

    def _look_up(self, line: Line, end_ms: int, stations: Rows, found: Brought) -> None:
        """Find out what some stations brought, and tally it."""
        heard = self._heard(line, one_window(end_ms, stations))
        found.reported[stations], found.newest_ms[stations] = heard.reported, heard.newest_ms
        found.known[stations] = heard.sure
        if line.indicator.formula_at == STATION:
            cells = one_window(end_ms, stations)
            found.values[0, stations], found.detail[stations] = line.method(_at_stations(line, cells, heard), end_ms)
        else:
            found.values[:, stations] = heard.inputs
        line.plan.ascent.tally(found, stations)

    def _windows(self, line: Line, ends_ms: Int64) -> Valued:
        """All subjects over some windows, window by window."""
        if not line.indicator.measured:
            return self._from_others(line, ends_ms, line.plan.all)
        ascent, last_ms = line.plan.ascent, int(ends_ms[-1])
        cells = Cells(ends_ms, np.arange(len(line.plan.stations)))
        heard, shape = self._heard(line, cells), (len(ends_ms), len(cells.stations))
        if line.indicator.formula_at == STATION:
            at_stations, said = line.method(_at_stations(line, cells, heard), last_ms)
            value = ascent.rolled_up_at_once(at_stations.reshape(shape)).ravel()
            detail = _details_at_once(line, np.array(said, dtype=object).reshape(shape))
        else:
            rolled = [ascent.rolled_up_at_once(values.reshape(shape)).ravel() for values in heard.inputs]
            read = {r.link.name: _taken(r.link, ends_ms, r.subjects)["value"] for r in line.readings}
            value, detail = line.method(_named(line, rolled) | read, last_ms)
        reported, newest_ms = ascent.heard_at_once(heard.reported.reshape(shape), heard.newest_ms.reshape(shape))
        expected = np.tile(ascent.expected, len(ends_ms))
        return Valued(value, reported.ravel(), expected, newest_ms.ravel(), detail)

    def _heard(self, line: Line, cells: Cells) -> Heard:
        if line.indicator.metrics:
            return self._from_metrics(line, cells)
        return self._from_events(line, cells) if line.indicator.event_types else self._from_hearing(line, cells)

    def _from_metrics(self, line: Line, cells: Cells) -> Heard:
        indicator = line.indicator
        taken = [self._inputs.measured(line.plan, metric, cells) for metric in indicator.metrics]
        heard_ms: Int64 = np.maximum.reduce([one.newest_ms for one in taken])
        if indicator.aggregate is Aggregate.REPORTING:
            return self._alive(heard_ms, cells.of_windows(cells.ends_ms - indicator.window_s * 1000))
        return Heard(np.stack([one.value for one in taken]), heard_ms > 0, heard_ms, np.ones(len(cells), np.bool_))

    def _from_events(self, line: Line, cells: Cells) -> Heard:
        """Counts of events; 0 where the source is alive, unknown where it is not."""
        count = self._inputs.events_in(line.plan, cells)
        alive = self._from_hearing(line, cells)
        whole = cells.of_stations(self._inputs.is_hotline(line.plan)[cells.stations])
        working = alive.reported | (count > 0)
        called = (working & whole).reshape(len(cells.ends_ms), len(cells.stations)).any(axis=1)
        working |= whole & cells.of_windows(called)
        return Heard(np.where(working, count, np.nan)[None], working, alive.newest_ms, alive.sure)

    def _from_hearing(self, line: Line, cells: Cells) -> Heard:
        heard_ms = self._inputs.heard_ms(line.plan, cells)
        span_ms = cells.of_stations(self._inputs.heard_span_ms(line.plan)[cells.stations])
        return self._alive(heard_ms, cells.of_windows(cells.ends_ms) - span_ms)

    def _alive(self, heard_ms: Int64, after_ms: Int64) -> Heard:
        """1 for stations heard after a time, 0 for silent ones, NaN where we do not listen for that long yet."""
        alive = heard_ms > after_ms
        silent = after_ms >= self._inputs.since_ms
        value = np.where(alive, 1.0, np.where(silent, 0.0, np.nan))
        # Since when we listen may become earlier; then another look says more of who is neither yet.
        return Heard(value[None], alive, np.where(alive, heard_ms, 0), alive | silent)

    def _from_others(self, line: Line, ends_ms: Int64, subjects: Rows) -> Valued:
        """An indicator that other indicators feed, with the reporters of those; window by window."""
        taken = {r.link.name: _taken(r.link, ends_ms, r.subjects[subjects]) for r in line.readings}
        value, detail = line.method({name: columns["value"] for name, columns in taken.items()}, int(ends_ms[-1]))
        carried = _all_of if line.indicator.parts else _least_of
        reported, expected = carried(list(taken.values()))
        heard_ms = np.stack([np.where(np.isnan(c["value"]), _LATEST_MS, c["newest_ms"]) for c in taken.values()])
        oldest_ms = heard_ms.min(axis=0)
        return Valued(value, reported, expected, np.where(oldest_ms == _LATEST_MS, 0, oldest_ms), detail)


def _named(line: Line, inputs: Float64 | list[Float64]) -> dict[str, Float64]:
    """The inputs (k, n) of devices under the names that a formula uses."""
    names = dict(zip(line.indicator.metrics or ("value",), inputs, strict=True))
    return names | {"value": inputs[0]}


def _at_stations(line: Line, cells: Cells, heard: Heard) -> dict[str, Float64]:
    """What a formula of stations is reckoned with, by cell."""
    read = {r.link.name: _taken(r.link, cells.ends_ms, r.stations[cells.stations])["value"] for r in line.readings}
    return _named(line, heard.inputs) | read


def _taken(link: Link, ends_ms: Int64, members: Rows) -> Columns:
    """What some windows read of another indicator, window by window."""
    first, *others = (link.taken(end_ms, members) for end_ms in ends_ms.tolist())
    if not others:
        return first
    return {name: np.concatenate([column, *(one[name] for one in others)]) for name, column in first.items()}


def _details(line: Line, brought: Brought, subjects: Rows) -> tuple[str, ...]:
    """What the formula said of the stations among some subjects; of areas nothing."""
    stations = line.plan.ascent.parted(subjects)[0]
    return (*brought.detail[stations].tolist(), *("",) * (len(subjects) - len(stations)))


def _details_at_once(line: Line, of_stations: NDArray[np.object_]) -> tuple[str, ...]:
    """The same of all subjects of some windows, from what was said of stations (w, n)."""
    stations = line.plan.ascent.parted(line.plan.all)[0]
    nothing = np.full((len(of_stations), len(line.plan.subjects) - len(stations)), "", dtype=object)
    return tuple(np.concatenate((of_stations[:, stations], nothing), axis=1).ravel().tolist())


def _all_of(taken: list[Columns]) -> tuple[Int32, Int32]:
    """(reported, expected) of a score: those of all its parts together."""
    return tuple(np.sum([columns[name] for columns in taken], axis=0, dtype=np.int32) for name in _COUNTS)  # type: ignore[return-value]


def _least_of(taken: list[Columns]) -> tuple[Int32, Int32]:
    """(reported, expected) of the input with the least reporting rate; of equals the first."""
    reported, expected = (np.stack([columns[name] for columns in taken]) for name in _COUNTS)
    rate = np.where(expected > 0, reported / np.maximum(expected, 1), 1.0)
    least = rate.argmin(axis=0), np.arange(rate.shape[1])
    return reported[least].astype(np.int32), expected[least].astype(np.int32)
