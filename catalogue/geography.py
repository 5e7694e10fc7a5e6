"""The areas, polygons and placed devices of a pack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shapely import Polygon

from catalogue.entries import Entries
from catalogue.schema import CityEntry
from core.errors import UnknownName
from geo.areas import Area, AreaLevel, AreaTree
from geo.boundaries import Shape, centre_inside_deg, city_areas, county_polygons, for_wall
from geo.distance import distance_to_m
from geo.divisions import find_city
from geo.inside import AreaFinder


@dataclass(frozen=True, slots=True)
class Geography:
    """Areas of the city, exact polygons of its counties, and the same for the wall."""

    areas: AreaTree
    shapes: Mapping[str, Shape]
    boundaries: Mapping[str, Any]


def geography(entries: Entries, city: CityEntry, problems: list[str]) -> Geography | None:
    """Areas and polygons: the pack's own where it declares some, else those of the division table."""
    found = (
        _own_areas(entries, city, problems) if entries.pack.sections["areas"] else _table_areas(entries, city, problems)
    )
    if found is None:
        return None
    areas, shapes = found
    names = {area.id: area.name.zh for area in areas}
    return Geography(AreaTree(areas), shapes, for_wall(shapes, names))


def areas_of_devices(entries: Entries, place: Geography, problems: list[str]) -> dict[str, str]:
    """Device → county: declared, or found from its place; "" while unplaced.

    A declared county holds against the polygon as far as the place is inexact: published positions of Beijing's
    stations are off by up to 1 km, and two of them fall beyond a border that the station does not.
    """
    areas = {device_id: device.area for device_id, device in entries.devices.items()}
    placed = {device_id: device.place for device_id, device in entries.devices.items() if device.place}
    finder = AreaFinder(place.shapes)
    found = finder.areas_of([(p.lon_deg, p.lat_deg) for p in placed.values()])
    for (device_id, point), area in zip(placed.items(), found, strict=True):
        said = areas[device_id]
        where = entries.where("devices", device_id, "area" if said else "lon_deg")
        at = f"devices.{device_id} stands at {point.lon_deg:g}, {point.lat_deg:g}"
        if not said and not area:
            problems.append(f"{where}: {at}, outside of every county of the city")
        elif said in place.shapes and said != area:
            off_m = distance_to_m(place.shapes[said], point.lon_deg, point.lat_deg)
            if off_m > point.accuracy_m:
                problems.append(
                    f"{where}: {at}, {off_m:,.0f} m outside of {said}; its accuracy_m is {point.accuracy_m:g}"
                )
        areas[device_id] = said or area
    for device_id, area in areas.items():
        if area and area not in place.shapes:
            where = entries.where("devices", device_id, "area")
            known = ", ".join(place.shapes)
            problems.append(f"{where}: devices.{device_id}.area {area!r} is no county of the city; known: {known}")
    return areas


def _table_areas(entries: Entries, city: CityEntry, problems: list[str]) -> tuple[list[Area], dict[str, Shape]] | None:
    try:
        entry = find_city(city.code)
    except UnknownName as unknown:
        problems.append(f"{entries.pack.city.at(('code',)).where}: city.code {unknown}; or declare own `areas`")
        return None
    shapes = county_polygons(entry.code)
    return city_areas(entry, shapes), shapes


def _own_areas(entries: Entries, city: CityEntry, problems: list[str]) -> tuple[list[Area], dict[str, Shape]] | None:
    where = entries.pack.city.where
    shapes: dict[str, Shape] = {}
    for area_id, area in entries.areas.items():
        if area.level == "city":
            continue
        shape = Polygon(area.outline) if len(area.outline) >= 3 else Polygon()
        if shape.is_empty or not shape.is_valid:
            at = entries.where("areas", area_id, "outline")
            problems.append(f"{at}: areas.{area_id}.outline must be a simple ring of at least three points")
            return None
        shapes[area_id] = shape
    top = [area_id for area_id, area in entries.areas.items() if area.level == "city"]
    if top != [city.code] or not shapes:
        problems.append(f"{where}: areas must hold one city, {city.code!r}, and at least one county; cities: {top}")
        return None
    middle = Polygon.from_bounds(*_bounds(shapes)).centroid
    above = Area(city.code, entries.areas[city.code].name, AreaLevel.CITY, "", (middle.x, middle.y))
    counties = [
        Area(
            area_id,
            entries.areas[area_id].name,
            AreaLevel.COUNTY,
            city.code,
            centre_inside_deg(shape, (shape.centroid.x, shape.centroid.y)),
        )
        for area_id, shape in shapes.items()
    ]
    return [above, *counties], shapes


def _bounds(shapes: Mapping[str, Shape]) -> tuple[float, float, float, float]:
    west, south, east, north = zip(*(shape.bounds for shape in shapes.values()), strict=True)
    return min(west), min(south), max(east), max(north)
