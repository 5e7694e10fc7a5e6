"""County polygons: exact ones to decide where a point lies, lighter ones for the wall."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon
from shapely.geometry import mapping

from geo.divisions import divisions_folder, find_city
from geo.packed_shapes import read_shapes

METRES_PER_DEGREE = 111_320.0  # along a meridian; along a parallel less, so that the tolerance is an upper bound
WALL_TOLERANCE_M = 60.0  # under half a pixel of a 3840-wide map that shows a city of 250 km
WALL_DECIMALS = 5  # degrees; 1.1 m

Shape: TypeAlias = Polygon | MultiPolygon


def county_polygons(city_code: str) -> dict[str, Shape]:
    """County code → polygon in degrees WGS 84 (CGCS2000 differs by centimetres), in official order.

    Raises:
        UnknownName: The code is not in the division table.
    """
    counties = find_city(city_code).counties
    shapes = read_shapes(divisions_folder() / "cn_district.bin", [county.row for county in counties])
    return {county.code: shape for county, shape in zip(counties, shapes, strict=True)}


def centre_inside_deg(shape: Shape, wished_deg: tuple[float, float]) -> tuple[float, float]:
    """The wished point where the shape holds it, else a point well inside of the shape."""
    if shape.contains(shapely.Point(wished_deg)):
        return wished_deg
    inside = shape.representative_point()
    return inside.x, inside.y


def for_wall(shapes: Mapping[str, Shape], names: Mapping[str, str]) -> dict[str, Any]:
    """GeoJSON feature collection with `id` and `name`, simplified by at most about `WALL_TOLERANCE_M`.

    Neighbours keep one common border: corners are dropped from the coverage as a whole. Polygons that do
    not fit each other (an overlap in the source) are left as they are rather than torn apart.
    """
    lighter = _simplified(list(shapes.values()))
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": area,
                "properties": {"id": area, "name": names[area]},
                "geometry": mapping(shapely.transform(shape, _rounded)),
            }
            for area, shape in zip(shapes, lighter, strict=True)
        ],
    }


def _simplified(shapes: Sequence[Shape]) -> Sequence[Shape]:
    if not shapely.coverage_is_valid(shapes):
        return shapes
    lighter: Sequence[Shape] = shapely.coverage_simplify(shapes, WALL_TOLERANCE_M / METRES_PER_DEGREE)
    return lighter


def _rounded(points_deg: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.round(points_deg, WALL_DECIMALS)
