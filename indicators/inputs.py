"""What the second stage keeps of the first: the panes of each metric and event type, and who was heard when. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.declared import Device, Feed
from core.records import Float64, Int64, PaneBatch
from indicators.aggregate import aggregated, newest_ms
from indicators.definition import Aggregate
from indicators.plan import Plan, Roster, matches
from indicators.table import PANE, HeardTable, PaneTable


class Taken(NamedTuple):
    """What stations brought in one window: their number, NaN without any, and when they were last heard, 0 never."""

    value: Float64
    newest_ms: Int64


class Change(NamedTuple):
    """Panes that changed at one pane end, for one indicator: windows that end in [pane_end, pane_end + reach)."""

    indicator: str
    pane_end_ms: int
    reach_ms: int
    devices: Int64


@dataclass(frozen=True, slots=True)
class Input:
    """The panes of one metric or event type, over the devices that are expected to bring it."""

    roster: Roster
    table: PaneTable
    keep_ms: int
    indicators: tuple[str, ...]


class Inputs:
    """Panes and hearings of all devices as long as some window, or a late correction of one, can need them."""

    def __init__(self, plans: Mapping[str, Plan], devices: Sequence[Device], feeds: Mapping[str, Feed]) -> None:
        """devices: all of the city, in the order of their numbers."""
        self._plans, self._devices, self._feeds = plans, devices, feeds
        self._number = {device.id: number for number, device in enumerate(devices)}
        self._kind = np.array([feeds[device.feed].kind for device in devices], dtype=np.str_)
        self._late_after_ms: Int64 = self._of_feed("late_after_s")
        self._lateness_ms: Int64 = self._of_feed("lateness_s")
        names = sorted({metric for plan in plans.values() for metric in plan.indicator.metrics})
        self.metrics = {name: self._metric_input(name) for name in names}
        self.events: dict[str, Input] = {}  # by type, as types appear; types can be invented, so empty ones go again
        self.heard = HeardTable(len(devices))
        by_hearing = [plan for plan in plans.values() if not plan.indicator.metrics]
        self._listened_to = np.zeros(len(devices) + 1, dtype=np.bool_)  # the last one: an unknown device
        self._heard_keep_ms = 0
        for plan in by_hearing:
            self._listened_to[plan.stations.devices] = True
            keep_ms = self.lateness_ms(plan) + 1000 * (plan.indicator.slide_s + plan.indicator.settle_s)
            self._heard_keep_ms = max(self._heard_keep_ms, keep_ms)
        self.passed_ms = 0  # time of the last tick: what it allowed to be forgotten is forgotten
        self.since_ms = 0  # since when devices are listened to; 0 before anything came
        self._changed: dict[tuple[str, int, int], list[Int64]] = defaultdict(list)

    def fold(self, panes: PaneBatch) -> None:
        """Put the changed panes of one partition in place; those of unknown devices are left out."""
        numbers = np.array([self._number.get(name, -1) for name in panes.devices], dtype=np.int64)
        device = numbers[panes.device]
        for at, name in enumerate(panes.metrics):
            if name in self.metrics:
                rows = np.flatnonzero(panes.metric == at)
                columns = {column: getattr(panes, column)[rows] for column in PANE}
                self._put(self.metrics[name], device[rows], panes.pane_end_ms[rows], columns)
        self._hear(device, panes.last_ms)
        self._fold_counts(panes.event_counts)
        told = [(self._number[e.device], e.told_ms) for e in panes.events if e.device in self._number]
        if told:
            self._hear(*np.array(told, dtype=np.int64).T)

    def measured(self, plan: Plan, metric: str, end_ms: int, rows: Int64) -> Taken:
        """The aggregate of one metric over the window that ends at a time, for rows (n,) of the plan's stations.

        Stations that do not declare the metric have brought nothing.
        """
        kept, indicator = self.metrics[metric], plan.indicator
        window = kept.table.rows(end_ms - indicator.window_s * 1000, end_ms)
        member = kept.roster.row[plan.stations.devices[rows]]
        value = aggregated(kept.table.cells, window, indicator.aggregate)[member]
        heard_ms = newest_ms(kept.table.cells, window)[member]
        none = member < 0
        return Taken(np.where(none, np.nan, value), np.where(none, 0, heard_ms))

    def events_in(self, plan: Plan, end_ms: int, rows: Int64) -> Float64:
        """float64 (n,): how many events began in the window, for rows of the plan's stations; 0 for none."""
        count = np.zeros(len(rows))
        for event_type, kept in self.events.items():
            if matches(event_type, plan.indicator.event_types):
                window = kept.table.rows(end_ms - plan.indicator.window_s * 1000, end_ms)
                counted = aggregated(kept.table.cells, window, Aggregate.COUNT)
                count += np.nan_to_num(counted[kept.roster.row[plan.stations.devices[rows]]])
        return count

    def heard_ms(self, plan: Plan, end_ms: int, rows: Int64) -> Int64:
        """int64 (n,): when each of the plan's stations was last heard up to a time, 0 for never."""
        return self.heard.newest_ms(end_ms)[plan.stations.devices[rows]]

    def take_changes(self) -> list[Change]:
        """What changed since this was last asked, for each indicator that it concerns."""
        changes = [Change(*key, np.unique(np.concatenate(devices))) for key, devices in self._changed.items()]
        self._changed.clear()
        return changes

    def earliest_ms(self, plan: Plan) -> int:
        """End of the earliest pane that an indicator has; one of events or hearing: since when we listen; else 0."""
        if not plan.indicator.metrics:
            return self.since_ms
        tables = [self.metrics[metric].table for metric in plan.indicator.metrics]
        return min((int(table.ends_ms[0]) for table in tables if len(table.ends_ms)), default=0)

    def pane_ends_ms(self, plan: Plan) -> list[int]:
        """Ends of all panes of an indicator that counts readings or events; none of one that only listens."""
        events = [kept for name, kept in self.events.items() if matches(name, plan.indicator.event_types)]
        inputs = [*(self.metrics[metric] for metric in plan.indicator.metrics), *events]
        return sorted({int(end_ms) for kept in inputs for end_ms in kept.table.ends_ms})

    def heard_span_ms(self, plan: Plan) -> Int64:
        """(stations,): for how long after it was heard a station counts as alive."""
        late_after_ms = self._late_after_ms[plan.stations.devices]
        span_ms: Int64 = np.maximum(late_after_ms, plan.indicator.window_s * 1000)
        return span_ms

    def is_hotline(self, plan: Plan) -> NDArray[np.bool_]:
        """(stations,): lines of a hotline; one call about any county shows that the hotline works."""
        return np.asarray(self._kind[plan.stations.devices] == "hotline")

    def lateness_ms(self, plan: Plan) -> int:
        """The longest lateness of the feeds of an indicator's stations."""
        return int(self._lateness_ms[plan.stations.devices].max(initial=0))

    def pass_time(self, now_ms: int) -> None:
        """Forget what no window can need any more as of a tick."""
        self.passed_ms = now_ms
        for kept in (*self.metrics.values(), *self.events.values()):
            kept.table.drop_before(now_ms - kept.keep_ms)
        self.heard.drop_before(now_ms - self._heard_keep_ms)

    def listen(self, now_ms: int) -> None:
        """Begin to listen at the latest now; nobody can have been silent before."""
        self.since_ms = self.since_ms or now_ms

    def _put(self, to: Input, device: Int64, end_ms: Int64, columns: Mapping[str, NDArray[np.generic]]) -> None:
        member = to.roster.row[device]
        wanted = np.flatnonzero((member >= 0) & (end_ms >= self.passed_ms - to.keep_ms))
        if not len(wanted):
            return
        device, end_ms = device[wanted], end_ms[wanted]
        to.table.put(end_ms, member[wanted], {name: column[wanted] for name, column in columns.items()})
        for indicator in to.indicators:
            self._note(indicator, self._plans[indicator].indicator.window_s * 1000, end_ms, device)

    def _hear(self, device: Int64, heard_ms: Int64) -> None:
        listened_to = self._listened_to[device]
        device, heard_ms = device[listened_to], heard_ms[listened_to]
        if not len(device):
            return
        earliest_ms = int(heard_ms.min())
        self.since_ms = min(self.since_ms or earliest_ms, earliest_ms)
        recent = heard_ms > self.passed_ms - self._heard_keep_ms
        end_ms = self.heard.put(device[recent], heard_ms[recent])
        for name, plan in self._plans.items():
            if not plan.indicator.metrics:
                reach_ms = int(self.heard_span_ms(plan).max(initial=0))
                self._note(name, reach_ms, end_ms, device[recent])

    def _fold_counts(self, counts: Iterable[tuple[str, str, int, int]]) -> None:
        by_type = defaultdict(list)
        for name, event_type, end_ms, count in counts:
            if name in self._number:
                by_type[event_type].append((self._number[name], end_ms, count))
        for event_type, rows in sorted(by_type.items()):
            device, end_ms, count = np.array(rows, dtype=np.int64).T
            columns = dict.fromkeys(PANE, np.zeros(len(rows))) | {"count": count, "last_ms": end_ms}
            self._put(self.event_input(event_type), device, end_ms, columns)

    def event_input(self, event_type: str) -> Input:
        """The counts of one type of event, made when it first appears."""
        if event_type not in self.events:
            users = [n for n, p in self._plans.items() if matches(event_type, p.indicator.event_types)]
            self.events[event_type] = self._input(users)
        return self.events[event_type]

    def dirty(self) -> dict[bytes, bytes | None]:
        """Chunks that changed since this was last asked; None: dropped. Ask right after a tick only."""
        tables = {f"metric:{name}": kept.table for name, kept in self.metrics.items()}
        tables |= {f"event:{name}": kept.table for name, kept in self.events.items()}
        everything: dict[str, PaneTable | HeardTable] = {**tables, "heard:": self.heard}
        chunks = {
            f"{name}:{end_ms}".encode(): chunk
            for name, table in everything.items()
            for end_ms, chunk in table.dirty().items()
        }
        self.events = {name: kept for name, kept in self.events.items() if len(kept.table.ends_ms)}
        return chunks

    def restore(self, chunks: Mapping[bytes, bytes], now_ms: int, since_ms: int) -> None:
        """Put back what `dirty` gave, as of the tick at `now_ms`."""
        self.passed_ms, self.since_ms = now_ms, since_ms
        rows: dict[tuple[str, str], list[tuple[int, bytes]]] = defaultdict(list)
        for key, chunk in chunks.items():
            kind, _, rest = key.decode().partition(":")
            name, _, end_ms = rest.rpartition(":")
            if end_ms:
                rows[kind, name].append((int(end_ms), chunk))
        for (kind, name), table_rows in rows.items():
            if kind == "metric":
                self.metrics[name].table.restore(table_rows)
            elif kind == "event":
                self.event_input(name).table.restore(table_rows)
            elif kind == "heard":
                self.heard.restore(table_rows)

    def _metric_input(self, metric: str) -> Input:
        users = [name for name, plan in self._plans.items() if metric in plan.indicator.metrics]
        return self._input(users, metric)

    def _input(self, users: Sequence[str], metric: str = "") -> Input:
        """metric: only devices that declare it; else all stations of the indicators."""
        stations = {int(number) for name in users for number in self._plans[name].stations.devices}
        members = sorted(n for n in stations if not metric or metric in self._devices[n].metrics)
        roster = Roster(np.array(members, dtype=np.int64), len(self._devices))
        indicators = [self._plans[name].indicator for name in users]
        longest_ms = max((1000 * (i.window_s + i.slide_s + i.settle_s) for i in indicators), default=0)
        keep_ms = longest_ms + int(self._lateness_ms[roster.devices].max(initial=0))
        return Input(roster, PaneTable(len(roster)), keep_ms, tuple(users))

    def _note(self, indicator: str, reach_ms: int, end_ms: Int64, device: Int64) -> None:
        for pane_end_ms in np.unique(end_ms).tolist():
            self._changed[indicator, pane_end_ms, reach_ms].append(device[end_ms == pane_end_ms])

    def _of_feed(self, name: str) -> Int64:
        return np.array([getattr(self._feeds[d.feed], name) * 1000 for d in self._devices], dtype=np.int64)
