"""From packs to one frozen declaration, or to every mistake at once."""

from __future__ import annotations

import re
from pathlib import Path

from catalogue import checks
from catalogue.declared import Declared
from catalogue.entries import Entries, read_entries
from catalogue.fingerprint import fingerprint
from catalogue.geography import Geography, areas_of_devices, geography
from catalogue.pack import find_pack
from catalogue.schema import CityEntry, DeviceEntry
from core.declared import Device
from core.errors import DeclarationError


def load(packs: Path, city: str) -> Declared:
    """The declaration of a city, by the name of its pack, its code or its name.

    Raises:
        DeclarationError: Every mistake at once, each as `file:line: sentence`.
        UnknownName: Neither a pack nor a city of the division table.
    """
    problems: list[str] = []
    entries = read_entries(find_pack(packs, city, problems), problems)
    checks.check_all(entries, problems)
    place = geography(entries, entries.city, problems) if entries.city else None
    areas = areas_of_devices(entries, place, problems) if place else {}
    if problems or place is None or entries.city is None:
        raise DeclarationError(sorted(set(problems), key=_file_and_line))
    return _declared(entries, entries.city, place, areas)


def check(packs: Path, city: str) -> list[str]:
    """Every mistake in the pack of a city, as `file:line: sentence`; [] when it may be started."""
    try:
        load(packs, city)
    except DeclarationError as refused:
        return list(refused.problems)
    return []


def _declared(entries: Entries, city: CityEntry, place: Geography, areas: dict[str, str]) -> Declared:
    metrics = {name: entry.record(name) for name, entry in entries.metrics.items()}
    feeds = {name: entry.record(name) for name, entry in entries.feeds.items()}
    devices = {name: _device(entries, name, entry, areas[name]) for name, entry in entries.devices.items()}
    indicators = {name: entry.record(name) for name, entry in entries.indicators.items()}
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
        fingerprint([_parents(place), metrics, feeds, devices, indicators, rules, schemes]),
    )


def _parents(place: Geography) -> dict[str, str]:
    """County → city: they are subjects of indicators and rules, so that which there are decides too."""
    return {county.id: county.parent for county in place.areas.counties}


def _device(entries: Entries, device_id: str, entry: DeviceEntry, area: str) -> Device:
    """Without metrics of its own a device is expected to report all that its feed carries."""
    carried = tuple(dict.fromkeys(entries.feeds[entry.feed].fields_.values()))
    return entry.record(device_id, area, carried if entry.metrics is None else entry.metrics)


def _file_and_line(problem: str) -> tuple[str, int, str]:
    found = re.match(r"(.*?):(\d+): ", problem)
    return (found[1], int(found[2]), problem) if found else (problem, 0, problem)
