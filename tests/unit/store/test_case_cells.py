"""The squares that a circle touches hold every place in it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from store.cases import Circle, cells_around

A_DEGREE_M = 111_195.0


@pytest.mark.parametrize("lat_deg", [21.66, -33.0, 53.4])
def test_no_place_within_reach_lies_outside(lat_deg: float) -> None:
    rng = np.random.default_rng(3)
    for reach_m in (10.0, 300.0, 5000.0):
        cells = set(cells_around(Circle(110.92, lat_deg, reach_m)))
        for angle in rng.uniform(0, 2 * math.pi, 200):
            north_deg = 0.99 * reach_m * math.cos(angle) / A_DEGREE_M
            east_deg = 0.99 * reach_m * math.sin(angle) / A_DEGREE_M / math.cos(math.radians(lat_deg + north_deg))
            lon, lat = 110.92 + east_deg, lat_deg + north_deg
            assert f"{math.floor(lon * 100)}:{math.floor(lat * 100)}" in cells
        wide = math.cos(math.radians(lat_deg))
        assert len(cells) <= (2 * reach_m / 1112 + 2) * (2 * reach_m / (1112 * wide) + 2), "and not much more"
