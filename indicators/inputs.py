"""What the second stage keeps of the first: the panes of each metric and event type, and who was heard when. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise, repeat
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.declared import Device, Feed
from core.records import MINUTE_MS, Event, Float64, Int64, PaneBatch
from geo.areas import AreaTree
from indicators.aggregate import columns_of, looks_back
from indicators.cells import Cells, Kept, Taken, taken
from indicators.chunks import Columns
from indicators.definition import WindowKind
from indicators.plan import Plan, Roster, matches
from indicators.since import Began, Beginnings
from indicators.spans import Column, Which, empty_of, is_sketch, is_time, joined, members_of
from indicators.table import HeardTable, PaneTable
from indicators.windows import Windows

AT_ONCE = 16_384  # members whose columns are added up together, so that they stay in the processor's cache
COUNTS = ("last_ms", "count")  # what is kept of events
PLAIN = ("count", "total", "low", "high", "last_ms", "last")  # columns of every pane


Told = Callable[[str, Which], Column]  # a column of some of the rows that were told


class Change(NamedTuple):
    """Panes that changed at one pane end, for one indicator: windows that end in [pane_end, pane_end + reach)."""

    indicator: str
    pane_end_ms: int
    reach_ms: int
    devices: Int64


@dataclass(frozen=True, slots=True)
class Supply:
    """The panes of one metric or event type, over the devices that are expected to bring it."""

    roster: Roster
    table: PaneTable
    late_after_ms: Int64  # of each member
    indicators: tuple[str, ...]


class Inputs:
    """Panes and hearings of all devices as long as some window, or a late correction of one, can need them."""

    def __init__(
        self, plans: Mapping[str, Plan], devices: Sequence[Device], feeds: Mapping[str, Feed], areas: AreaTree
    ) -> None:
        """devices: all of the city, in the order of their numbers."""
        self._plans, self._devices, self._feeds = plans, devices, feeds
        self._number = {device.id: number for number, device in enumerate(devices)}
        self._kind = np.array([feeds[device.feed].kind for device in devices], dtype=np.str_)
        self._late_after_ms: Int64 = self._of_feed("late_after_s")
        self._lateness_ms: Int64 = self._of_feed("lateness_s")
        self._windows = {plan: self._made_windows(plan, plan.indicator.settle_s) for plan in plans.values()}
        names = sorted({metric for plan in plans.values() for metric in plan.indicator.metrics})
        self.metrics = {name: self._supply_of_metric(name) for name in names}
        self.events: dict[str, Supply] = {}  # by type, as types appear; types can be invented, so empty ones go again
        self.heard = HeardTable(len(devices))
        self._by_hearing = [name for name, plan in plans.items() if not plan.indicator.metrics]
        self._listened_to = np.zeros(len(devices) + 1, dtype=np.bool_)  # the last one: an unknown device
        for name in self._by_hearing:
            self._listened_to[plans[name].stations.devices] = True
        self._since_event = [name for name, plan in plans.items() if plan.indicator.window is WindowKind.SINCE_EVENT]
        self._since = Beginnings(devices if self._since_event else (), areas)
        self._named: dict[int, tuple[tuple[str, ...], Int64]] = {}  # by partition: the last devices, and their numbers
        self.passed_ms = 0  # time of the last tick
        self.since_ms = 0  # since when devices are listened to; 0 before anything came
        self._settled_ms = 0  # time of the tick that last merged and forgot panes
        self._changed: dict[tuple[str, int, int], list[Int64]] = defaultdict(list)

    def windows(self, plan: Plan, settle_s: int) -> Windows:
        """The windows of an indicator, due so long after their end; what they may need again is kept."""
        self._windows[plan] = self._made_windows(plan, settle_s)
        return self._windows[plan]

    def fold(self, panes: PaneBatch) -> None:
        """Put the changed panes of one partition in place; those of unknown devices are left out."""
        device = self._numbers(panes)[panes.device]
        for at, name in enumerate(panes.metrics):
            if name in self.metrics:
                rows = np.flatnonzero(panes.metric == at)
                self._put(self.metrics[name], rows, device, panes.pane_end_ms, partial(_column, panes))
        self._hear(device, panes.last_ms)
        self._fold_counts(panes.event_counts)
        self._fold_events(panes.events)

    def measured(self, plan: Plan, metric: str, cells: Cells) -> Taken:
        """The aggregate of one metric for some windows of some of the plan's stations.

        Stations that do not declare the metric have brought nothing. Since an event: nothing where none began.
        """
        kept = self.metrics[metric]
        member = kept.roster.row[plan.stations.devices[cells.stations]]
        found = Taken(np.full(len(cells), np.nan), np.zeros(len(cells), dtype=np.int64))
        at_once = max(1, AT_ONCE // len(cells.ends_ms))
        for begins_ms, places, counts in self._by_begin(plan, cells):
            at = places[member[places] >= 0]
            for start in range(0, len(at), at_once):
                some = at[start : start + at_once]
                asked, here = Kept(kept.table, member[some], kept.late_after_ms[member[some]]), cells.places(some)
                value, found.newest_ms[here] = taken(asked, plan.indicator, begins_ms, cells.ends_ms)
                found.value[here] = value if counts else np.nan
        return found

    def begins_ms(self, plan: Plan, end_ms: int, rows: Int64) -> Int64:
        """int64 (n,): after which time the window that ends at `end_ms` begins, for rows of the plan's stations.

        It differs between stations only for windows since an event, and is 0 where no event began in `window_s`.
        """
        indicator, windows = plan.indicator, self._windows[plan]
        if indicator.window is not WindowKind.SINCE_EVENT:
            return np.full(len(rows), windows.begin_ms(end_ms), dtype=np.int64)
        types = [told for told in self._since.types if matches(told, [indicator.since_event])]
        event_ms = self._since.newest_ms(types, end_ms - 1, plan.stations.devices[rows])
        begin_ms = windows.since_ms(event_ms)
        return np.where((event_ms > 0) & (begin_ms >= windows.begin_ms(end_ms)), begin_ms, 0)

    def events_in(self, plan: Plan, cells: Cells) -> Float64:
        """float64, by cell: how many events began in the window; 0 for none."""
        count = np.zeros(len(cells))
        begins_ms = self._begins_ms(plan, cells)
        for event_type, kept in self.events.items():
            if matches(event_type, plan.indicator.event_types):
                member = kept.roster.row[plan.stations.devices[cells.stations]]
                spans = kept.table.spans(begins_ms, cells.ends_ms, member)
                count += joined(spans, ("count",), member, np.zeros(len(cells), dtype=np.int64))["count"]
        return count

    def heard_ms(self, plan: Plan, cells: Cells) -> Int64:
        """int64, by cell: when the station was last heard up to the end; 0 when too long ago to be alive."""
        longest_ms = int(self.heard_span_ms(plan).max(initial=0))
        return self.heard.newest_ms(cells.ends_ms - longest_ms, cells.ends_ms, plan.stations.devices[cells.stations])

    def take_changes(self) -> list[Change]:
        """What changed since this was last asked, for each indicator that it concerns; devices may come twice."""
        changes = [Change(*key, np.concatenate(devices)) for key, devices in self._changed.items()]
        self._changed.clear()
        return changes

    def earliest_ms(self, plan: Plan) -> int:
        """End of the earliest pane that an indicator has; one of events or hearing: since when we listen; else 0."""
        if not plan.indicator.metrics:
            return self.since_ms
        tables = [self.metrics[metric].table for metric in plan.indicator.metrics]
        return min((table.ends_ms[0] for table in tables if table.ends_ms), default=0)

    def pane_ends_ms(self, plan: Plan) -> list[int]:
        """Ends of all panes of an indicator that counts readings or events; none of one that only listens."""
        events = [kept for name, kept in self.events.items() if matches(name, plan.indicator.event_types)]
        inputs = [*(self.metrics[metric] for metric in plan.indicator.metrics), *events]
        return sorted({end_ms for kept in inputs for end_ms in kept.table.ends_ms})

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
        """End of a tick; once a minute merge and forget what no correction can reach any more."""
        self.passed_ms = now_ms
        if now_ms // MINUTE_MS > self._settled_ms // MINUTE_MS:
            self._settled_ms = now_ms
            self._settle()

    def listen(self, now_ms: int) -> None:
        """Begin to listen at the latest now; nobody can have been silent before."""
        self.since_ms = self.since_ms or now_ms

    def supply_of_event(self, event_type: str) -> Supply:
        """The counts of one type of event, made when it first appears."""
        if event_type not in self.events:
            users = [n for n, p in self._plans.items() if matches(event_type, p.indicator.event_types)]
            self.events[event_type] = self._supply(users, COUNTS)
        return self.events[event_type]

    def dirty(self) -> dict[bytes, bytes | None]:
        """Chunks that changed since this was last asked; None: dropped. Ask right after a tick only."""
        tables = {f"metric:{name}": kept.table for name, kept in self.metrics.items()}
        tables |= {f"event:{name}": kept.table for name, kept in self.events.items()}
        parts: dict[str, PaneTable | HeardTable | Beginnings] = {**tables, "heard": self.heard, "since": self._since}
        chunks = {
            f"{name}:{key}".encode(): chunk for name, part in parts.items() for key, chunk in part.dirty().items()
        }
        self.events = {name: kept for name, kept in self.events.items() if kept.table.ends_ms}
        chunks[b"settled"] = str(self._settled_ms).encode()
        return chunks

    def restore(self, chunks: Mapping[bytes, bytes], now_ms: int, since_ms: int) -> None:
        """Put back what `dirty` gave, as of the tick at `now_ms`."""
        self.passed_ms, self.since_ms = now_ms, since_ms
        self._settled_ms = int(chunks.get(b"settled", b"0"))
        held: dict[str, list[tuple[str, bytes]]] = defaultdict(list)
        of_table: dict[tuple[str, str], list[tuple[str, bytes]]] = defaultdict(list)
        for key, chunk in chunks.items():
            kind, _, rest = key.decode().partition(":")
            if kind in ("metric", "event"):
                name, end_ms, block = rest.rsplit(":", 2)
                of_table[kind, name].append((f"{end_ms}:{block}", chunk))
            else:
                held[kind].append((rest, chunk))
        for (kind, name), rows in of_table.items():
            (self.metrics[name] if kind == "metric" else self.supply_of_event(name)).table.restore(rows)
        self.heard.restore(held["heard"])
        self._since.restore(held["since"])
        self._settle()

    def _settle(self) -> None:
        """Merge and forget as of the tick that last did; doing it again changes nothing."""
        now_ms = self._settled_ms
        for kept in (*self.metrics.values(), *self.events.values()):
            windows = [self._windows[self._plans[name]] for name in kept.indicators]
            if windows:
                upto_ms = min(each.settled_ms(now_ms) for each in windows)
                forget_ms = min(each.needed_after_ms(now_ms) for each in windows)
                kept.table.settle(upto_ms, forget_ms, partial(_divided, windows, now_ms))
        hearing = [self._windows[self._plans[name]] for name in self._by_hearing]
        self.heard.settle(min((each.settled_ms(now_ms) for each in hearing), default=0))
        since = [self._windows[self._plans[name]] for name in self._since_event]
        self._since.forget(min((each.since_ms(each.needed_after_ms(now_ms)) for each in since), default=0))

    def _numbers(self, panes: PaneBatch) -> Int64:
        """int64 (devices,): the number of each device, -1 of an unknown one; mostly the same ones tell as before."""
        names, numbers = self._named.get(panes.partition, ((), np.zeros(0, dtype=np.int64)))
        if names != panes.devices:
            names = panes.devices
            numbers = np.fromiter(map(self._number.get, names, repeat(-1)), np.int64, len(names))
            self._named[panes.partition] = names, numbers
        return numbers

    def _by_begin(self, plan: Plan, cells: Cells) -> Iterator[tuple[Int64, NDArray[np.intp], bool]]:
        """The beginnings of the windows (w,), at which of the cells' stations, and whether what came since counts.

        Since an event windows are looked up one at a time. Where none began, it is only heard who is alive.
        """
        if plan.indicator.window is not WindowKind.SINCE_EVENT:
            yield self._begins_ms(plan, cells), np.arange(len(cells.stations)), True
            return
        begins_ms = self.begins_ms(plan, cells.end_ms, cells.stations)
        for begin_ms in np.unique(begins_ms):
            since_ms = np.where(begin_ms > 0, begin_ms, cells.ends_ms - plan.indicator.window_s * 1000)
            yield since_ms, np.flatnonzero(begins_ms == begin_ms), bool(begin_ms > 0)

    def _begins_ms(self, plan: Plan, cells: Cells) -> Int64:
        begin_ms = self._windows[plan].begin_ms
        return np.array([begin_ms(end_ms) for end_ms in cells.ends_ms.tolist()], dtype=np.int64)

    def _put(self, to: Supply, rows: Int64, device: Int64, end_ms: Int64, told: Told) -> None:
        """Rows (n,) of what was told, with device and end of all of it; what is settled or expected of nobody stays."""
        rows = rows[(to.roster.row[device[rows]] >= 0) & (end_ms[rows] > to.table.settled_ms)]
        for run in _runs(rows, end_ms[rows]):
            pane_end_ms, some = int(end_ms[run[0]]), members_of(run)
            columns = {name: told(name, some) for name in to.table.names}
            to.table.put(pane_end_ms, to.roster.row[device[some]], columns)
            for name in to.indicators:
                reach_ms = self._plans[name].indicator.window_s * 1000
                self._changed[name, pane_end_ms, reach_ms].append(device[some])

    def _hear(self, device: Int64, heard_ms: Int64) -> None:
        listened_to = self._listened_to[device]
        device, heard_ms = device[listened_to], heard_ms[listened_to]
        if not len(device):
            return
        earliest_ms = int(heard_ms.min())
        self.since_ms = min(self.since_ms or earliest_ms, earliest_ms)
        end_ms = self.heard.put(device, heard_ms)
        reach_ms = {n: int(self.heard_span_ms(self._plans[n]).max(initial=0)) for n in self._by_hearing}
        for minute_ms in np.unique(end_ms[end_ms > 0]).tolist():
            heard = device[end_ms == minute_ms]
            for name in self._by_hearing:
                self._changed[name, minute_ms, reach_ms[name]].append(heard)

    def _fold_counts(self, counts: Iterable[tuple[str, str, int, int]]) -> None:
        by_type = defaultdict(list)
        for name, event_type, end_ms, count in counts:
            if name in self._number:
                by_type[event_type].append((end_ms, self._number[name], count))
        for event_type, rows in sorted(by_type.items()):
            end_ms, device, count = np.array(sorted(rows), dtype=np.int64).T
            told = partial(_cells, {"count": count, "last_ms": end_ms})
            self._put(self.supply_of_event(event_type), np.arange(len(rows)), device, end_ms, told)

    def _fold_events(self, events: Iterable[Event]) -> None:
        """Every telling shows that its device is alive; some begin windows."""
        known = [(event, self._number[event.device]) for event in events if event.device in self._number]
        if known:
            self._hear(*np.array([(device, event.told_ms) for event, device in known], dtype=np.int64).T)
        for event, device in known:
            plans = [
                name for name in self._since_event if matches(event.type, [self._plans[name].indicator.since_event])
            ]
            for began in self._since.put(event, device) if plans else ():
                for name in plans:
                    self._begin(name, began)

    def _begin(self, name: str, began: Began) -> None:
        """An event began, or did not: the windows behind it are others now."""
        plan = self._plans[name]
        begin_ms = self._windows[plan].since_ms(began.began_ms)
        touched = self._since.holds_for(began.device, plan.stations.devices)
        self._changed[name, begin_ms + 1, plan.indicator.window_s * 1000].append(touched)

    def _supply_of_metric(self, metric: str) -> Supply:
        users = [name for name, plan in self._plans.items() if metric in plan.indicator.metrics]
        names = dict.fromkeys(column for name in users for column in columns_of(self._plans[name].indicator))
        return self._supply(users, tuple(names), metric)

    def _supply(self, users: Sequence[str], names: Sequence[str], metric: str = "") -> Supply:
        """metric: only devices that declare it; else all stations of the indicators."""
        stations = {int(number) for name in users for number in self._plans[name].stations.devices}
        members = sorted(n for n in stations if not metric or metric in self._devices[n].metrics)
        roster = Roster(np.array(members, dtype=np.int64), len(self._devices))
        late_after_ms = self._late_after_ms[roster.devices]
        return Supply(roster, PaneTable(len(roster), names, late_after_ms), late_after_ms, tuple(users))

    def _made_windows(self, plan: Plan, settle_s: int) -> Windows:
        lead_ms = int(self._late_after_ms[plan.stations.devices].max(initial=0)) if looks_back(plan.indicator) else 0
        return Windows(replace(plan.indicator, settle_s=settle_s), self.lateness_ms(plan), lead_ms)

    def _of_feed(self, name: str) -> Int64:
        return np.array([getattr(self._feeds[d.feed], name) * 1000 for d in self._devices], dtype=np.int64)


def _cells(columns: Columns, name: str, some: Which) -> Column:
    return columns[name][some]


def _column(panes: PaneBatch, name: str, some: Which) -> Column:
    """One column of `indicators/spans.py` from some rows of what the first stage told."""
    count = panes.count[some]
    if is_sketch(name):
        column = empty_of(name, len(count))
        if told := panes.sketches.get(name):
            column[:] = told[some] if isinstance(some, slice) else [told[row] for row in some.tolist()]
        return column
    if name == "last_at_ms":
        return np.where(count > 0, panes.last_ms[some], 0)
    if name in PLAIN:
        return np.asarray(getattr(panes, name)[some])
    column = panes.measures[name][some] if name in panes.measures else np.full(len(count), np.nan)
    if name == "first":
        return column
    known = np.where(np.isnan(column), 0.0, column)
    return known.astype(np.int64) if is_time(name) else known


def _runs(rows: NDArray[np.intp], end_ms: Int64) -> Iterator[NDArray[np.intp]]:
    """Rows that follow each other and end together; one end may come in several runs."""
    bounds = (0, *(np.flatnonzero(np.diff(end_ms)) + 1).tolist(), len(rows))
    return (rows[start:stop] for start, stop in pairwise(bounds) if stop > start)


def _divided(windows: Sequence[Windows], now_ms: int, end_ms: int, next_end_ms: int) -> bool:
    """True when a window that may be valued again begins behind one row and before the end of the next."""
    return any(each.next_begin_ms(end_ms, now_ms) < next_end_ms for each in windows)
