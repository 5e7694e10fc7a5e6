"""The demonstration city: every declared device says what it measures, as a pure function of its course and the time.

`told(after, upto)` is all that the city says in a span of its time; spans that join give the same messages as one
long span. The publisher asks span by span as its clock goes on, `past` asks for the 24 h before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import orjson

from core.declared import Device, Feed, Metric
from core.records import Event, Float64, Int64
from simulator.air import Air
from simulator.buses import buses_of
from simulator.cameras import Cameras
from simulator.faults import Fault, Faults, bent, on_the_way, slot_begin_ms
from simulator.heartbeat import Heartbeat
from simulator.hotline import Hotline
from simulator.message import Message, reading, told_at
from simulator.noise import chance, key_of
from simulator.rain import Rain
from simulator.river import River, river_of, upstream_first
from simulator.statistics import Statistics, last_month_end_ms
from simulator.weather import LonLat, Scenario, Weather, distance_km

Values = dict[str, Float64]
POSITION_NAMES = (("lon", "lon_deg"), ("lat", "lat_deg"), ("speed_kmh", "speed_kmh"), ("heading_deg", "heading_deg"))
WATCHED = "online"  # the metric of devices whose pictures are analysed


class Source(Protocol):
    """What moves one kind of device; pure.

    LIVELY_S: the slowest pace at which a wall looks alive, s. PAST_S: the past before the begin is written no
    closer than this, s; who is there and where a bus was need no more for an online rate, and a start is waited for.
    """

    METRICS: frozenset[str]
    LIVELY_S: int
    PAST_S: int

    def values(self, device: Device, at_ms: Int64, every_s: int) -> Values:
        """Metric → (n,) at the times; NaN where the device says nothing of it."""
        ...


class Witness(Protocol):
    """One kind of event source; pure."""

    def tellings(self, after_ms: int, upto_ms: int) -> list[Event]:
        """What is told in (after, upto], in time order."""
        ...

    def message(self, event: Event) -> Message:
        """One telling on the wire."""
        ...


@dataclass(frozen=True, slots=True)
class Declarations:
    """What the simulated city takes from the catalogue. centres_deg: area of a county → its centre, WGS 84."""

    metrics: Mapping[str, Metric]
    feeds: Mapping[str, Feed]
    devices: Mapping[str, Device]
    centres_deg: Mapping[str, LonLat]


@dataclass(frozen=True, slots=True)
class Course:
    """What the city goes through. Equal courses give equal cities, byte for byte.

    began_ms: when it starts to publish, city time; the typhoon's core comes from then on. compress: how much
    faster than nature (see `weather`). faults: 0 none, 1 the rates of the table in `faults`.
    """

    seed: int
    scenario: Scenario
    began_ms: int
    compress: float = 12.0
    faults: float = 1.0


@dataclass(frozen=True, slots=True)
class Reporter:
    """A device, what moves it, and its pace: it tells at phase_ms + k × pace_s.

    A demonstration tells oftener than its feed declares where that is slow, so that the wall lives; the past
    before it keeps to the declared pace, and the two fit without a gap.
    """

    device: Device
    feed: Feed
    source: Source
    pace_s: int
    phase_ms: int

    def times_ms(self, after_ms: int, upto_ms: int) -> Int64:
        """Its times in (after, upto]."""
        return self._grid(self.pace_s * 1000, after_ms, upto_ms)

    def past_spans_ms(self, after_ms: int, upto_ms: int) -> tuple[tuple[Int64, int], ...]:
        """Its times in (after, upto] with their pace in s: that of the past, then its own up to where live begins."""
        past_s = max(self.feed.every_s, self.source.PAST_S)
        declared = self._grid(past_s * 1000, after_ms, upto_ms)
        told_ms = int(declared[-1]) if len(declared) else after_ms
        return ((declared, past_s), (self.times_ms(told_ms, upto_ms), self.pace_s))

    def _grid(self, step_ms: int, after_ms: int, upto_ms: int) -> Int64:
        first = (after_ms - self.phase_ms) // step_ms + 1
        last = (upto_ms - self.phase_ms) // step_ms
        return np.arange(first, last + 1, dtype=np.int64) * step_ms + self.phase_ms


@dataclass(frozen=True, slots=True)
class City:
    """All devices of one city on one course. Made by `city_of`."""

    course: Course
    declared: Declarations
    reporters: tuple[Reporter, ...]
    witnesses: tuple[Witness, ...]
    statistics: tuple[Reporter, ...]
    faults: Faults
    wire_names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # feed → metric → name on the wire

    @property
    def began_ms(self) -> int:
        """City time at which the live part begins."""
        return self.course.began_ms

    def told(self, after_ms: int, upto_ms: int) -> list[Message]:
        """Every message whose event time lies in (after, upto], faults and all, by the time it is sent.

        The monthly figures, whose event time lies far back, are told in the span that holds the begin.
        """
        messages = [m for reporter in self.reporters for m in self._readings(reporter, after_ms, upto_ms)]
        for witness in self.witnesses:
            messages += [witness.message(event) for event in witness.tellings(after_ms, upto_ms)]
        if after_ms <= self.course.began_ms < upto_ms:
            messages += self._monthly()
        return sorted(messages, key=lambda message: (message.send_ms, message.topic))

    def _readings(self, reporter: Reporter, after_ms: int, upto_ms: int) -> Iterator[Message]:
        for at_ms in reporter.times_ms(after_ms, upto_ms).tolist():
            fault = self.faults.at(reporter.device.id, at_ms, reporter.feed.kind == "station")
            seen_ms = slot_begin_ms(at_ms) if fault is Fault.STUCK else at_ms
            values = bent(self.values_at(reporter, seen_ms), fault, self.declared.metrics)
            if values:
                yield from on_the_way(self._message(reporter, at_ms, values), fault)

    def values_at(self, reporter: Reporter, at_ms: int) -> dict[str, float]:
        """What one device measures at one time; {} when it says nothing."""
        columns = reporter.source.values(reporter.device, np.array([at_ms], np.int64), reporter.pace_s)
        return {metric: float(column[0]) for metric, column in columns.items() if not np.isnan(column[0])}

    def _message(self, reporter: Reporter, at_ms: int, values: dict[str, float], send_ms: int = 0) -> Message:
        if reporter.feed.kind == "vehicle" and "lon_deg" in values:
            return _position(reporter, at_ms, values)
        names = self.wire_names.get(reporter.feed.id, {})
        named = {names.get(metric, metric): value for metric, value in values.items()}
        return reading(reporter.feed.id, reporter.device.id, at_ms, named, send_ms)

    def _monthly(self) -> Iterator[Message]:
        event_ms, send_ms = last_month_end_ms(self.course.began_ms), self.course.began_ms + 1
        for reporter in self.statistics:
            yield self._message(reporter, event_ms, self.values_at(reporter, event_ms), send_ms)


def _position(reporter: Reporter, at_ms: int, values: dict[str, float]) -> Message:
    body: dict[str, object] = {"t": told_at(at_ms)}
    body |= {name: values[metric] for name, metric in POSITION_NAMES if metric in values}
    topic = f"{reporter.feed.id}/{reporter.device.id}/position"
    return Message(at_ms, at_ms, reporter.device.id, topic, orjson.dumps(body))


def city_of(course: Course, declared: Declarations) -> City:
    """The city with a source for every device that the simulator knows how to move; others stay silent."""
    weather = Weather(course.seed, course.scenario, course.began_ms, _core_deg(declared), course.compress)
    sources = _sources(course, declared, weather)
    return City(
        course=course,
        declared=declared,
        reporters=tuple(_reporters(course, declared, sources)),
        witnesses=tuple(_witnesses(course, declared, weather)),
        statistics=tuple(_statistics(course, declared)),
        faults=Faults(course.seed, course.faults),
        wire_names={
            feed.id: {metric: name for name, metric in feed.fields.items()} for feed in declared.feeds.values()
        },
    )


def _sources(course: Course, declared: Declarations, weather: Weather) -> tuple[Source, ...]:
    stages = [device for device in declared.devices.values() if River.METRICS.intersection(device.metrics)]
    moving = [device for device in declared.devices.values() if declared.feeds[device.feed].kind == "vehicle"]
    return (
        Air(course.seed, weather),
        Rain(course.seed, weather),
        river_of(course.seed, weather, stages),
        buses_of(course.seed, moving, _points_deg(declared)),
        Heartbeat(course.seed, weather),
    )


def _reporters(course: Course, declared: Declarations, sources: Sequence[Source]) -> Iterator[Reporter]:
    for device in declared.devices.values():
        feed = declared.feeds[device.feed]
        source = next((source for source in sources if source.METRICS.intersection(device.metrics)), None)
        if source is not None:
            pace_s = source.LIVELY_S if feed.every_s % source.LIVELY_S == 0 else feed.every_s
            yield Reporter(device, feed, source, pace_s, _phase_ms(course.seed, device, pace_s))


def _statistics(course: Course, declared: Declarations) -> Iterator[Reporter]:
    offices = Statistics(course.seed, declared.metrics)
    for device in declared.devices.values():
        feed = declared.feeds[device.feed]
        if feed.kind == "statistics":
            yield Reporter(device, feed, offices, feed.every_s, 0)


def _witnesses(course: Course, declared: Declarations, weather: Weather) -> Iterator[Witness]:
    devices = tuple(declared.devices.values())
    for feed in declared.feeds.values():
        if feed.decoder == "frigate":
            watched = tuple(device for device in devices if WATCHED in device.metrics)
            yield Cameras(course.seed, weather, feed, watched)
        elif feed.kind == "hotline":
            desks = tuple(device for device in devices if device.feed == feed.id)
            yield Hotline(course.seed, weather, feed, desks, declared.centres_deg)


def _phase_ms(seed: int, device: Device, pace_s: int) -> int:
    """Gauges tell on the full minute, as their networks do; what tells oftener is spread over its pace."""
    return 0 if pace_s >= 60 else int(chance(key_of(seed, "phase", device.id), 0) * pace_s) * 1000


def _points_deg(declared: Declarations) -> tuple[LonLat, ...]:
    """Places known to lie inside the city."""
    placed = [_at(device) for device in declared.devices.values() if device.place is not None]
    return tuple(dict.fromkeys([*declared.centres_deg.values(), *placed]))


def _core_deg(declared: Declarations) -> LonLat:
    """Where it rains first and most: the gauge nearest to the uppermost river station, else the first centre."""
    placed = [device for device in declared.devices.values() if device.place is not None]
    stages = upstream_first([device for device in placed if River.METRICS.intersection(device.metrics)])
    gauges = [_at(device) for device in placed if Rain.METRICS.intersection(device.metrics)]
    if not gauges:
        return _points_deg(declared)[0]
    return min(gauges, key=lambda gauge: distance_km(gauge, _at(stages[0]))) if stages else gauges[0]


def _at(device: Device) -> LonLat:
    place = device.place
    return (place.lon_deg, place.lat_deg) if place is not None else (0.0, 0.0)
