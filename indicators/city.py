"""Stage two: panes become the city's vital signs, window by window, for stations, counties and the city. Pure.

A window is decided `settle_s` after its end: then it is valued for every subject, as UNKNOWN where nothing came.
An indicator with `early` is also valued before that, as OPEN, for the subjects whose panes changed. A pane that
comes later, inside the lateness, values the windows that hold it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.declared import Device, Feed
from core.records import PaneBatch, Status, ValueBatch
from geo.areas import AreaTree
from indicators.chunks import pack, unpack
from indicators.definition import Indicator
from indicators.inputs import Inputs
from indicators.plan import Plan
from indicators.valuation import Valuation
from indicators.windows import Windows

Stations = NDArray[np.bool_]  # (stations of one indicator,)
Window = tuple[int, str]  # (window_end_ms, indicator): the order in which values are told


class CityFold:
    """State of the city: the panes that windows still need, and up to where windows are decided."""

    def __init__(
        self,
        indicators: Mapping[str, Indicator],
        devices: Mapping[str, Device],
        areas: AreaTree,
        feeds: Mapping[str, Feed],
        schemes: Mapping[str, Any],
    ) -> None:
        numbered = [devices[device] for device in sorted(devices)]
        self._plans = {name: Plan(indicators[name], numbered, feeds, areas) for name in sorted(indicators)}
        self._inputs = Inputs(self._plans, numbered, feeds)
        self._valuation = Valuation(self._inputs, schemes)
        self._windows = {
            name: Windows(plan.indicator, self._inputs.lateness_ms(plan)) for name, plan in self._plans.items()
        }
        self._now_ms = 0

    def fold(self, panes: PaneBatch) -> None:
        """Put the changed panes of one partition in place."""
        self._inputs.fold(panes)

    def tick(self, now_ms: int) -> list[ValueBatch]:
        """The windows that fell due or changed, as of city time; by window end, then by name of the indicator."""
        self._now_ms = max(self._now_ms, now_ms)
        self._inputs.listen(self._now_ms)
        due = {
            (end_ms, name): np.ones(len(plan.stations), dtype=np.bool_)
            for name, plan in self._plans.items()
            for end_ms in self._windows[name].fall_due(
                self._now_ms, self._inputs.earliest_ms(plan), partial(self._inputs.pane_ends_ms, plan)
            )
        }
        windows = self._changed_windows() | due
        values = [self._batch(window, windows[window]) for window in sorted(windows)]
        self._inputs.pass_time(self._now_ms)
        return [batch for batch in values if len(batch)]

    def dirty(self) -> dict[bytes, bytes | None]:
        """Chunks that changed since this was last asked; None: dropped. Ask right after a tick only."""
        decided_ms = {name: windows.decided_ms for name, windows in self._windows.items()}
        clock = pack({}, now_ms=self._now_ms, since_ms=self._inputs.since_ms, decided_ms=decided_ms)
        return {b"clock": clock} | self._inputs.dirty()

    def restore(self, chunks: Mapping[bytes, bytes]) -> None:
        """Put back what `dirty` gave, one chunk by name; of a fresh start nothing."""
        if b"clock" not in chunks:
            return
        clock = unpack(chunks[b"clock"])[1]
        self._now_ms = clock["now_ms"]
        for name, windows in self._windows.items():
            windows.decided_ms = clock["decided_ms"][name]
        self._inputs.restore(chunks, self._now_ms, clock["since_ms"])

    def _changed_windows(self) -> dict[Window, Stations]:
        """The windows that hold a changed pane, with the stations whose pane it is."""
        found: dict[Window, Stations] = {}
        for change in self._inputs.take_changes():
            stations = self._plans[change.indicator].stations
            row = stations.row[change.devices]
            row = row[row >= 0]
            ends = self._windows[change.indicator].touched(
                change.pane_end_ms, change.reach_ms, self._now_ms, self._inputs.passed_ms
            )
            for end_ms in ends if len(row) else ():
                touched = found.setdefault((end_ms, change.indicator), np.zeros(len(stations), dtype=np.bool_))
                touched[row] = True
        return found

    def _batch(self, window: Window, changed: Stations) -> ValueBatch:
        """The subjects of one window that hold a changed station."""
        end_ms, name = window
        plan = self._plans[name]
        valued = self._valuation.valued(plan, end_ms)
        rows = np.flatnonzero(plan.counted(changed))
        decided = end_ms <= self._windows[name].decided_ms
        value = valued.value[rows]
        return ValueBatch(
            indicator=name,
            version=plan.indicator.version,
            window_end_ms=end_ms,
            decided_ms=self._now_ms,
            areas=tuple(plan.subjects[row] for row in rows.tolist()),
            value=value,
            reported=valued.reported[rows],
            expected=plan.expected[rows],
            newest_ms=valued.newest_ms[rows],
            status=np.where(np.isnan(value), Status.UNKNOWN, Status.FINAL if decided else Status.OPEN).astype(np.uint8),
            detail=tuple(valued.detail[row] for row in rows.tolist()),
        )
