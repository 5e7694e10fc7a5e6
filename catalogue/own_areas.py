"""Zones, towns, villages and grids: the areas that no table knows and every pack declares for itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shapely import Polygon

from catalogue.entries import Entries
from geo.areas import DOWNWARDS, Area, AreaLevel
from geo.boundaries import Shape

ZONE = AreaLevel.ZONE
OWN_LEVELS = (ZONE, AreaLevel.TOWN, AreaLevel.VILLAGE, AreaLevel.GRID)  # a parent before its children


def outlines(entries: Entries, levels: Sequence[AreaLevel], problems: list[str]) -> dict[str, Shape]:
    """Area → polygon, of those of some levels that have an outline."""
    shapes: dict[str, Shape] = {}
    for area_id, area in entries.areas.items():
        if AreaLevel(area.level) not in levels or not area.outline:
            continue
        shape = Polygon(area.outline) if len(area.outline) >= 3 else Polygon()
        if shape.is_empty or not shape.is_valid:
            where = entries.where("areas", area_id, "outline")
            problems.append(f"{where}: areas.{area_id}.outline must be a simple ring of at least three points")
            continue
        shapes[area_id] = shape
    return shapes


def own_areas(entries: Entries, above: Sequence[Area], shapes: Mapping[str, Shape], problems: list[str]) -> list[Area]:
    """Each own area below what it names.

    Args:
        entries: The pack.
        above: The city and its counties, the city first.
        shapes: Outlines of own areas; the centre of one without is what it says, or that of its parent.
        problems: Where an area that hangs nowhere is told.
    """
    known = {area.id: area for area in above}
    for level in OWN_LEVELS:
        parents = DOWNWARDS[:1] if level is ZONE else DOWNWARDS[: DOWNWARDS.index(level)]
        for area_id, entry in entries.areas.items():
            if AreaLevel(entry.level) is not level:
                continue
            parent = known.get(entry.parent or above[0].id)
            if parent is None or parent.level not in parents:
                where = entries.where("areas", area_id, "parent")
                accepted = ", ".join(area.id for area in known.values() if area.level in parents)
                problems.append(
                    f"{where}: areas.{area_id}.parent {entry.parent!r} is not above a {level}; known: {accepted}"
                )
                continue
            centre = shapes[area_id].representative_point() if area_id in shapes else None
            centre_deg = entry.centre_deg or ((centre.x, centre.y) if centre else parent.centre_deg)
            known[area_id] = Area(area_id, entry.name, level, parent.id, centre_deg, dict(entry.attributes))
    return [area for area in known.values() if area.level in OWN_LEVELS]
