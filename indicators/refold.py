"""The log of a span folded again by the same code, as far as one indicator needs it: panes, readings, values. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from core.declared import Metric
from core.errors import UnknownName
from core.records import HOUR_MS, Event, PaneBatch, ReadingBatch, Tick
from indicators.definition import Indicator
from indicators.explanation import PaneTold, ReadingTold, told
from indicators.groups import NOBODY
from indicators.line import Ground, Line, Lines
from indicators.measures import needed
from indicators.panes import PartitionFold
from indicators.valuation import Valuation
from indicators.versions import Superseded, with_sources

# A device that was silent begins to settle, and a counter goes on from before; so long before a window we look.
BEFORE_MS = HOUR_MS

# One entry of a partition's log by its id; events stand before the tick that folds them.
Logged = tuple[str, ReadingBatch | Tick | Sequence[Event]]


class Refold:
    """One indicator and all that it is computed from. First `fold` the log of every partition, then `value_sources`."""

    def __init__(
        self,
        ground: Ground,
        metrics: Mapping[str, Metric],
        indicators: Mapping[str, Indicator],
        superseded: Sequence[Superseded],
        name: str,
    ) -> None:
        """Raises UnknownName: no such indicator."""
        if name not in indicators:
            raise UnknownName(f"indicator {name!r} is not declared; known: {', '.join(sorted(indicators))}")
        of = with_sources([name], [*indicators.values(), *(one.indicator for one in superseded)])
        self._ground, self._metrics = ground, metrics
        ours = {key: one for key, one in indicators.items() if key in of}
        self.lines = Lines(ground, ours, [one for one in superseded if one.indicator.id in of])
        self.valuation = Valuation(self.lines.inputs)
        self._ours = {ground.devices[n].id for line in self.lines for n in line.plan.stations.devices.tolist()}
        self._panes: dict[tuple[str, str], dict[int, PaneTold]] = defaultdict(dict)
        self._readings: list[tuple[str, str, ReadingBatch]] = []
        self._valued: set[tuple[str, int]] = set()

    def line(self, name: str, end_ms: int) -> Line:
        """The version of an indicator that decides the windows that end then. Raises UnknownName without one."""
        found = [line for line in self.lines.by_name.get(name, ()) if line.pace.holds(end_ms)]
        if not found:
            raise UnknownName(f"indicator {name!r} was not computed at that time")
        return found[-1]

    def last_end_ms(self, name: str, at_ms: int) -> int:
        """The end of the last window of an indicator that was due at a time."""
        source = self.lines.sources[name]
        return source.last_end_ms(at_ms - source.settle_ms)

    def from_ms(self, name: str, end_ms: int) -> int:
        """From which event time on readings matter to the window that ends at `end_ms`."""
        line = self.line(name, end_ms)
        begin_ms = line.windows.begin_ms(end_ms) if line.indicator.measured else end_ms
        if line.indicator.measured and not line.indicator.metrics:
            begin_ms = min(begin_ms, end_ms - int(self.lines.inputs.heard_span_ms(line.plan).max(initial=0)))
        read = [(r.link.reads, ends[0]) for r in line.readings if (ends := r.link.ends_ms(end_ms)) and ends[0]]
        return min(begin_ms - BEFORE_MS, *(self.from_ms(*one) for one in read)) if read else begin_ms - BEFORE_MS

    def fold(self, partition: str, log: Iterable[Logged], listening_ms: int) -> None:
        """Take in the log of one partition; listening_ms: since when, as far as known, the city is listened to.

        What came in after the last tick is not decided yet and stays out, as in the engine.
        """
        devices = {device.id: device for device in self._ground.devices}
        carried = needed({line.key: line.indicator for line in self.lines})
        fold = PartitionFold(0, self._metrics, self._ground.feeds, devices, carried)
        self.lines.inputs.listen(listening_ms)
        for entry, record in log:
            if isinstance(record, ReadingBatch):
                if (ours := self._of_ours(record)) is not None:
                    fold.fold(ours)
                    self._readings.append((partition, entry, ours))
            elif isinstance(record, Tick):
                if (panes := fold.tick(record.now_ms)) is not None:
                    self._take(panes)
            else:
                fold.fold_events(record)

    def value_sources(self, line: Line, end_ms: int) -> None:
        """Value the windows of other indicators that a window reads, and theirs."""
        for reading in line.readings:
            for source_ms in reading.link.ends_ms(end_ms):
                if source_ms and (reading.link.reads, source_ms) not in self._valued:
                    self._valued.add((reading.link.reads, source_ms))
                    self._value_all(self.line(reading.link.reads, source_ms), source_ms)

    def panes_of(self, station: str, metrics: Sequence[str], begin_ms: int, end_ms: int) -> tuple[PaneTold, ...]:
        """The panes of a station in a window, by metric and time."""
        found = (pane for metric in metrics for _, pane in sorted(self._panes[station, metric].items()))
        return tuple(pane for pane in found if begin_ms < pane.end_ms <= end_ms)

    def readings_of(self, station: str, metrics: Sequence[str], begin_ms: int, end_ms: int) -> tuple[ReadingTold, ...]:
        """The readings of a station in a window, by event time, told twice where they came twice."""
        found = []
        for partition, entry, batch in self._readings:
            if station not in batch.devices:
                continue
            inside = (batch.event_ms > begin_ms) & (batch.event_ms <= end_ms)
            for row in np.flatnonzero(inside & (batch.device == batch.devices.index(station))).tolist():
                metric = batch.metrics[batch.metric[row]]
                if not metrics or metric in metrics:
                    columns = int(batch.event_ms[row]), float(batch.value[row]), int(batch.quality[row])
                    found.append(ReadingTold(partition, entry, metric, *columns))
        return tuple(sorted(found, key=lambda one: one.event_ms))

    def _value_all(self, line: Line, end_ms: int) -> None:
        self.value_sources(line, end_ms)
        valued = self.valuation.valued(line, end_ms, line.plan.all, NOBODY)
        source = self.lines.sources[line.indicator.id]
        members = np.array([source.subjects[subject] for subject in line.plan.subjects], dtype=np.intp)
        source.told.put(end_ms, members, valued.carried)

    def _of_ours(self, batch: ReadingBatch) -> ReadingBatch | None:
        """The rows of devices that matter, None without any."""
        wanted = np.array([name in self._ours for name in batch.devices], dtype=np.bool_)
        if not wanted.any():
            return None
        rows = np.flatnonzero(wanted[batch.device])
        columns = ("device", "metric", "event_ms", "value", "quality")
        return replace(batch, **{name: getattr(batch, name)[rows] for name in columns})

    def _take(self, panes: PaneBatch) -> None:
        self.lines.inputs.fold(panes)
        self.lines.inputs.take_changes()
        for row in range(len(panes)):
            key = panes.devices[panes.device[row]], panes.metrics[panes.metric[row]]
            end_ms = int(panes.pane_end_ms[row])
            whole = int(panes.count[row]), told(panes.total[row]), told(panes.low[row]), told(panes.high[row])
            newest = told(panes.last[row]), int(panes.last_ms[row])
            self._panes[key][end_ms] = PaneTold(key[1], end_ms, *whole, *newest)
