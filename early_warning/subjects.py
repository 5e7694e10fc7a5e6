"""Whom a rule judges, where they lie, and how late what is told of them may still change. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from core.declared import Device, Feed
from core.records import DAY_MS
from early_warning.rule import Rule, asked
from geo.areas import AreaLevel, AreaTree
from indicators.ascent import HUNG_ON, STATION
from indicators.city import FED_WINDOWS
from indicators.definition import Indicator
from indicators.plan import reports_to

# A station's village lies in its town, that in its county; its zone 功能区 is nearer to it than the county.
NEAREST_FIRST = (AreaLevel.GRID, AreaLevel.VILLAGE, AreaLevel.TOWN, AreaLevel.ZONE, AreaLevel.COUNTY, AreaLevel.CITY)


@dataclass(frozen=True, slots=True)
class Ground:
    """What a city has declared for its rules to be judged on."""

    indicators: Mapping[str, Indicator]
    devices: Mapping[str, Device]
    areas: AreaTree
    feeds: Mapping[str, Feed]

    def subjects(self, rule: Rule) -> list[str]:
        """Whom a rule judges: stations that feed one of its indicators, what they hang on, or all areas of a level."""
        if rule.subjects in HUNG_ON:
            return sorted({getattr(device, rule.subjects) for device in self.devices.values()} - {""})
        if rule.subjects != STATION:
            return [area.id for area in self.areas.at(AreaLevel(rule.subjects))]
        judged = sorted({bound.indicator for bound in rule.bounds})
        return sorted({device.id for name in judged for device in self._reporters(name)})

    def holding(self, subject: str) -> tuple[str, ...]:
        """The areas that a station or an area lies in, the nearest first."""
        if subject in self.devices:
            found = self.areas.holding(self.devices[subject])
            return tuple(found[level] for level in NEAREST_FIRST if level in found)
        return tuple(area.id for area in self.areas.ancestors(subject)) if subject in self.areas else ()

    def lateness_ms(self, rule: Rule) -> int:
        """So long after the end of a window data may still correct what the rule sees of it."""
        return max(self._lateness_ms(name) for name in looked_at(rule))

    def _lateness_ms(self, name: str) -> int:
        """That of its latest reporter; what others feed is corrected only as far back as `indicators/city.py` does."""
        indicator = self.indicators[name]
        late_ms = 1000 * max((self.feeds[device.feed].lateness_s for device in self._reporters(name)), default=0)
        if indicator.measured:
            return late_ms
        return min(late_ms, max(DAY_MS, FED_WINDOWS * indicator.slide_s * 1000))

    def _reporters(self, name: str) -> Iterator[Device]:
        """The devices that feed an indicator, itself or through others; some more than once."""
        indicator = self.indicators[name]
        if indicator.measured:
            yield from (one for one in self.devices.values() if reports_to(indicator, one, self.feeds))
        read = {one.indicator for one in indicator.inputs} | {one.indicator for one in indicator.parts}
        for source in sorted(read):
            yield from self._reporters(source)


def looked_at(rule: Rule) -> tuple[str, ...]:
    """Every indicator that a rule judges or asks about."""
    return tuple(sorted({one.indicator for one in asked(rule.bounds)}))
