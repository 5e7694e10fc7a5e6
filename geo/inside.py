"""In which area a point lies."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import shapely
from numpy.typing import ArrayLike

from geo.boundaries import Shape


class AreaFinder:
    """Finds the area of many points at once, by a tree over the polygons."""

    def __init__(self, shapes: Mapping[str, Shape]) -> None:
        self._areas = tuple(shapes)
        self._tree = shapely.STRtree(list(shapes.values()))

    def areas_of(self, points_deg: ArrayLike) -> list[str]:
        """Area of each point, "" outside of all.

        points_deg is (n, 2), degrees WGS 84, longitude first. A point on a common border belongs to the
        area that is first in official order.
        """
        points = shapely.points(np.asarray(points_deg, np.float64).reshape(-1, 2))
        found = [""] * len(points)
        rows, shapes = self._tree.query(points, predicate="intersects")
        for row, shape in sorted(zip(rows.tolist(), shapes.tolist(), strict=True), reverse=True):
            found[row] = self._areas[shape]
        return found

    def area_of(self, lon_deg: float, lat_deg: float) -> str:
        """Area of one point, "" outside of all."""
        return self.areas_of([(lon_deg, lat_deg)])[0]
