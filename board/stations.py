"""Devices on the map: stations with their newest readings, vehicles with their position; who fell silent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from board.canvas import Canvas, Record
from board.deadlines import Deadlines
from board.names import Names
from board.words import level_word
from catalogue.declared import Declared
from core.declared import SELDOM, Device
from core.records import Level, PaneBatch

LONGITUDE, LATITUDE, SPEED = "lon_deg", "lat_deg", "speed_kmh"  # what a vehicle says of itself
UNPLACED_LATE_AFTER_S = 3600  # nobody declared how often such a device speaks
UNPLACED_LISTED = 100  # the others are only counted: anybody may publish under any name
UNPLACED_COUNTED = 100_000


@dataclass(slots=True)
class Heard:
    """What is known of one device: event time of its newest word, newest reading by metric, silent or not.

    clock_s, settles_ms: how far its clock runs ahead, and the span of event time that settles, as in `PaneBatch`.
    """

    newest_ms: int = 0
    silent: bool = False
    readings: dict[str, tuple[float, int]] = field(default_factory=dict)
    clock_s: int = 0
    settles_ms: tuple[int, int] = (0, 0)

    @property
    def is_settling(self) -> bool:
        """Whether its newest word came while it settles 上电, and so counts for nothing."""
        return self.settles_ms[0] <= self.newest_ms <= self.settles_ms[1] and self.newest_ms > 0


@dataclass(slots=True)
class Tally:
    """How many devices of one feed report, of how many, and the newest event time among them."""

    expected: int = 0
    reporting: int = 0
    newest_ms: int = 0


class Stations:
    """All devices but the probe's. A device that nobody declared is unplaced: kept and counted, never drawn."""

    def __init__(self, declared: Declared, names: Names) -> None:
        self._names = names
        self._feeds = declared.feeds
        self._devices = {
            device.id: device for device in declared.devices.values() if declared.feeds[device.feed].kind not in SELDOM
        }
        self._probes = declared.devices.keys() - self._devices.keys()
        self._heard: dict[str, Heard] = {name: Heard() for name in self._devices}
        self._tallies = {feed: Tally() for feed in declared.feeds}
        for device in self._devices.values():
            self._tallies[device.feed].expected += 1
        self._deadlines = Deadlines()
        self._unlisted: set[str] = set()
        self._levels: Mapping[str, Mapping[str, Level]] = {}
        self._dirty: set[str] = set(self._devices)
        self._turned: set[str] = set(self._devices)  # state or level changed: shown at once

    def fold(self, batch: PaneBatch) -> set[str]:
        """Take in readings and events. Returns the feeds that were heard of."""
        feeds = set()
        columns = (batch.device, batch.metric, batch.count, batch.last_ms, batch.last)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        for device_row, metric_row, count, last_ms, last in rows:
            device = batch.devices[device_row]
            if device in self._probes or self._is_too_much(device):
                continue
            feeds.add(self._hear(device, last_ms))
            metric = batch.metrics[metric_row]
            readings = self._heard[device].readings
            if count and (metric not in readings or last_ms >= readings[metric][1]):  # 0: alive, nothing in range
                readings[metric] = (last, last_ms)
        for event in batch.events:
            feeds.add(self._hear_feed(event.feed, event.told_ms))
            if not self._is_too_much(event.device):
                feeds.add(self._hear(event.device, event.told_ms))
        self._judge(batch)
        return feeds - {""}

    def tick(self, city_now_ms: int) -> set[str]:
        """Find out who fell silent. Returns the feeds concerned."""
        feeds = set()
        for name in self._deadlines.expire(city_now_ms):
            self._heard[name].silent = True
            self._dirty.add(name)
            self._turned.add(name)
            if feed := self._feed_of(name):
                self._tallies[feed].reporting -= 1
                feeds.add(feed)
        return feeds

    def set_levels(self, levels: Mapping[str, Mapping[str, Level]]) -> None:
        """The gravest active warning of each grade at each subject; devices among them are drawn with them."""
        for name in self._heard.keys() & (self._levels.keys() | levels.keys()):
            if self._levels.get(name) != levels.get(name):
                self._dirty.add(name)
                self._turned.add(name)
        self._levels = levels

    def paint(self, canvas: Canvas) -> None:
        """Show what changed since the last call."""
        for name in self._dirty:
            section, record = self._record(name)
            canvas.put(section, name, record, urgent=name in self._turned)
        self._dirty.clear()
        self._turned.clear()

    def tally(self, feed: str) -> Tally:
        """How a feed reports now."""
        return self._tallies[feed]

    @property
    def unplaced(self) -> int:
        """How many devices spoke that nobody declared."""
        return len(self._heard) - len(self._devices) + len(self._unlisted)

    def snapshot(self) -> dict[str, Any]:
        """What `restore` needs, ready for JSON."""
        return {
            name: [one.newest_ms, one.silent, one.readings, one.clock_s, one.settles_ms]
            for name, one in self._heard.items()
            if one.newest_ms
        }

    def restore(self, kept: Mapping[str, Any]) -> None:
        """Continue from a snapshot; new devices were never heard, and such as nobody declares are unplaced."""
        until: dict[str, int] = {}
        for name, (newest_ms, silent, readings, clock_s, settles_ms) in kept.items():
            known = {metric: (float(value), int(at_ms)) for metric, (value, at_ms) in readings.items()}
            self._heard[name] = Heard(newest_ms, silent, known, clock_s, (settles_ms[0], settles_ms[1]))
            if not silent:
                until[name] = newest_ms + self._late_after_ms(name)
            if feed := self._feed_of(name):
                tally = self._tallies[feed]
                tally.reporting += not silent
                tally.newest_ms = max(tally.newest_ms, newest_ms)
        self._deadlines.revive(until)
        self._dirty = set(self._heard)

    def _judge(self, batch: PaneBatch) -> None:
        """Take in what the first stage says of devices: a wrong clock, and who settles after a start."""
        for name, clock_s in batch.clock_s.items():
            if name in self._heard:
                self._heard[name].clock_s = clock_s
                self._dirty.add(name)
        for name, span_ms in batch.settling.items():
            if name in self._heard:
                self._heard[name].settles_ms = span_ms
                self._dirty.add(name)

    def _is_too_much(self, name: str) -> bool:
        """True for one more undeclared device than are listed; it is counted."""
        if name in self._heard or len(self._heard) - len(self._devices) < UNPLACED_LISTED:
            return False
        if len(self._unlisted) < UNPLACED_COUNTED:
            self._unlisted.add(name)
        return True

    def _hear(self, name: str, at_ms: int) -> str:
        """A device said something that happened at `at_ms`. Returns its feed, "" when unplaced."""
        if name not in self._heard:
            self._heard[name] = Heard()
            self._turned.add(name)
        one, feed = self._heard[name], self._feed_of(name)
        self._dirty.add(name)
        one.newest_ms = max(one.newest_ms, at_ms)
        if self._deadlines.extend(name, one.newest_ms + self._late_after_ms(name)):
            one.silent = False
            self._turned.add(name)
            if feed:
                self._tallies[feed].reporting += 1
        return self._hear_feed(feed, at_ms)

    def _hear_feed(self, feed: str, at_ms: int) -> str:
        if feed in self._tallies:
            self._tallies[feed].newest_ms = max(self._tallies[feed].newest_ms, at_ms)
        return feed

    def _feed_of(self, name: str) -> str:
        device = self._devices.get(name)
        return device.feed if device else ""

    def _late_after_ms(self, name: str) -> int:
        feed = self._feed_of(name)
        return (self._feeds[feed].late_after_s if feed else UNPLACED_LATE_AFTER_S) * 1000

    def _record(self, name: str) -> tuple[str, Record]:
        device, one = self._devices.get(name), self._heard[name]
        tells_its_place = {LONGITUDE, LATITUDE} <= one.readings.keys()
        if tells_its_place if device is None else self._feeds[device.feed].kind == "vehicle":
            return "vehicles", self._vehicle(name, one)
        return "stations", self._station(name, device, one)

    def _is_on_map(self, device: Device) -> bool:
        """Whether such a device belongs on the map at all: a hotline or an office of statistics does not."""
        return self._feeds[device.feed].kind in ("station", "camera")

    def _vehicle(self, name: str, one: Heard) -> Record:
        def newest(metric: str) -> float | None:
            return one.readings[metric][0] if metric in one.readings else None

        return {
            "name": self._names.subject(name),
            "lon": newest(LONGITUDE),
            "lat": newest(LATITUDE),
            "ms": one.newest_ms,
            "speed_kmh": newest(SPEED),
        }

    def _station(self, name: str, device: Device | None, one: Heard) -> Record:
        place = device.place if device else None
        graded = self._levels.get(name, {})
        return {
            "name": self._names.subject(name),
            "kind": self._feeds[device.feed].kind if device else "",
            "feed": device.feed if device else "",
            "area": self._names.county_of(name) if device and device.area else "",
            "lon": place.lon_deg if place else None,
            "lat": place.lat_deg if place else None,
            "state": "never" if not one.newest_ms else "silent" if one.silent else "ok",
            "newest_ms": one.newest_ms,
            "clock_s": one.clock_s,
            "settling": one.is_settling,
            "level": level_word(max(graded.values(), default=Level.NORMAL)),
            "graded": {grade: level_word(level) for grade, level in graded.items()},
            "simulated": bool(device and device.simulated),
            "unplaced": device is None or (place is None and not device.area and self._is_on_map(device)),
            "readings": {metric: list(reading) for metric, reading in sorted(one.readings.items())},
        }
