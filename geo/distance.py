"""How far things are from each other, in metres."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import ArrayLike

from core.records import Float64
from geo.boundaries import Shape

EARTH_RADIUS_M = 6_371_008.8  # mean radius of WGS 84


def great_circle_m(from_deg: ArrayLike, to_deg: ArrayLike) -> Float64:
    """Straight-line distances on a sphere, m; within 0.6 % of the ellipsoid.

    Both are (n, 2) or (2,) float64, degrees WGS 84, longitude first, and are matched row by row.

    >>> round(float(great_circle_m((110.925, 21.663), (110.846, 21.913))[0]))
    28971
    """
    (lon0, lat0), (lon, lat) = (np.radians(np.atleast_2d(np.asarray(p, np.float64))).T for p in (from_deg, to_deg))
    across = np.cos(lat0) * np.cos(lat) * np.sin((lon - lon0) / 2) ** 2
    half = np.sin((lat - lat0) / 2) ** 2 + across
    distance_m: Float64 = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(half))
    return distance_m


def distance_to_m(shape: Shape, lon_deg: float, lat_deg: float) -> float:
    """How far a point is from a polygon, m; 0 inside. Good for distances of a few kilometres."""
    nearest, point = shapely.shortest_line(shape, shapely.Point(lon_deg, lat_deg)).coords
    return float(great_circle_m(nearest, point)[0])
