import numpy as np
import pytest
import shapely

from geo.boundaries import county_polygons
from geo.distance import distance_to_m, great_circle_m
from geo.inside import AreaFinder
from geo.sampling import points_inside_deg


def test_many_points_at_once_equal_one_by_one_with_every_polygon() -> None:
    shapes = county_polygons("440900")
    rng = np.random.default_rng(7)
    points_deg = rng.uniform((110.2, 21.3), (111.7, 22.8), (2000, 2))
    expected = [
        next((area for area, shape in shapes.items() if shape.intersects(shapely.Point(p))), "") for p in points_deg
    ]
    found = AreaFinder(shapes).areas_of(points_deg)
    assert found == expected
    assert {*shapes, ""} == set(found)


def test_a_point_on_a_common_border_belongs_to_the_first_area() -> None:
    finder = AreaFinder({"west": shapely.box(0, 0, 1, 1), "east": shapely.box(1, 0, 2, 1)})
    assert finder.areas_of([(1.0, 0.5), (1.5, 0.5), (3.0, 0.5)]) == ["west", "east", ""]
    assert AreaFinder({}).areas_of(np.empty((0, 2))) == []


def test_strewn_points_lie_inside_and_are_seeded() -> None:
    shape = county_polygons("440900")["440904"]
    points_deg = points_inside_deg(shape, 50, np.random.default_rng(3))
    assert points_deg.shape == (50, 2)
    assert shapely.contains_xy(shape, points_deg[:, 0], points_deg[:, 1]).all()
    assert (points_deg == points_inside_deg(shape, 50, np.random.default_rng(3))).all()


def test_distances_agree_with_the_ellipsoid() -> None:
    pyproj = pytest.importorskip("pyproj")
    rng = np.random.default_rng(11)
    from_deg = rng.uniform((73, 18), (135, 53), (500, 2))
    to_deg = from_deg + rng.uniform(-0.4, 0.4, (500, 2))
    _, _, expected_m = pyproj.Geod(ellps="WGS84").inv(*from_deg.T, *to_deg.T)
    assert np.max(np.abs(great_circle_m(from_deg, to_deg) / expected_m - 1)) < 0.006


def test_distance_to_a_polygon_is_zero_inside_and_metres_outside() -> None:
    box = shapely.box(110, 21, 111, 22)
    assert distance_to_m(box, 110.5, 21.5) == 0
    assert distance_to_m(box, 110.5, 22.01) == pytest.approx(1112, abs=2)
