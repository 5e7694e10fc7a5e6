"""Points strewn inside a polygon, for what is simulated."""

from __future__ import annotations

import numpy as np
import shapely

from core.records import Float64
from geo.boundaries import Shape


def points_inside_deg(shape: Shape, count: int, rng: np.random.Generator) -> Float64:
    """(count, 2) degrees, longitude first, evenly strewn over the polygon."""
    west, south, east, north = shape.bounds
    shapely.prepare(shape)
    found = np.empty((0, 2))
    while len(found) < count:
        tried = rng.uniform((west, south), (east, north), (4 * count + 16, 2))
        found = np.vstack([found, tried[shapely.contains_xy(shape, tried[:, 0], tried[:, 1])]])
    return found[:count]
