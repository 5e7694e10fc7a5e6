"""The county of a point: the one that holds it, else the nearest within reach, by an independent measure."""

from __future__ import annotations

import pytest
from prerequisites import REPOSITORY
from shapely import Point
from shapely.geometry import shape

from catalogue.load import load
from geo.boundaries import county_polygons
from geo.nearest import nearest_area


@pytest.fixture(scope="module")
def boundaries() -> dict[str, object]:
    return dict(load(REPOSITORY / "packs", "maoming").boundaries)


def test_who_lies_inside_belongs_to_its_county(boundaries: dict[str, object]) -> None:
    exact = county_polygons("440900")
    for area, polygon in exact.items():
        inside = polygon.representative_point()
        assert nearest_area(boundaries, inside.x, inside.y, 0.0) == area


def test_at_sea_the_nearest_county_within_reach_counts(boundaries: dict[str, object]) -> None:
    lon_deg, lat_deg = 111.2, 21.43  # off the coast
    shapes = {one["properties"]["id"]: shape(one["geometry"]) for one in boundaries["features"]}  # type: ignore[attr-defined]
    far_deg = {area: polygon.distance(Point(lon_deg, lat_deg)) for area, polygon in shapes.items()}
    nearest = min(far_deg, key=far_deg.__getitem__)
    assert far_deg[nearest] > 0, "it is not on land"
    far_m = far_deg[nearest] * 111_000
    assert nearest_area(boundaries, lon_deg, lat_deg, 1.2 * far_m) == nearest
    assert nearest_area(boundaries, lon_deg, lat_deg, 0.5 * far_m) == ""
    assert nearest_area({"features": []}, lon_deg, lat_deg, 1e6) == ""
