"""Stage two: panes become the city's vital signs, window by window, for stations, areas and the city. Pure.

A window is decided `settle_s` after its end: then it is valued for every subject, as UNKNOWN where nothing came.
An indicator with `early` is also valued before that, as OPEN, for the subjects whose panes changed. A pane that
comes later, inside the lateness, values the windows that hold it again. What is computed from other indicators is
valued in the same tick behind them, where one of them changed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from core.declared import Device, Feed
from core.records import DAY_MS, PaneBatch, Status, ValueBatch
from geo.areas import AreaTree
from indicators.aqi import scheme_of
from indicators.beside import POINTS
from indicators.carried import Carried
from indicators.chunks import pack, unpack
from indicators.definition import Indicator
from indicators.groups import NOBODY, Rows, rising
from indicators.inputs import Change
from indicators.line import Ground, Line, Lines
from indicators.valuation import Valuation, Valued
from indicators.versions import Superseded

OPEN, FINAL, UNKNOWN = (np.uint8(status) for status in (Status.OPEN, Status.FINAL, Status.UNKNOWN))
FED_WINDOWS = 400  # so far back what others feed is corrected, and at least a day; `compute` goes further


@dataclass(slots=True)
class Touch:
    """What of one window is to be valued: rows of subjects and of stations, as they were found."""

    whole: bool = False
    subjects: list[Rows] = field(default_factory=list)
    stations: list[Rows] = field(default_factory=list)


class CityFold:
    """State of the city: panes and values that windows still need, and up to where windows are decided."""

    def __init__(
        self,
        indicators: Mapping[str, Indicator],
        devices: Mapping[str, Device],
        areas: AreaTree,
        feeds: Mapping[str, Feed],
        schemes: Mapping[str, Any],
        superseded: Sequence[Superseded] = (),
    ) -> None:
        """superseded: definitions that held before; they decide and correct the windows of their time.

        Raises:
            DeclarationError, FormulaError, UnknownName: The indicators do not fit together.
        """
        tables = {name: scheme_of(name, declared) for name, declared in schemes.items()}
        numbered = [devices[device] for device in sorted(devices)]
        self._lines = Lines(Ground(numbered, feeds, areas, tables), indicators, superseded)
        self._inputs = self._lines.inputs
        self._valuation = Valuation(self._inputs)
        self._carried = Carried(self._lines)
        self._now_ms = 0

    def fold(self, panes: PaneBatch) -> None:
        """Put the changed panes of one partition in place."""
        self._inputs.fold(panes)

    def recall(self, values: Sequence[ValueBatch]) -> None:
        """Know what was told before the log began, as far as the same version told it; for what is usual."""
        lines = {(line.indicator.id, line.indicator.version): line for line in self._lines}
        for batch in values:
            if (batch.indicator, batch.version) in lines:
                self._carried.recall(lines[batch.indicator, batch.version], batch)

    def tick(self, now_ms: int) -> list[ValueBatch]:
        """The windows that fell due or changed, as of city time; by window end, then by name of the indicator."""
        self._now_ms = max(self._now_ms, now_ms)
        self._inputs.listen(self._now_ms)
        changes: dict[str, list[Change]] = defaultdict(list)
        for change in self._inputs.take_changes():
            changes[change.indicator].append(change)
        values: list[ValueBatch] = []
        for line in self._lines:
            if windows := self._touched(line, changes[line.key]):
                values += self._valued(line, windows)
        self._inputs.pass_time(self._now_ms)
        self._carried.pass_time(self._now_ms)
        return sorted(values, key=lambda batch: (batch.window_end_ms, batch.indicator))

    def dirty(self) -> dict[bytes, bytes | None]:
        """Chunks that changed since this was last asked; None: dropped. Ask right after a tick only."""
        decided_ms = {line.key: line.windows.decided_ms for line in self._lines}
        clock = pack({}, now_ms=self._now_ms, since_ms=self._inputs.since_ms, decided_ms=decided_ms)
        return {b"clock": clock} | self._inputs.dirty() | self._carried.dirty()

    def restore(self, chunks: Mapping[bytes, bytes]) -> None:
        """Put back what `dirty` gave, one chunk by name; of a fresh start nothing."""
        if b"clock" not in chunks:
            return
        clock = unpack(chunks[b"clock"])[1]
        self._now_ms = clock["now_ms"]
        for line in self._lines:
            line.windows.decided_ms = clock["decided_ms"].get(line.key, 0)
        self._inputs.restore(chunks, self._now_ms, clock["since_ms"])
        self._carried.restore(chunks)

    def _touched(self, line: Line, changes: Sequence[Change]) -> dict[int, Touch]:
        """The windows of a line that are to be valued, by their ends."""
        found: dict[int, Touch] = defaultdict(Touch)
        for end_ms in self._due(line):
            found[end_ms].whole = True
        # Of these everything is looked up anyway; of those with a trend the windows behind are told who changed.
        anew = found.keys() - self._valuation.held(line) if found and not line.indicator.forecast_s else set()
        for change in changes:
            row = line.plan.stations.row[change.devices]
            row = row[row >= 0]
            ends = line.windows.touched(change.pane_end_ms, change.reach_ms, self._now_ms, self._inputs.passed_ms)
            for end_ms in ends if len(row) else ():
                if end_ms not in anew:
                    found[end_ms].stations.append(row)
        last_ms = line.windows.up_ms(self._now_ms) if line.indicator.early else line.windows.decided_ms
        first_ms = self._correctable_from_ms(line)
        for end_ms, subjects, stations in self._carried.touched(line, last_ms):
            if end_ms >= first_ms:
                found[end_ms].subjects.append(subjects)
                found[end_ms].stations.append(stations)
        if line.indicator.forecast_s:
            _touch_later(line, found, last_ms)
        return {end_ms: touch for end_ms, touch in found.items() if line.pace.holds(end_ms)}

    def _correctable_from_ms(self, line: Line) -> int:
        """Of windows before this one the panes may be forgotten by now; of what others feed it is a matter of cost.

        A month's figure that comes today would else value a score of every five minutes of that month anew.
        """
        if line.indicator.measured:
            return line.windows.valued_from_ms(self._inputs.passed_ms)
        return self._now_ms - max(DAY_MS, FED_WINDOWS * line.indicator.slide_s * 1000)

    def _due(self, line: Line) -> list[int]:
        if line.indicator.measured:
            earliest_ms, ends = self._inputs.earliest_ms(line.plan), partial(self._inputs.pane_ends_ms, line.plan)
        else:
            earliest_ms, ends = self._carried.earliest_ms(line), partial(self._carried.ends_ms, line)
        return line.windows.fall_due(self._now_ms, earliest_ms, ends)

    def _valued(self, line: Line, windows: Mapping[int, Touch]) -> list[ValueBatch]:
        """The batches of one line; each is carried on before the next, because a window may look at those before."""
        told, plan = [], line.plan
        at_once = self._valuation.at_once(line, {end_ms: windows[end_ms].whole for end_ms in sorted(windows)})
        for end_ms in sorted(windows):
            touch = windows[end_ms]
            if touch.whole and end_ms in at_once:
                told.append(self._batch(line, end_ms, plan.all, at_once.pop(end_ms)))
                continue
            changed = rising(np.concatenate([NOBODY, *touch.stations]), len(plan.stations))
            touched = np.concatenate([plan.ascent.subjects_of(changed), *touch.subjects])
            subjects = plan.all if touch.whole else rising(touched, len(plan.subjects))
            if not len(subjects):
                continue
            everybody = at_once.pop(end_ms, None)
            valued = everybody.of(subjects) if everybody else self._valuation.valued(line, end_ms, subjects, changed)
            told.append(self._batch(line, end_ms, subjects, valued))
        return told

    def _batch(self, line: Line, end_ms: int, subjects: Rows, valued: Valued) -> ValueBatch:
        whole = len(subjects) == len(line.plan.subjects)
        names = line.plan.subjects
        known = FINAL if line.windows.is_final(end_ms) else OPEN
        self._carried.put(line, end_ms, subjects, valued)
        return ValueBatch(
            indicator=line.indicator.id,
            version=line.indicator.version,
            window_end_ms=end_ms,
            decided_ms=self._now_ms,
            areas=names if whole else tuple(names[row] for row in subjects.tolist()),
            value=valued.value,
            reported=valued.reported,
            expected=valued.expected,
            newest_ms=valued.newest_ms,
            status=np.where(np.isnan(valued.value), UNKNOWN, known),
            detail=valued.detail,
            beside=self._carried.beside(line, end_ms, subjects),
        )


def _touch_later(line: Line, found: dict[int, Touch], last_ms: int) -> None:
    """A corrected value moves the trends of the windows behind it."""
    slide_ms = line.indicator.slide_s * 1000
    moved = {}  # taken before any later window is touched, or each would hand on what it was given
    for end_ms, touch in found.items():
        subjects = [NOBODY, *touch.subjects, *map(line.plan.ascent.subjects_of, touch.stations)]
        moved[end_ms] = rising(np.concatenate(subjects), len(line.plan.subjects))
    for end_ms, subjects_moved in moved.items():
        for later_ms in range(end_ms + slide_ms, min(end_ms + POINTS * slide_ms, last_ms + 1), slide_ms):
            found[later_ms].subjects.append(subjects_moved)
