"""What a warning hangs on: power, gateway, maker, source, what stands above it, its place; and whom it is hidden by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from math import inf, isnan

from core.declared import Device
from core.records import CityWarning
from early_warning.rule import Inhibition, Rule
from geo.areas import AreaLevel, AreaTree
from geo.distance import great_circle_m
from indicators.ascent import HUNG_ON
from indicators.definition import Aggregate, Indicator

COARSE = (AreaLevel.CITY, AreaLevel.COUNTY, AreaLevel.ZONE)  # too wide to be one place


class Belongings:
    """The declared topology of a city, as far as warnings are laid on it."""

    def __init__(
        self,
        devices: Mapping[str, Device],
        areas: AreaTree,
        indicators: Mapping[str, Indicator],
        rules: Mapping[str, Rule],
    ) -> None:
        self._devices, self._areas = devices, areas
        self._indicators, self._rules = indicators, rules
        self._parents = {device.parent for device in devices.values()} - {""}
        self._hanging = Counter(
            (cause, key)
            for device in devices.values()
            for cause in ("feeder", "gateway", "parent", "vendor", "source")
            if (key := self._of_device(cause, device))
        )

    def key(self, cause: str, warning: CityWarning) -> str:
        """On what of a kind a warning hangs: the same text for those that hang on the same; "" for nothing.

        A place is a town or less; in a county or the city only warnings of one rule are of one place. Of silence all
        areas are one place: what is silent in a town is silent in its county and in the city.
        """
        device = self._devices.get(warning.subject)
        if cause != "place":
            return self._of_device(cause, device) if device else self.itself(cause, warning)
        area = device.area if device else warning.subject
        if device is None and self.is_silence(warning):
            return self._areas.city.id
        if device is None or (area in self._areas and self._areas[area].level not in COARSE):
            return area
        return f"{area}|{warning.rule}"

    def itself(self, cause: str, warning: CityWarning) -> str:
        """The feeder or gateway that a warning is about, by its name; "" when it is about what hangs on one."""
        rule = self._rules.get(warning.rule)
        return warning.subject if rule is not None and rule.subjects == cause else ""

    def cause_id(self, cause: str, key: str) -> str:
        """What a key names: a feeder, gateway or vendor by its name, a source, a device or an area by its id."""
        return key.partition("|")[0] if cause == "place" else key

    def hanging_on(self, cause: str, key: str) -> int:
        """How many devices hang on it; 0 for places."""
        return self._hanging[cause, key]

    def is_silence(self, warning: CityWarning) -> bool:
        """Whether it tells that something is silent, not what it measured."""
        indicator = self._indicators.get(warning.indicator)
        silent = indicator is not None and indicator.aggregate is Aggregate.REPORTING
        return silent or "lost_ms" in warning.facts

    def silent_at(self, warning: CityWarning) -> int:
        """How many devices are silent, as a warning about the share on line at a feeder or gateway tells; else 0."""
        rule = self._rules.get(warning.rule)
        if rule is None or rule.subjects not in HUNG_ON or not self.is_silence(warning) or isnan(warning.value):
            return 0
        return round(self._hanging[rule.subjects, warning.subject] * (1 - warning.value / 100))

    def common_area(self, subjects: Collection[str]) -> str:
        """The county that all subjects lie in; the city when there is none."""
        counties = {self._county(subject) for subject in subjects}
        return counties.pop() if len(counties) == 1 else self._areas.city.id

    def inhibitor(self, warning: CityWarning, active: Mapping[str, Sequence[CityWarning]]) -> str:
        """The oldest active warning, by rule, that hides this one as its rule declares; "" when none does."""
        rule = self._rules.get(warning.rule)
        for declared in rule.inhibited_by if rule else ():
            for other in active.get(declared.rule, ()):
                if other.id != warning.id and self._hides(declared, other, warning):
                    return other.id
        return ""

    def _hides(self, declared: Inhibition, other: CityWarning, warning: CityWarning) -> bool:
        if other.level < declared.level:
            return False
        match declared.by:
            case "same":
                return other.subject == warning.subject
            case "upstream":
                return other.subject in self._upstream(warning.subject)
            case "distance":
                return self._apart_m(other.subject, warning.subject) <= declared.within_m
            case _:
                label = self._label(declared.label, warning.subject)
                return bool(label) and label == self._label(declared.label, other.subject)

    def _of_device(self, cause: str, device: Device) -> str:
        if cause == "source":
            return device.feed
        if cause == "parent":
            return device.parent or (device.id if device.id in self._parents else "")
        return str(getattr(device, cause))

    def _label(self, label: str, subject: str) -> str:
        """An attribute of a station, what it hangs on, or its county."""
        device = self._devices.get(subject)
        if label in HUNG_ON and self._hanging[label, subject]:
            return subject
        if label == "area":
            return self._county(subject)
        if device is None:
            return ""
        if label in ("feeder", "gateway", "vendor", "parent"):
            return self._of_device(label, device)
        return device.attributes.get(label, "")

    def _upstream(self, subject: str) -> set[str]:
        """What a device hangs on, up to the top; the device itself when it hangs on itself in a ring."""
        found: set[str] = set()
        device = self._devices.get(subject)
        while device and device.parent and device.parent not in found:
            found.add(device.parent)
            device = self._devices.get(device.parent)
        return found

    def _apart_m(self, one: str, other: str) -> float:
        """Metres between two stations; infinitely far when a place is not known."""
        here, there = (self._devices[name].place if name in self._devices else None for name in (one, other))
        if here is None or there is None:
            return inf
        return float(great_circle_m((here.lon_deg, here.lat_deg), (there.lon_deg, there.lat_deg))[0])

    def _county(self, subject: str) -> str:
        device = self._devices.get(subject)
        area = device.area if device else subject
        return (self._areas.county_of(area) if area in self._areas else "") or self._areas.city.id
