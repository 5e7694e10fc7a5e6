"""From packs to one frozen declaration, or to every mistake at once."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from catalogue.checks import check_all
from catalogue.declared import Declared
from catalogue.entries import Entries, read_entries
from catalogue.findings import Findings
from catalogue.fingerprint import fingerprint
from catalogue.geography import Geography, areas_of_devices, geography, roads
from catalogue.pack import NOTHING, Adopted, find_pack
from catalogue.schema import CityEntry, DeviceEntry
from core.declared import Device
from core.errors import DeclarationError
from geo.areas import AreaLevel
from indicators.definition import Indicator
from indicators.schema import IndicatorEntry

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Examined:
    """What was read of a city: its entries, its declaration unless there are problems, and what was found."""

    entries: Entries
    declared: Declared | None
    findings: Findings


def load(packs: Path, city: str, adopted: Adopted = NOTHING) -> Declared:
    """The declaration of a city, by the name of its pack, its code or its name.

    adopted: what the city itself has adopted, section → id → entry; it goes before what the packs say.

    Raises:
        DeclarationError: Every mistake at once, each as `file:line: sentence`.
        UnknownName: Neither a pack nor a city of the division table.
    """
    examined = examine(packs, city, adopted)
    if examined.declared is None:
        raise DeclarationError(examined.findings.problems)
    return examined.declared


def check(packs: Path, city: str) -> list[str]:
    """Every mistake in the pack of a city, as `file:line: sentence`; [] when it may be started."""
    return examine(packs, city).findings.problems


def load_fitting(packs: Path, city: str, adopted: Adopted) -> Declared:
    """As `load`; what was adopted and does not fit the packs any more is left out whole, so that the city goes on."""
    try:
        return load(packs, city, adopted)
    except DeclarationError as wrong:
        if not adopted:
            raise
        log.error("what this city has adopted does not fit its packs, which hold alone:\n%s", wrong)
        return load(packs, city)


def examine(packs: Path, city: str, adopted: Adopted = NOTHING) -> Examined:
    """Read the pack of a city as far as it can be read.

    Raises:
        UnknownName: Neither a pack nor a city of the division table.
    """
    findings = Findings()
    problems = findings.problems
    entries = read_entries(find_pack(packs, city, problems, adopted), problems)
    check_all(entries, findings)
    place = geography(entries, entries.city, problems) if entries.city else None
    areas = areas_of_devices(entries, place, problems) if place else {}
    ways = roads(entries, entries.city, problems) if entries.city else None
    if problems or place is None or entries.city is None:
        return Examined(entries, None, findings.sorted())
    declared = _declared(entries, entries.city, place, areas)
    return Examined(entries, replace(declared, roads=ways), findings.sorted())


def _declared(entries: Entries, city: CityEntry, place: Geography, areas: dict[str, str]) -> Declared:
    metrics = {name: entry.record(name) for name, entry in entries.metrics.items()}
    feeds = {name: entry.record(name) for name, entry in entries.feeds.items()}
    devices = {name: _device(entries, name, entry, areas[name]) for name, entry in entries.devices.items()}
    catalogue = {name: _indicator(entries, name, entry) for name, entry in entries.indicators.items()}
    indicators = {name: indicator for name, indicator in catalogue.items() if entries.indicators[name].computed}
    rules = {name: entry.record(name) for name, entry in entries.rules.items()}
    schemes = {name: entry.model_dump(mode="json") for name, entry in entries.schemes.items()}
    return Declared(
        city.record(),
        place.areas,
        place.boundaries,
        tuple(entry.record(name, entries.indicators) for name, entry in entries.domains.items()),
        metrics,
        feeds,
        devices,
        indicators,
        rules,
        schemes,
        fingerprint([_places(place), metrics, feeds, devices, indicators, rules, schemes]),
        catalogue,
        {name: entry.record(name) for name, entry in entries.case_kinds.items()},
        {name: entry.record(name) for name, entry in entries.case_causes.items()},
        {name: entry.record(name) for name, entry in entries.plans.items()},
        {name: entry.record(name) for name, entry in entries.units.items()},
        {name: entry.record(name) for name, entry in entries.case_intake.items()},
        case_scores={name: entry.record(name) for name, entry in entries.case_scores.items()},
        state_words={name: entry.record() for name, entry in entries.state_words.items()},
        routes={name: entry.record(name) for name, entry in entries.routes.items()},
        urgent_reports={name: entry.record(name) for name, entry in entries.urgent_reports.items()},
    )


def _indicator(entries: Entries, name: str, entry: IndicatorEntry) -> Indicator:
    """Without relations to topics that this city does not use."""
    indicator = entry.record(name)
    return replace(indicator, relations=tuple(r for r in indicator.relations if r.indicator in entries.indicators))


def _places(place: Geography) -> dict[str, dict[str, Any]]:
    """Areas are subjects of indicators and rules, so that which there are, and how they hang, decides too."""
    return {
        area.id: {"level": area.level, "parent": area.parent, "weights": dict(area.attributes)}
        for level in AreaLevel
        for area in place.areas.at(level)
    }


def _device(entries: Entries, device_id: str, entry: DeviceEntry, area: str) -> Device:
    """Without metrics of its own a device is expected to report all that its feed carries."""
    carried = tuple(dict.fromkeys(entries.feeds[entry.feed].fields_.values()))
    return entry.record(device_id, area, carried if entry.metrics is None else entry.metrics)
