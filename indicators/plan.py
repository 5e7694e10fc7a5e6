"""Who reports to an indicator, for whom it is valued, and how stations become areas. Fixed once declared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from core.declared import Device, Feed
from core.records import Float64, Int32, Int64
from geo.areas import DOWNWARDS, AreaLevel, AreaTree
from indicators.definition import Indicator, RollUp
from indicators.groups import Groups, Rows
from indicators.rollup import in_direction, rolled_up

# Devices that ought to report around the clock: a parked bus, a quiet hotline or a monthly table is not offline.
ALWAYS_REPORTING = ("station", "camera")
# Which kind of feed tells events whose type begins with this word; other words are the kind itself.
KIND_OF_EVENTS = {"video": "camera"}
STATION = "station"
# In this order subjects are numbered, so that what a step rolls up stands before it.
LEVELS = (STATION, *reversed(DOWNWARDS[1:]), AreaLevel.ZONE, AreaLevel.CITY)


class Roster:
    """Some of the city's devices, by number: `devices` rising, and the row of each device.

    `row` is -1 for a device that is not one of them, and for number -1, an unknown device.
    """

    def __init__(self, devices: Int64, of: int) -> None:
        self.devices = devices
        self.row: Int64 = np.full(of + 1, -1, dtype=np.int64)
        self.row[devices] = np.arange(len(devices))

    def __len__(self) -> int:
        return len(self.devices)


class _Step(NamedTuple):
    """One level that is rolled up from the level below it.

    subjects: rows of the plan's subjects; place: of each subject among them, -1 for others; members: of each, as rows
    of stations, or as number of stations + row of a subject.
    """

    subjects: Rows
    place: Rows
    members: Groups
    how: RollUp


class Plan:
    """The stations of one indicator and its subjects: stations and areas of its levels that have a reporter.

    Subjects without an expected reporter do not exist. A declared device without an area (the probe, tables of
    statistics) stands for the city itself. An indicator that only other indicators feed has no stations; its subjects
    are given (`fed_at`).
    """

    def __init__(
        self,
        indicator: Indicator,
        devices: Sequence[Device],
        feeds: Mapping[str, Feed],
        areas: AreaTree,
        fed_at: Sequence[str] = (),
    ) -> None:
        """devices: all of the city, in the order of their numbers."""
        self.indicator = indicator
        numbers = [number for number, d in enumerate(devices) if reports_to(indicator, d, feeds)]
        self.stations = Roster(np.array(numbers, dtype=np.int64), len(devices))
        reporters = [devices[number] for number in numbers]
        self.station_names = tuple(device.id for device in reporters)
        standing = [{STATION: d.id} | {str(level): a for level, a in areas.holding(d).items()} for d in reporters]
        belongs = {
            level: sorted(((at[level], row) for row, at in enumerate(standing) if level in at), key=_by_area)
            for level in LEVELS
            if level in indicator.levels
        }
        pairs = [pair for level in belongs.values() for pair in level]
        self.subjects = tuple(fed_at) or tuple(dict.fromkeys(subject for subject, _ in pairs))
        self.number = {subject: number for number, subject in enumerate(self.subjects)}
        subject = np.array([self.number[subject] for subject, _ in pairs], dtype=np.intp)
        station = np.array([row for _, row in pairs], dtype=np.intp)
        self._stations_of = Groups(subject, station, len(self.subjects))
        self._subjects_of = self._stations_of.turned(len(numbers))
        self._weight = _weights(indicator.weight, [*reporters, *self.subjects], areas)
        self._steps = self._stepped(belongs, standing)
        self.expected: Int32 = self.counted(np.ones(len(numbers), dtype=np.bool_), self.all)

    @property
    def all(self) -> Rows:
        """The rows of all subjects."""
        return np.arange(len(self.subjects))

    def subjects_of(self, stations: Rows) -> Rows:
        """The subjects that hold one of the stations, rising."""
        return np.unique(self._subjects_of.of(stations).member)

    def stations_of(self, subjects: Rows) -> Rows:
        """The stations of the subjects, rising."""
        return np.unique(self._stations_of.of(subjects).member)

    def counted(self, of_station: np.ndarray[tuple[int], np.dtype[np.bool_]], subjects: Rows) -> Int32:
        """int32 (n,): for how many stations of each of the subjects something holds."""
        members = self._stations_of.of(subjects)
        return np.bincount(members.group, of_station[members.member], members.groups).astype(np.int32)

    def newest(self, of_station: Int64, subjects: Rows) -> Int64:
        """int64 (n,): the largest of the stations of each of the subjects, 0 when none."""
        members = self._stations_of.of(subjects)
        newest = np.zeros(members.groups, dtype=np.int64)
        np.maximum.at(newest, members.group, of_station[members.member])
        return newest

    def rolled_up(self, of_station: Float64, subjects: Rows) -> Float64:
        """float64 (n,): the value of each of the subjects; NaN where none of its stations is known.

        SHARE is of all expected stations whose state is known, so that a silent one (0) lowers it.
        """
        stations = len(of_station)
        value = np.concatenate((of_station, np.full(len(self.subjects), np.nan)))
        wanted = [subjects]
        for step in reversed(self._steps):
            below = step.members.of(_at(step, wanted)).member - stations
            wanted.append(below[below >= 0])
        from_stations = np.unique(np.concatenate(wanted)) if self._steps else subjects
        how = in_direction(self.indicator.rollup, self.indicator)
        value[stations + from_stations] = rolled_up(self._stations_of.of(from_stations), value, self._weight, how)
        for step in self._steps:
            places = _at(step, wanted)
            rolled = rolled_up(step.members.of(places), value, self._weight, step.how)
            value[stations + step.subjects[places]] = rolled
        return value[stations + subjects]

    def _stepped(
        self, belongs: Mapping[str, Sequence[tuple[str, int]]], standing: Sequence[Mapping[str, str]]
    ) -> tuple[_Step, ...]:
        """The steps of the indicator, the finest first.

        A station that stands in an area of a stepped level, but in none of the level below it, counts beside those.
        """
        found, stations = [], len(standing)
        ladder = [level for level in LEVELS if level in belongs and level not in (STATION, AreaLevel.ZONE)]
        for below, level in zip(["", *ladder], ladder, strict=False):
            if level not in self.indicator.steps:
                continue
            pairs = {
                (self.number[area], stations + self.number[standing[row][below]] if below in standing[row] else row)
                for area, row in belongs[level]
            }
            subjects = np.unique([area for area, _ in pairs]).astype(np.intp)
            place = np.full(len(self.subjects), -1, dtype=np.intp)
            place[subjects] = np.arange(len(subjects))
            subject, member = np.array(sorted(pairs), dtype=np.intp).reshape(-1, 2).T
            how = in_direction(self.indicator.steps[level], self.indicator)
            found.append(_Step(subjects, place, Groups(place[subject], member, len(subjects)), how))
        return tuple(found)


def reports_to(indicator: Indicator, device: Device, feeds: Mapping[str, Feed]) -> bool:
    """True when the indicator expects the device to report."""
    if not indicator.measured or any(device.attributes.get(name) != said for name, said in indicator.where.items()):
        return False
    if indicator.metrics:
        return not set(indicator.metrics).isdisjoint(device.metrics)
    kind = feeds[device.feed].kind
    if indicator.event_types:
        words = {event_type.partition(".")[0] for event_type in indicator.event_types}
        return kind in {KIND_OF_EVENTS.get(word, word) for word in words}
    return kind in ALWAYS_REPORTING and bool(device.area) and bool(device.metrics)


def matches(event_type: str, declared: Iterable[str]) -> bool:
    """True when an event type is one of those declared; `video.*` stands for any ending.

    >>> matches("video.person", ["video.*"])
    True
    """
    return any(
        event_type == name or (name.endswith(".*") and event_type.startswith(name.removesuffix("*")))
        for name in declared
    )


def _by_area(pair: tuple[str, int]) -> str:
    return pair[0]


def _at(step: _Step, wanted: Sequence[Rows]) -> Rows:
    """The places of the wanted subjects in a step, rising."""
    places = step.place[np.concatenate(wanted)]
    return np.unique(places[places >= 0])


def _weights(name: str, of: Sequence[Device | str], areas: AreaTree) -> Float64:
    """The attribute that an indicator weighs with, of devices and areas; NaN where there is none or no number."""

    def weight(one: Device | str) -> float:
        if isinstance(one, Device):
            try:
                return float(one.attributes.get(name, "nan"))
            except ValueError:
                return np.nan
        return areas[one].attributes.get(name, np.nan) if one in areas else np.nan

    return np.array([weight(one) for one in of], dtype=np.float64)
