"""The areas, polygons and placed devices of a pack."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shapely import box, union_all

from catalogue.entries import Entries, refuse_unknown
from catalogue.own_areas import OWN_LEVELS, outlines, own_areas
from catalogue.schema import CityEntry
from core.declared import Words
from core.errors import DeclarationError, UnknownName
from geo.areas import ZONE_OF_DEVICE, Area, AreaLevel, AreaTree
from geo.boundaries import Shape, centre_inside_deg, county_polygons, for_wall
from geo.boundary_file import read_boundary_file
from geo.distance import distance_to_m
from geo.divisions import find_city
from geo.inside import AreaFinder
from geo.road_file import read_road_file
from geo.roads import RoadTable
from geo.schema import AreaEntry


@dataclass(frozen=True, slots=True)
class Geography:
    """Areas of the city, exact polygons of its counties and of its own areas, and the counties for the wall."""

    areas: AreaTree
    shapes: Mapping[str, Shape]
    own_shapes: Mapping[str, Shape]
    boundaries: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _County:
    name: Words
    shape: Shape
    centre_deg: tuple[float, float] | None = None


def geography(entries: Entries, city: CityEntry, problems: list[str]) -> Geography | None:
    """Areas and polygons: of the pack's own file or outlines where it has some, else of the division table.

    A county of the pack without an outline only names what the table or the file draws. Zones, towns, villages and
    grids are the pack's own.
    """
    declared = {area_id: area for area_id, area in entries.areas.items() if AreaLevel(area.level) is AreaLevel.COUNTY}
    if city.boundary:
        counties = _from_file(entries, city, problems)
    elif any(area.outline for area in declared.values()):
        drawn = outlines(entries, [AreaLevel.COUNTY], problems)
        counties = {area_id: _County(declared[area_id].name, shape) for area_id, shape in drawn.items()}
    else:
        counties = _from_table(entries, city, problems)
    for area_id, area in declared.items():
        if counties and not area.outline and area_id not in counties:
            where = entries.where("areas", area_id)
            problems.append(f"{where}: areas.{area_id} has no outline; known without one: {', '.join(counties)}")
    if not counties:
        return None
    areas = [_area_of_city(city, counties), *_areas_of_counties(city, counties, declared)]
    shapes = {area_id: county.shape for area_id, county in counties.items()}
    boundaries = for_wall(shapes, {area.id: area.name.zh for area in areas})
    own_shapes = outlines(entries, OWN_LEVELS, problems)
    areas.extend(own_areas(entries, areas, own_shapes, problems))
    return Geography(AreaTree(areas), shapes, own_shapes, boundaries)


def roads(entries: Entries, city: CityEntry, problems: list[str]) -> RoadTable | None:
    """The roads of the pack's own file; None where it names none."""
    if city.roads is None:
        return None
    try:
        return read_road_file(entries.pack.folder, city.roads)
    except DeclarationError as refused:
        where = entries.pack.city.at(("roads",)).where
        problems.extend(f"{where}: {said}" for said in refused.problems)
        return None


def areas_of_devices(entries: Entries, place: Geography, problems: list[str]) -> dict[str, str]:
    """Device → the smallest area it stands in: declared, or found from its place; "" while unplaced.

    A declared area holds against the polygon of its county as far as the place is inexact: published positions of
    Beijing's stations are off by up to 1 km, and two of them fall beyond a border that the station does not.
    """
    areas = {device_id: device.area for device_id, device in entries.devices.items()}
    _check_named(entries, place, problems)
    placed = {device_id: device.place for device_id, device in entries.devices.items() if device.place}
    points_deg = [(p.lon_deg, p.lat_deg) for p in placed.values()]
    found = AreaFinder(place.shapes).areas_of(points_deg)
    finer = AreaFinder(_finest_first(place)).areas_of(points_deg)
    for (device_id, point), county, own in zip(placed.items(), found, finer, strict=True):
        said = areas[device_id]
        where = entries.where("devices", device_id, "area" if said else "lon_deg")
        at = f"devices.{device_id} stands at {point.lon_deg:g}, {point.lat_deg:g}"
        if not said and not county:
            problems.append(f"{where}: {at}, outside of every county of the city")
        around = place.areas.county_of(said) if said in place.areas else ""
        if around and around != county:
            off_m = distance_to_m(place.shapes[around], point.lon_deg, point.lat_deg)
            if off_m > point.accuracy_m:
                problems.append(
                    f"{where}: {at}, {off_m:,.0f} m outside of {around}; its accuracy_m is {point.accuracy_m:g}"
                )
        areas[device_id] = said or own or county
    return areas


def _check_named(entries: Entries, place: Geography, problems: list[str]) -> None:
    """Areas and zones that devices name are declared ones; nothing stands in the whole city."""
    zones = {area.id: area for area in place.areas.at(AreaLevel.ZONE)}
    for device_id, device in entries.devices.items():
        if device.area and (device.area not in place.areas or device.area == place.areas.city.id):
            where = entries.where("devices", device_id, "area")
            name, known = f"devices.{device_id}.area", ", ".join(place.shapes)
            problems.append(f"{where}: {name} {device.area!r} is no county of the city, nor in one; known: {known}")
        zone = device.attributes.get(ZONE_OF_DEVICE, "")
        if zone:
            where = entries.where("devices", device_id, "attributes", ZONE_OF_DEVICE)
            refuse_unknown(problems, where, f"devices.{device_id}.attributes.zone", zone, zones)


def _finest_first(place: Geography) -> dict[str, Shape]:
    """Own areas with an outline, but zones; the finest first, so that it is the one that is found."""
    levels = [level for level in reversed(OWN_LEVELS) if level is not AreaLevel.ZONE]
    drawn = [area.id for level in levels for area in place.areas.at(level) if area.id in place.own_shapes]
    return {area_id: place.own_shapes[area_id] for area_id in drawn}


def _area_of_city(city: CityEntry, counties: Mapping[str, _County]) -> Area:
    middle = box(*union_all([county.shape.envelope for county in counties.values()]).bounds).centroid
    return Area(city.code, city.name, AreaLevel.CITY, "", (middle.x, middle.y))


def _areas_of_counties(
    city: CityEntry, counties: Mapping[str, _County], declared: Mapping[str, AreaEntry]
) -> Iterator[Area]:
    for area_id, county in counties.items():
        centre_deg = centre_inside_deg(county.shape, county.centre_deg or county.shape.centroid.coords[0])
        said = declared.get(area_id)
        name, attributes = (said.name, dict(said.attributes)) if said else (county.name, {})
        yield Area(area_id, name, AreaLevel.COUNTY, city.code, centre_deg, attributes)


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
