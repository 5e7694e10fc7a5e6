"""Known points in the frames of Chinese maps."""

from __future__ import annotations

import pytest

from geo.distance import great_circle_m
from geo.frames import MapFrame, bd09_of, gcj02_of, wgs84_of

# WGS 84 → GCJ-02 as published with a library of another hand (googollee/eviltransform, its table of tests).
KNOWN = [
    ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
    ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
    ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
]


@pytest.mark.claim("COMMAND", "导航 hands over a point in the map's own datum, to less than 5 m.")
@pytest.mark.parametrize(("wgs84", "gcj02"), KNOWN)
def test_known_points(wgs84: tuple[float, float], gcj02: tuple[float, float]) -> None:
    assert great_circle_m(gcj02_of(wgs84), gcj02)[0] < 5
    assert great_circle_m(wgs84, gcj02)[0] > 300  # what a point in the wrong datum is off by


def test_bd09_lies_where_baidu_shifts_it() -> None:
    """GCJ-02 (120.00877901149691, 29.196131605295484) is BD-09 (120.0153424, 29.2020…): about 0.0065°, 0.006° on."""
    lon, lat = bd09_of((116.377817, 39.911954))
    gcj_lon, gcj_lat = gcj02_of((116.377817, 39.911954))
    assert lon - gcj_lon == pytest.approx(0.0065, abs=0.0006) and lat - gcj_lat == pytest.approx(0.006, abs=0.0006)


@pytest.mark.parametrize(("wgs84", "gcj02"), KNOWN)
def test_what_a_map_shows_is_read_back(wgs84: tuple[float, float], gcj02: tuple[float, float]) -> None:
    assert great_circle_m(wgs84_of(gcj02, MapFrame.GCJ02), wgs84)[0] < 5
    assert great_circle_m(wgs84_of(bd09_of(wgs84), MapFrame.BD09), wgs84)[0] < 0.01
    assert wgs84_of(wgs84, MapFrame.WGS84) == wgs84


def test_outside_nothing_is_shifted() -> None:
    assert gcj02_of((-97.74, 30.27)) == (-97.74, 30.27)
