"""Levels mean nothing without their vertical datum 高程基准, and are compared only in one.

A bound declared in another datum than its station reads in is converted with the station's own offset (冻结基面 and the
like): `datum_offsets: {1985国家高程基准: 0.527}` says that a height there is 0.527 m more than the same height here.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from catalogue.entries import Entries
from catalogue.schema import DeviceEntry, ReferenceEntry
from indicators.definition import Aggregate

Season = tuple[tuple[int, int], tuple[int, int]] | None

# What makes a height of heights; a change, a share or a count of them is the same in any datum.
HEIGHTS = {
    Aggregate.MEAN,
    Aggregate.SUM,
    Aggregate.FIRST,
    Aggregate.LAST,
    Aggregate.MIN,
    Aggregate.MAX,
    Aggregate.QUANTILE,
}


def check_levels(entries: Entries, problems: list[str]) -> None:
    """Add levels without a datum, and comparisons across datums, to the problems."""
    for device_id, device in entries.devices.items():
        _check_datum(entries, device_id, device, problems)
        _check_references(entries, device_id, device, problems)
    _check_rolled_up(entries, problems)


def _check_datum(entries: Entries, device_id: str, device: DeviceEntry, problems: list[str]) -> None:
    levels = [metric for metric in entries.expected_of(device) if metric in _levels(entries)]
    if levels and not device.datum:
        where, unit = entries.where("devices", device_id), entries.metrics[levels[0]].unit
        reported = ", ".join(levels)
        problems.append(
            f"{where}: devices.{device_id} reports {reported} in {unit} without a vertical datum; say `datum`"
        )


def _check_references(entries: Entries, device_id: str, device: DeviceEntry, problems: list[str]) -> None:
    name = f"devices.{device_id}"
    units = {entries.metrics[metric].unit for metric in entries.expected_of(device) if metric in entries.metrics}
    comparable = []
    for row, reference in enumerate(device.references):
        where = entries.where("devices", device_id, "references", row)
        if reference.datum == device.datum or reference.datum in device.datum_offsets:
            comparable.append(reference)
        else:
            problems.append(
                f"{where}: {name} reference {reference.name} is in datum {reference.datum or 'none'!r}, the readings"
                f" are in {device.datum or 'none'!r}; both must be in one, or datum_offsets must say how they differ"
            )
        if units and reference.unit not in units:
            said = ", ".join(sorted(units))
            problems.append(
                f"{where}: {name} reference {reference.name} is in {reference.unit!r}, its metrics in {said}"
            )
    if any(_falls(device, comparable, season) for season in {reference.season for reference in comparable}):
        where = entries.where("devices", device_id, "references")
        problems.append(f"{where}: {name} references must rise from warning over guaranteed to record")


def _falls(device: DeviceEntry, references: Sequence[ReferenceEntry], season: Season) -> bool:
    """Whether a graver reference lies below a milder one, as they hold in a season; None: outside of all."""
    in_season = sorted((r for r in references if r.season in (season, None)), key=lambda r: r.season is None)
    values = [
        next((device.in_own_datum(r) for r in in_season if r.name == level), None)
        for level in ("warning", "guaranteed", "record")
    ]
    known = [value for value in values if value is not None]
    return any(milder > graver for milder, graver in pairwise(known))


def _check_rolled_up(entries: Entries, problems: list[str]) -> None:
    """An area has a level of its own only where all of its stations read in one datum; its change needs none."""
    for indicator_id, indicator in entries.indicators.items():
        areas = [level for level in indicator.levels if level != "station"]
        if not areas or _levels(entries).isdisjoint(indicator.metrics) or indicator.aggregate not in HEIGHTS:
            continue
        reporters = [d for d in entries.devices.values() if set(entries.expected_of(d)) & set(indicator.metrics)]
        datums = sorted({device.datum for device in reporters if device.datum})
        if len(datums) > 1:
            where = entries.where("indicators", indicator_id, "levels")
            problems.append(
                f"{where}: indicators.{indicator_id} is valued for {', '.join(areas)}, but its stations read in"
                f" different datums: {', '.join(datums)}; only its stations can have a value"
            )


def _levels(entries: Entries) -> set[str]:
    return {metric for metric, entry in entries.metrics.items() if entry.quantity == "level"}
