"""Who reports to an indicator, for whom it is valued, and how stations become areas. Fixed once declared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from core.declared import Device, Feed
from core.records import Int64
from geo.areas import AreaTree
from indicators.ascent import HUNG_ON, Ascent
from indicators.definition import Indicator
from indicators.groups import Rows

# Devices that ought to report around the clock: a parked bus, a quiet hotline or a monthly table is not offline.
ALWAYS_REPORTING = ("station", "camera")
# Which kind of feed tells events whose type begins with this word; other words are the kind itself.
KIND_OF_EVENTS = {"video": "camera"}


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
        reporters = {devices[number].id: devices[number] for number in numbers}
        self.station_names = tuple(reporters)

        def weight(name: str) -> float:
            if name in reporters:
                return _number(reporters[name].attributes.get(indicator.weight, ""))
            return areas[name].attributes.get(indicator.weight, np.nan) if name in areas else np.nan

        standing = [_standing(device, areas) for device in reporters.values()]
        self.ascent = Ascent(indicator, self.station_names, standing, weight)
        self.subjects = tuple(fed_at) or self.ascent.subjects
        self.all: Rows = np.arange(len(self.subjects))


def _standing(device: Device, areas: AreaTree) -> dict[str, str]:
    """By level the area that a device stands in, and what it hangs on."""
    hung_on = {level: name for level in HUNG_ON if (name := getattr(device, level))}
    return hung_on | {str(level): area for level, area in areas.holding(device).items()}


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


def _number(said: str) -> float:
    try:
        return float(said)
    except ValueError:
        return np.nan
