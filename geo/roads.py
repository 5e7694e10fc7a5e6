"""Roads of a city as a graph: how long it takes from many places to one.

The shortest ways are scipy's (`scipy.sparse.csgraph.dijkstra`): one search from the one place over the graph turned
round gives the time from every node to it, so that a thousand units cost as much as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.records import Float64
from geo.distance import great_circle_m

ON_FOOT_KMH = 15.0  # who is slower goes by the shortest way at his own speed, not by the fastest at the road's
JOINS_WITHIN_M = 2_000.0  # who is further from every road is not on this graph
ABOVE_ZERO = 1e-6  # s or m; an edge that costs nothing would be none to a sparse matrix

LonLat = tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class RoadTable:
    """Nodes and edges as read. nodes_deg: (n, 2), degrees WGS 84; edges from starts to ends, each one way.

    starts, ends: (m,) rows of nodes; length_m, speed_kmh: (m,), above 0. source: whose roads, and of when.
    """

    nodes_deg: Float64
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    length_m: Float64
    speed_kmh: Float64
    source: str = ""


@dataclass(frozen=True, slots=True)
class Travel:
    """How long each takes. travel_s: (k,), NaN where it is nowhere; by_road: (k,), False: straight line × factor."""

    travel_s: Float64
    by_road: NDArray[np.bool_]


class Roads:
    """A graph that is asked often; made once. detour: of roads against the straight line, where there is no graph."""

    def __init__(self, table: RoadTable, detour: float) -> None:
        self._table, self._detour = table, detour
        middle_deg = float(np.mean(table.nodes_deg[:, 1]))
        self._flat = np.array([np.cos(np.radians(middle_deg)), 1.0])  # a degree of longitude is shorter

    def travel(self, to_deg: LonLat, from_deg: Float64, speed_m_s: Float64) -> Travel:
        """The time from each of many places to one.

        Args:
            to_deg: The one place, degrees WGS 84.
            from_deg: (k, 2) float64, degrees WGS 84; NaN for what is nowhere.
            speed_m_s: (k,) float64, of each beside the road and where there is none, m/s.

        Returns:
            By road: straight line × factor to the nearest node, over the graph, and from its last node on. By straight
            line × factor where a road is too far, does not lead there, or both ends join it at the same node.
        """
        straight_s = great_circle_m(to_deg, from_deg) * self._detour / speed_m_s
        placed = np.flatnonzero(~np.isnan(from_deg).any(axis=1))
        goal, goal_m = self._nearest(np.array([to_deg]))
        rows, off_m = self._nearest(from_deg[placed])
        over_s = self._over_s(int(goal[0]), rows, speed_m_s[placed])
        road_s = over_s + (off_m + goal_m[0]) * self._detour / speed_m_s[placed]
        joins = (off_m <= JOINS_WITHIN_M) & (goal_m[0] <= JOINS_WITHIN_M) & (rows != goal[0]) & np.isfinite(road_s)
        travel_s, by_road = straight_s.copy(), np.zeros(len(from_deg), np.bool_)
        travel_s[placed[joins]], by_road[placed[joins]] = road_s[joins], True
        return Travel(travel_s, by_road)

    def _over_s(self, goal: int, rows: NDArray[np.int64], speed_m_s: Float64) -> Float64:
        """Seconds over the graph from each of these nodes."""
        slow = speed_m_s < ON_FOOT_KMH / 3.6
        over_s = np.full(len(rows), np.inf)
        if not slow.all():
            over_s[~slow] = self._cost(self._by_time, goal)[rows[~slow]]
        if slow.any():
            over_s[slow] = self._cost(self._by_length, goal)[rows[slow]] / speed_m_s[slow]
        return over_s

    def _cost(self, turned: Any, goal: int) -> Float64:
        from scipy.sparse.csgraph import dijkstra  # noqa: PLC0415 - 0.3 s, and only a city with roads needs it

        cost: Float64 = dijkstra(turned, directed=True, indices=goal)
        return cost

    def _nearest(self, places_deg: Float64) -> tuple[NDArray[np.int64], Float64]:
        """The nearest node of each place, and how far it is in a straight line, m."""
        rows: NDArray[np.int64] = self._tree.query(places_deg * self._flat)[1]
        return rows, great_circle_m(places_deg, self._table.nodes_deg[rows])

    @cached_property
    def _tree(self) -> Any:
        from scipy.spatial import cKDTree  # noqa: PLC0415 - as above

        return cKDTree(self._table.nodes_deg * self._flat)

    @cached_property
    def _by_time(self) -> Any:
        return self._turned(self._table.length_m / (self._table.speed_kmh / 3.6))

    @cached_property
    def _by_length(self) -> Any:
        return self._turned(self._table.length_m)

    def _turned(self, cost: Float64) -> Any:
        """Edges from their ends to their starts; of several between two nodes the cheapest."""
        from scipy.sparse import csr_array  # noqa: PLC0415 - as above

        table, many = self._table, len(self._table.nodes_deg)
        order = np.lexsort((cost, table.starts, table.ends))
        ends, starts, cheapest = table.ends[order], table.starts[order], np.maximum(cost[order], ABOVE_ZERO)
        first = np.ones(len(order), np.bool_)
        first[1:] = (ends[1:] != ends[:-1]) | (starts[1:] != starts[:-1])
        return csr_array((cheapest[first], (ends[first], starts[first])), shape=(many, many))


def road_table(edges: Sequence[tuple[LonLat, LonLat, float, float]], source: str = "") -> RoadTable:
    """A table of edges from place to place, length_m and speed_kmh; places that are the same are one node.

    >>> table = road_table([((0.0, 0.0), (0.0, 1.0), 5.0, 40.0), ((0.0, 1.0), (0.0, 0.0), 5.0, 40.0)])
    >>> len(table.nodes_deg), table.starts.tolist(), table.ends.tolist()
    (2, [0, 1], [1, 0])
    """
    rows: dict[LonLat, int] = {}
    ends = [(rows.setdefault(begin, len(rows)), rows.setdefault(end, len(rows))) for begin, end, _, _ in edges]
    pairs = np.array(ends, np.int32).reshape(-1, 2)
    measures = np.array([edge[2:] for edge in edges], np.float64).reshape(-1, 2)
    nodes_deg = np.array(list(rows), np.float64).reshape(-1, 2)
    return RoadTable(nodes_deg, pairs[:, 0], pairs[:, 1], measures[:, 0], measures[:, 1], source)
