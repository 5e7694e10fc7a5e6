"""The coordinate frames of Chinese maps: WGS 84, GCJ-02 of 高德 and 腾讯, BD-09 of 百度. Degrees, longitude first.

GCJ-02 is an obfuscation without a published definition; the polynomial is the one that is in common use, good to a few
metres inside China. Outside nothing is shifted.
"""

from __future__ import annotations

from enum import StrEnum
from math import atan2, cos, hypot, pi, sin, sqrt

LonLat = tuple[float, float]

_AXIS_M = 6_378_245.0  # of the ellipsoid of Krasovsky 1940
_ECCENTRICITY = 0.00669342162296594323
_WEST, _EAST, _SOUTH, _NORTH = 72.004, 137.8347, 0.8293, 55.8271  # where the shift applies
_TURNS = 8  # each leaves a thousandth of the error


class MapFrame(StrEnum):
    """By which map a place was read."""

    WGS84 = "wgs84"  # GPS, 天地图 (CGCS 2000 is the same within a metre)
    GCJ02 = "gcj02"  # 高德, 腾讯
    BD09 = "bd09"  # 百度


def wgs84_of(place_deg: LonLat, frame: MapFrame) -> LonLat:
    """WGS 84 of a place that was read from a map: the place that this map would draw there, found by trial.

    >>> lon, lat = wgs84_of(gcj02_of((110.92, 21.66)), MapFrame.GCJ02)
    >>> round(lon, 9), round(lat, 9)
    (110.92, 21.66)
    """
    if frame is MapFrame.WGS84:
        return place_deg
    drawn, (lon, lat) = gcj02_of if frame is MapFrame.GCJ02 else bd09_of, place_deg
    for _ in range(_TURNS):
        drawn_lon, drawn_lat = drawn((lon, lat))
        lon, lat = lon + place_deg[0] - drawn_lon, lat + place_deg[1] - drawn_lat
    return lon, lat


def gcj02_of(place_deg: LonLat) -> LonLat:
    """GCJ-02 of a place in WGS 84."""
    lon, lat = place_deg
    if not (_WEST <= lon <= _EAST and _SOUTH <= lat <= _NORTH):
        return place_deg
    east, north = _shift_m(lon - 105.0, lat - 35.0)
    bent = 1 - _ECCENTRICITY * sin(lat / 180 * pi) ** 2
    meridian_m = _AXIS_M * (1 - _ECCENTRICITY) / (bent * sqrt(bent))
    parallel_m = _AXIS_M / sqrt(bent) * cos(lat / 180 * pi)
    return lon + east * 180 / (parallel_m * pi), lat + north * 180 / (meridian_m * pi)


def bd09_of(place_deg: LonLat) -> LonLat:
    """BD-09 of a place in WGS 84."""
    lon, lat = gcj02_of(place_deg)
    far = hypot(lon, lat) + 0.00002 * sin(lat * pi * 3000 / 180)
    turned = atan2(lat, lon) + 0.000003 * cos(lon * pi * 3000 / 180)
    return far * cos(turned) + 0.0065, far * sin(turned) + 0.006


def _shift_m(x: float, y: float) -> tuple[float, float]:
    """How far east and north, m; x, y: degrees from 105° E, 35° N."""
    waves = (20 * sin(6 * x * pi) + 20 * sin(2 * x * pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + waves
    north += (20 * sin(y * pi) + 40 * sin(y / 3 * pi)) * 2 / 3
    north += (160 * sin(y / 12 * pi) + 320 * sin(y * pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + waves
    east += (20 * sin(x * pi) + 40 * sin(x / 3 * pi)) * 2 / 3
    east += (150 * sin(x / 12 * pi) + 300 * sin(x / 30 * pi)) * 2 / 3
    return east, north
