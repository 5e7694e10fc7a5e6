"""Who reports to an indicator, for whom it is valued, and how stations become areas. Fixed once declared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from core.declared import Device, Feed
from core.records import Float64, Int32, Int64
from geo.areas import AreaTree
from indicators.aggregate import steady
from indicators.definition import Indicator, RollUp

# Devices that ought to report around the clock: a parked bus, a quiet hotline or a monthly table is not offline.
ALWAYS_REPORTING = ("station", "camera")
# Which kind of feed tells events whose type begins with this word; other words are the kind itself.
KIND_OF_EVENTS = {"video": "camera"}

Index = NDArray[np.intp]


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


class Plan:
    """The stations of one indicator and its subjects: stations, counties and the city, as far as declared.

    Each entry of `station` is a row of `stations` that belongs to the subject at the same place of `subject`;
    so one pass over both gives every level. Subjects without an expected reporter do not exist. A declared device
    without an area (the probe, tables of statistics) stands for the city itself.
    """

    def __init__(
        self, indicator: Indicator, devices: Sequence[Device], feeds: Mapping[str, Feed], areas: AreaTree
    ) -> None:
        """devices: all of the city, in the order of their numbers."""
        self.indicator = indicator
        numbers = [number for number, d in enumerate(devices) if reports_to(indicator, d, feeds)]
        self.stations = Roster(np.array(numbers, dtype=np.int64), len(devices))
        area_of = [device.area if (device := devices[n]).area in areas else areas.city.id for n in numbers]
        belongs = {
            "station": [(devices[number].id, row) for row, number in enumerate(numbers)],
            "county": sorted((area, row) for row, area in enumerate(area_of) if area != areas.city.id),
            "city": [(areas.city.id, row) for row in range(len(numbers))],
        }
        pairs = [
            pair for level in ("station", "county", "city") if level in indicator.levels for pair in belongs[level]
        ]
        self.subjects = tuple(dict.fromkeys(subject for subject, _ in pairs))
        number_of = {subject: number for number, subject in enumerate(self.subjects)}
        self.subject: Index = np.array([number_of[subject] for subject, _ in pairs], dtype=np.intp)
        self.station: Index = np.array([row for _, row in pairs], dtype=np.intp)
        self.expected: Int32 = self.counted(np.ones(len(numbers), dtype=np.bool_))

    def counted(self, of_station: NDArray[np.bool_]) -> Int32:
        """int32 (subjects,): for how many stations of each subject something holds."""
        return np.bincount(self.subject, of_station[self.station], len(self.subjects)).astype(np.int32)

    def newest(self, of_station: Int64) -> Int64:
        """int64 (subjects,): the largest of the stations, 0 when none."""
        newest = np.zeros(len(self.subjects), dtype=np.int64)
        np.maximum.at(newest, self.subject, of_station[self.station])
        return newest

    def rolled_up(self, of_station: Float64, how: RollUp) -> Float64:
        """float64 (subjects,): the value of each subject from its stations; NaN stations are left out.

        SHARE is of all expected stations whose state is known, so that a silent one (0) lowers it.
        """
        value = of_station[self.station]
        known = ~np.isnan(value)
        subject, value = self.subject[known], value[known]
        count = np.bincount(subject, minlength=len(self.subjects))
        if how in (RollUp.MAX, RollUp.MIN):
            extreme = np.full(len(self.subjects), np.nan)
            (np.fmax if how is RollUp.MAX else np.fmin).at(extreme, subject, value)
            return extreme
        total = np.where(count > 0, np.bincount(subject, value, len(self.subjects)), np.nan)
        if how is RollUp.SUM:
            return steady(total)
        mean = total / np.maximum(count, 1)
        return steady(mean * 100 if how is RollUp.SHARE else mean)


def reports_to(indicator: Indicator, device: Device, feeds: Mapping[str, Feed]) -> bool:
    """True when the indicator expects the device to report."""
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
