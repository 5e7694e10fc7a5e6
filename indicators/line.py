"""Every version of every indicator with what it is valued from, those first that others read. Fixed once declared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from core.declared import Device, Feed
from geo.areas import AreaLevel, AreaTree
from indicators.aqi import Scheme
from indicators.ascent import LEVELS, STATION
from indicators.definition import Indicator, Input, Lifecycle
from indicators.groups import Rows
from indicators.inputs import Inputs
from indicators.links import Link, Pace, Source
from indicators.method import Method
from indicators.plan import Plan
from indicators.told import Told
from indicators.versions import Superseded, Version, sources, versions
from indicators.windows import Windows

COMPUTED = (Lifecycle.TRIAL, Lifecycle.ACTIVE)


@dataclass(frozen=True, slots=True)
class Ground:
    """What indicators stand on: all devices in the order of their numbers, feeds, areas, and index tables."""

    devices: Sequence[Device]
    feeds: Mapping[str, Feed]
    areas: AreaTree
    schemes: Mapping[str, Scheme]


@dataclass(frozen=True, slots=True)
class Reading:
    """A link with the members of its source that the subjects read and, for formulas of stations, the stations."""

    link: Link
    subjects: Rows
    stations: Rows


@dataclass(frozen=True, slots=True)
class Line:
    """One version of one indicator, ready to be valued."""

    key: str
    plan: Plan
    pace: Pace
    method: Method
    readings: tuple[Reading, ...]

    @property
    def indicator(self) -> Indicator:
        """Its definition."""
        return self.plan.indicator

    @property
    def windows(self) -> Windows:
        """Its windows, and which of them are decided."""
        return self.pace.windows


class Lines:
    """All lines of a city, in the order in which they are valued; `sources` are the indicators as others read them."""

    def __init__(self, ground: Ground, indicators: Mapping[str, Indicator], superseded: Sequence[Superseded]) -> None:
        """Raises DeclarationError, FormulaError, UnknownName."""
        self._ground = ground
        self._standing = {device.id: device.area for device in ground.devices if device.area in ground.areas}
        computed = {name: one for name, one in indicators.items() if one.lifecycle in COMPUTED}
        every = versions(computed, superseded)
        measured = [one for line in every.values() for one in line if one.indicator.measured]
        plans = {v.key: Plan(v.indicator, ground.devices, ground.feeds, ground.areas) for v in measured}
        self.inputs = Inputs(plans, ground.devices, ground.feeds, ground.areas)
        self.sources: dict[str, Source] = {}
        self.by_name: dict[str, list[Line]] = {}
        for name, line in every.items():
            self._stand_in_for_drafts(line)
            self.by_name[name] = [self._line(version, plans.get(version.key)) for version in line]
            subjects = dict.fromkeys(subject for one in self.by_name[name] for subject in one.plan.subjects)
            number = {subject: member for member, subject in enumerate(subjects)}
            self.sources[name] = Source([one.pace for one in self.by_name[name]], number, Told(len(number)))

    def __iter__(self) -> Iterator[Line]:
        return (line for versions_of_one in self.by_name.values() for line in versions_of_one)

    def _line(self, version: Version, plan: Plan | None) -> Line:
        indicator, ground = version.indicator, self._ground
        inputs = _inputs(indicator)
        pace = self._pace(version, plan, inputs)
        links = [Link(one, self.sources[one.indicator], pace) for one in inputs]
        if plan is None:
            plan = Plan(indicator, ground.devices, ground.feeds, ground.areas, self._fed_at(indicator, inputs))
        at_stations = [ground.devices[n].id for n in plan.stations.devices] if indicator.formula_at == STATION else []
        readings = tuple(
            Reading(
                link,
                link.members(plan.subjects, ground.areas, self._standing),
                link.members(at_stations, ground.areas, self._standing),
            )
            for link in links
        )
        return Line(version.key, plan, pace, Method(indicator, ground.schemes), readings)

    def _pace(self, version: Version, plan: Plan | None, inputs: Sequence[Input]) -> Pace:
        """When a version has values: it waits for what has its own pace or a faster one."""
        own = version.indicator
        read = [self.sources[one.indicator] for one in inputs]
        settle_s = max(own.settle_s, *(s.settle_ms // 1000 for s in read if s.slide_ms <= own.slide_s * 1000), 0)
        windows = self.inputs.windows(plan, settle_s) if plan else Windows(replace(own, settle_s=settle_s), 0)
        return Pace(own, windows, settle_s * 1000, version.from_ms, version.until_ms)

    def _fed_at(self, indicator: Indicator, inputs: Sequence[Input]) -> list[str]:
        """The subjects of an indicator without stations: where an input of the same area has a value.

        Without such an input: all areas of its levels.
        """
        areas = self._ground.areas
        same = [self.sources[one.indicator].subjects for one in inputs if one.area == "same"]
        level_of = {subject: _level(subject, areas) for subjects in same for subject in subjects}
        if not same:
            level_of = {area.id: area.level for level in AreaLevel for area in areas.at(level)}
        wanted = [subject for subject, level in level_of.items() if level in indicator.levels]
        return sorted(wanted, key=lambda subject: (LEVELS.index(level_of[subject]), subject))

    def _stand_in_for_drafts(self, line: Sequence[Version]) -> None:
        for name in sorted(set().union(*(sources(version.indicator) for version in line)) - self.sources.keys()):
            self.sources[name] = Source((), {}, Told(0))  # a draft, or given up: unknown for ever


def _inputs(indicator: Indicator) -> tuple[Input, ...]:
    """What an indicator reads; the parts of a score under the names of their indicators."""
    return (*indicator.inputs, *(Input(part.indicator, part.indicator) for part in indicator.parts))


def _level(subject: str, areas: AreaTree) -> str:
    return areas[subject].level if subject in areas else STATION
