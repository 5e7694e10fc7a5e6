"""The areas, polygons and placed devices of a pack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shapely import Polygon, box, union_all

from catalogue.entries import Entries
from catalogue.schema import CityEntry
from core.declared import Words
from core.errors import DeclarationError, UnknownName
from geo.areas import Area, AreaLevel, AreaTree
from geo.boundaries import Shape, centre_inside_deg, county_polygons, for_wall
from geo.boundary_file import read_boundary_file
from geo.distance import distance_to_m
from geo.divisions import find_city
from geo.inside import AreaFinder


@dataclass(frozen=True, slots=True)
class Geography:
    """Areas of the city, exact polygons of its counties, and the same for the wall."""

    areas: AreaTree
    shapes: Mapping[str, Shape]
    boundaries: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _County:
    name: Words
    shape: Shape
    centre_deg: tuple[float, float] | None = None


def geography(entries: Entries, city: CityEntry, problems: list[str]) -> Geography | None:
    """Areas and polygons: of the pack's own file or outlines where it has some, else of the division table.

    An area of the pack without an outline only names what the table or the file draws.
    """
    if city.boundary:
        counties = _from_file(entries, city, problems)
    elif any(area.outline for area in entries.areas.values()):
        counties = _from_outlines(entries, problems)
    else:
        counties = _from_table(entries, city, problems)
    for area_id, area in entries.areas.items():
        if counties and not area.outline and area_id not in counties:
            where = entries.where("areas", area_id)
            problems.append(f"{where}: areas.{area_id} has no outline; known without one: {', '.join(counties)}")
    if not counties:
        return None
    names = {area_id: area.name for area_id, area in entries.areas.items()}
    areas = [_area_of_city(city, counties)]
    for area_id, county in counties.items():
        centre_deg = centre_inside_deg(county.shape, county.centre_deg or county.shape.centroid.coords[0])
        areas.append(Area(area_id, names.get(area_id, county.name), AreaLevel.COUNTY, city.code, centre_deg))
    shapes = {area_id: county.shape for area_id, county in counties.items()}
    return Geography(AreaTree(areas), shapes, for_wall(shapes, {area.id: area.name.zh for area in areas}))


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


def _area_of_city(city: CityEntry, counties: Mapping[str, _County]) -> Area:
    middle = box(*union_all([county.shape.envelope for county in counties.values()]).bounds).centroid
    return Area(city.code, city.name, AreaLevel.CITY, "", (middle.x, middle.y))


def _from_table(entries: Entries, city: CityEntry, problems: list[str]) -> dict[str, _County]:
    try:
        entry = find_city(city.code)
    except UnknownName as unknown:
        problems.append(
            f"{entries.pack.city.at(('code',)).where}: city.code {unknown}; or declare `areas` with outlines"
        )
        return {}
    shapes = county_polygons(entry.code)
    return {c.code: _County(Words(c.name, c.name), shapes[c.code], c.centre_deg) for c in entry.counties}


def _from_file(entries: Entries, city: CityEntry, problems: list[str]) -> dict[str, _County]:
    if city.boundary is None:
        return {}
    try:
        names, shapes = read_boundary_file(entries.pack.folder, city.boundary)
    except DeclarationError as refused:
        where = entries.pack.city.at(("boundary",)).where
        problems.extend(f"{where}: {said}" for said in refused.problems)
        return {}
    return {area_id: _County(Words(name, name), shapes[area_id]) for area_id, name in names.items()}


def _from_outlines(entries: Entries, problems: list[str]) -> dict[str, _County]:
    counties = {}
    for area_id, area in entries.areas.items():
        if not area.outline:
            continue
        shape = Polygon(area.outline) if len(area.outline) >= 3 else Polygon()
        if shape.is_empty or not shape.is_valid:
            where = entries.where("areas", area_id, "outline")
            problems.append(f"{where}: areas.{area_id}.outline must be a simple ring of at least three points")
            continue
        counties[area_id] = _County(area.name, shape)
    return counties
