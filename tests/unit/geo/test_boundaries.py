import json
from pathlib import Path

import numpy as np
import pytest
import shapely
from shapely.geometry import shape

from geo.boundaries import METRES_PER_DEGREE, WALL_TOLERANCE_M, centre_inside_deg, county_polygons, for_wall


@pytest.mark.recorded
@pytest.mark.parametrize(
    ("city", "file"),
    [
        ("440900", "maoming_440900_tianditu"),
        ("211200", "tieling_211200_tianditu"),
        ("211100", "panjin_211100_tianditu"),
        ("321300", "suqian_321300_tianditu"),
    ],
)
def test_polygons_equal_those_published_as_geojson(recorded_data: Path, city: str, file: str) -> None:
    recorded = json.loads((recorded_data / "boundaries" / f"{file}.geojson").read_text("utf-8"))
    ours = county_polygons(city)
    theirs = {f["properties"]["adcode"]: shape(f["geometry"]) for f in recorded["features"]}
    assert set(ours) == set(theirs)
    for county, polygon in theirs.items():
        overlap = polygon.intersection(ours[county]).area / polygon.union(ours[county]).area
        assert overlap > 0.9999, county


def surveyed(shapes: dict[str, shapely.Polygon]) -> dict[str, shapely.Polygon]:
    """The same counties as a survey office would hand them over: a corner every 30 m, none of them straight."""

    def wavy(points_deg: np.ndarray) -> np.ndarray:
        lon, lat = np.round(points_deg, 9).T
        return np.column_stack([lon + 5e-5 * np.sin(lat * 9e3), lat + 5e-5 * np.sin(lon * 9e3)]).round(7)

    return {code: shapely.transform(shapely.segmentize(shape, 3e-4), wavy) for code, shape in shapes.items()}


def test_the_wall_gets_few_corners_near_the_true_border_and_no_gaps() -> None:
    exact = surveyed(county_polygons("440900"))
    assert shapely.coverage_is_valid(list(exact.values()))
    drawn = for_wall(exact, {code: code for code in exact})
    lighter = {f["properties"]["id"]: shape(f["geometry"]) for f in drawn["features"]}
    corners, left = (sum(map(shapely.get_num_coordinates, each.values())) for each in (exact, lighter))
    assert left < corners / 5
    for county, polygon in exact.items():
        strip = polygon.symmetric_difference(lighter[county]).area / polygon.length
        assert strip * METRES_PER_DEGREE < WALL_TOLERANCE_M / 2, county  # on average over the border
    assert shapely.coverage_is_valid(list(lighter.values()))  # neighbours still share every corner


def test_the_shipped_polygons_are_light_enough_as_they_are() -> None:
    for code in ("440900", "500000"):
        exact = county_polygons(code)
        assert len(json.dumps(for_wall(exact, dict.fromkeys(exact, "")))) < 150_000


def test_polygons_that_do_not_fit_each_other_are_drawn_as_they_are() -> None:
    exact = county_polygons("211100")  # Panjin: an overlap in the source
    assert not shapely.coverage_is_valid(list(exact.values()))
    for feature in for_wall(exact, {code: code for code in exact})["features"]:
        polygon = exact[feature["id"]]
        assert shapely.equals_exact(shape(feature["geometry"]), polygon, tolerance=1e-5)


def test_drawn_coordinates_have_five_decimals_and_names() -> None:
    exact = county_polygons("440900")
    drawn = for_wall(exact, {code: f"name of {code}" for code in exact})
    assert [f["properties"] for f in drawn["features"]] == [{"id": c, "name": f"name of {c}"} for c in exact]
    corners = np.array(drawn["features"][0]["geometry"]["coordinates"][0])
    assert np.allclose(corners * 1e5, np.round(corners * 1e5), atol=1e-4)


def test_a_centre_outside_is_moved_inside() -> None:
    horseshoe = shapely.box(0, 0, 3, 3).difference(shapely.box(1, 1, 2, 3))
    assert centre_inside_deg(horseshoe, (0.5, 0.5)) == (0.5, 0.5)
    assert horseshoe.contains(shapely.Point(centre_inside_deg(horseshoe, (1.5, 2.0))))
