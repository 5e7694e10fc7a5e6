"""The roads of no city: a grid of crossings, some of its streets missing, each with a speed of its own."""

from __future__ import annotations

import numpy as np

from benchmarks.many_cases import SIDE_DEG, SOUTH, WEST
from geo.distance import great_circle_m
from geo.roads import RoadTable

SIDE = 141  # crossings from west to east and from south to north: 19,881, each 660 m from the next
LEFT = 0.9  # so much of its streets is there
SLOW_KMH, FAST_KMH = 15.0, 80.0


def grid_of_roads() -> RoadTable:
    """About 71,000 stretches, both ways, over the square in which the cases of the benchmark lie."""
    rng = np.random.default_rng(8)
    step_deg = SIDE_DEG / (SIDE - 1)
    columns, rows = (each.ravel() for each in np.meshgrid(np.arange(SIDE), np.arange(SIDE)))
    nodes_deg = np.column_stack([WEST + step_deg * columns, SOUTH + step_deg * rows])
    number = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    ends = [(number[:, :-1], number[:, 1:]), (number[:-1], number[1:])]
    one, other = (np.concatenate([pair[at].ravel() for pair in ends]) for at in (0, 1))
    left = rng.random(len(one)) < LEFT
    starts, ends_at = (
        np.concatenate(pair).astype(np.int32) for pair in ((one[left], other[left]), (other[left], one[left]))
    )
    length_m = great_circle_m(nodes_deg[starts], nodes_deg[ends_at])
    return RoadTable(nodes_deg, starts, ends_at, length_m, rng.uniform(SLOW_KMH, FAST_KMH, len(starts)), "by chance")
