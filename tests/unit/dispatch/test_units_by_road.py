"""Who should go when the pack has roads: the river decides, and each suggestion says by what its time was reckoned."""

from __future__ import annotations

import numpy as np
import pytest

from dispatch.units import DETOUR, Fix, Fleet, Need, Unit
from geo.distance import great_circle_m
from geo.roads import LonLat, Roads, road_table

NOW_MS = 1_795_300_000_000
WEST, EAST = (110.0, 21.0), (110.01, 21.0)  # the two banks, about 1 km apart
BRIDGE_WEST, BRIDGE_EAST = (110.0, 21.1), (110.01, 21.1)
PUMP = frozenset({"pump"})


def unit(name: str, place: LonLat) -> Unit:
    return Unit(name, name, "市水务局", PUMP, fix=Fix(*place, 10.0, NOW_MS))


@pytest.mark.claim("COMMAND", "A recommendation goes by the pack's roads where it has them, and says whether it did.")
def test_the_unit_across_the_river_is_not_the_nearest() -> None:
    ways = ((WEST, BRIDGE_WEST), (BRIDGE_WEST, BRIDGE_EAST), (BRIDGE_EAST, EAST))
    edges = [(a, b, float(great_circle_m(a, b)[0]), 40.0) for pair in ways for a, b in (pair, pair[::-1])]
    edges.append(((110.0, 20.96), WEST, 4_500.0, 40.0))
    units = [unit("across", EAST), unit("south", (110.0, 20.96)), unit("field", (110.3, 21.0))]
    need = Need(PUMP, *WEST)
    straight = Fleet(units, NOW_MS).recommend(need)
    assert [one.unit for one in straight] == ["across", "south", "field"]
    assert not any(one.by_road for one in straight)
    by_road = Fleet(units, NOW_MS, Roads(road_table(edges), DETOUR)).recommend(need)
    assert [(one.unit, one.by_road) for one in by_road] == [("south", True), ("across", True), ("field", False)]
    assert by_road[0].travel_s == pytest.approx(4_500 / (40 / 3.6))
    assert by_road[2].travel_s == straight[2].travel_s
    assert np.isclose(by_road[1].distance_m, straight[0].distance_m), "how far it is in a straight line stays"
