"""Travel over roads, against a plain search, and files of roads with their mistakes."""

from __future__ import annotations

import heapq
import json
from collections import defaultdict
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest

from core.errors import DeclarationError
from geo.distance import great_circle_m
from geo.road_file import read_road_file
from geo.roads import LonLat, Roads, RoadTable, road_table
from geo.schema import RoadFileEntry

ENTRY = RoadFileEntry(file="roads.csv", crs="EPSG:4326", source="市交通运输局 2026-06")
DETOUR = 1.4
HEAD = "from_lon,from_lat,to_lon,to_lat,speed_kmh,length_m,oneway\n"


def grid(side: int, seed: int = 7) -> RoadTable:
    """Streets of a made-up town, each block about 111 m, both ways but with speeds of their own."""
    rng = np.random.default_rng(seed)
    places = [[(110.0 + 0.001 * x, 21.0 + 0.001 * y) for y in range(side)] for x in range(side)]
    edges = []
    for x in range(side):
        for y in range(side):
            for to_x, to_y in ((x + 1, y), (x, y + 1)):
                if to_x < side and to_y < side:
                    a, b = places[x][y], places[to_x][to_y]
                    length_m = float(great_circle_m(a, b)[0])
                    edges += [
                        (a, b, length_m, float(rng.uniform(10, 60))),
                        (b, a, length_m, float(rng.uniform(10, 60))),
                    ]
    return road_table(edges)


def searched(table: RoadTable, goal: int) -> list[float]:
    """Seconds from every node to one, by a plain Dijkstra over the edges turned round."""
    before = defaultdict(list)
    for start, end, length_m, kmh in zip(table.starts, table.ends, table.length_m, table.speed_kmh, strict=True):
        before[int(end)].append((int(start), float(length_m / (kmh / 3.6))))
    best, waiting = [float("inf")] * len(table.nodes_deg), [(0.0, goal)]
    while waiting:
        cost_s, node = heapq.heappop(waiting)
        if cost_s < best[node]:
            best[node] = cost_s
            for start, more_s in before[node]:
                heapq.heappush(waiting, (cost_s + more_s, start))
    return best


@pytest.mark.claim(
    "COMMAND", "With roads in the pack travel times are those of an independent search of shortest ways."
)
def test_travel_is_that_of_a_plain_search() -> None:
    table, rng = grid(9), np.random.default_rng(1)
    goal = 40
    best, rows = searched(table, goal), rng.permutation(81)[:30]
    found = Roads(table, DETOUR).travel(tuple(table.nodes_deg[goal]), table.nodes_deg[rows], np.full(30, 12.0))
    wanted = [best[row] for row in rows]
    assert found.travel_s == pytest.approx([0.0 if row == goal else wanted[at] for at, row in enumerate(rows)])
    assert found.by_road.tolist() == [row != goal for row in rows]


def test_a_river_makes_the_way_long_and_what_is_off_the_roads_goes_straight() -> None:
    west, east, bridge_w, bridge_e = (110.0, 21.0), (110.002, 21.0), (110.0, 21.05), (110.002, 21.05)
    edges = [
        (a, b, float(great_circle_m(a, b)[0]), 36.0)
        for a, b in ((east, bridge_e), (bridge_e, bridge_w), (bridge_w, west))
    ]
    roads = Roads(road_table(edges), DETOUR)
    nowhere, far_off = (np.nan, np.nan), (110.5, 21.0)
    found = roads.travel(west, np.array([east, far_off, nowhere, west]), np.array([10.0, 10.0, 10.0, 10.0]))
    assert found.by_road.tolist() == [True, False, False, False]
    assert found.travel_s[0] == pytest.approx(sum(length_m for *_, length_m, _ in edges) / 10.0)
    assert found.travel_s[1] == pytest.approx(float(great_circle_m(west, far_off)[0]) * DETOUR / 10)
    assert np.isnan(found.travel_s[2]) and found.travel_s[3] == 0
    back = roads.travel(east, np.array([west]), np.array([10.0]))
    assert not back.by_road[0], "one way only: nobody drives it backwards"
    on_foot = roads.travel(west, np.array([east]), np.array([1.0]))
    assert on_foot.travel_s[0] == pytest.approx(sum(length_m for *_, length_m, _ in edges)), "at his own speed"


@pytest.mark.claim("COMMAND", "Among 5,000 units over 20,000 crossings the travel times take less than 50 ms.")
def test_many_units_cost_one_search() -> None:
    table, rng = grid(142), np.random.default_rng(3)
    roads = Roads(table, DETOUR)
    places = np.column_stack([rng.uniform(110.0, 110.142, 5000), rng.uniform(21.0, 21.142, 5000)])
    speeds = np.full(5000, 11.0)
    roads.travel((110.07, 21.07), places, speeds)  # the graph is made once
    taken_s = []
    for _ in range(5):
        begun_s = perf_counter()
        assert roads.travel((110.07, 21.07), places, speeds).by_road.mean() > 0.99
        taken_s.append(perf_counter() - begun_s)
    assert min(taken_s) < 0.5, "ten times the promise, for a busy machine; benchmarks measure it"


def a_file(folder: Path, rows: str, name: str = "roads.csv") -> RoadTable:
    (folder / name).write_text(rows, "utf-8")
    return read_road_file(folder, ENTRY.model_copy(update={"file": name}))


def test_both_forms_tell_the_same_roads(tmp_path: Path) -> None:
    corners: list[LonLat] = [(110.0, 21.0), (110.001, 21.0), (110.001, 21.002)]
    rows = "110.0,21.0,110.001,21.0,30,,\n110.001,21.0,110.001,21.002,30,,no\n110.0,21.0,110.0,21.001,50,200,yes\n"
    table = a_file(tmp_path, HEAD + rows)
    lines = [
        ({"speed_kmh": 30}, corners),
        ({"speed_kmh": 50, "oneway": "yes", "length_m": 200}, [corners[0], (110.0, 21.001)]),
    ]
    features = [
        {"type": "Feature", "properties": said, "geometry": {"type": "LineString", "coordinates": line}}
        for said, line in lines
    ]
    same = a_file(tmp_path, json.dumps({"type": "FeatureCollection", "features": features}), "roads.geojson")
    for one in (table, same):
        ways = zip(one.nodes_deg[one.starts].tolist(), one.nodes_deg[one.ends].tolist(), one.length_m, strict=True)
        assert sorted((*a, *b, round(m)) for a, b, m in ways) == [
            (110.0, 21.0, 110.0, 21.001, 200),
            (110.0, 21.0, 110.001, 21.0, 104),
            (110.001, 21.0, 110.0, 21.0, 104),
            (110.001, 21.0, 110.001, 21.002, 222),
            (110.001, 21.002, 110.001, 21.0, 222),
        ]


@pytest.mark.claim("COMMAND", "A road file is checked whole: each mistake with its file and line.")
def test_each_mistake_has_its_line(tmp_path: Path) -> None:
    rows = (
        "110,21,110.1,21,60,,\n"  # right
        "110,21,110.1,21,0,,\n"
        "110,21,110,21,30,,\n"
        "110,21,110.1,21,30,5,\n"
        "500,21,110.1,21,30,,\n"
        "110,21,110.1,21,30,,maybe\n"
        "here,21,110.1,21,30,,\n"
        "110,21\n"
    )
    with pytest.raises(DeclarationError) as refused:
        a_file(tmp_path, HEAD + rows)
    said = [one.partition("roads.csv:")[2] for one in refused.value.problems]
    assert [one.partition(":")[0] for one in said] == ["3", "4", "5", "6", "7", "8", "9"]
    for one, words in zip(
        said,
        ("speed_kmh 0", "leads nowhere", "less than the straight line", "degrees", "oneway 'maybe'", "here", "float"),
        strict=True,
    ):
        assert words in one
    for rows, words in (("from_lon,from_lat\n", "no column to_lon"), (HEAD, "has no roads")):
        with pytest.raises(DeclarationError, match=words):
            a_file(tmp_path, rows)
    with pytest.raises(DeclarationError, match="feature 1: no line"):
        point = {"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [110, 21]}}
        a_file(tmp_path, json.dumps({"features": [point]}), "roads.geojson")
    with pytest.raises(DeclarationError, match="does not exist"):
        read_road_file(tmp_path, ENTRY.model_copy(update={"file": "none.csv"}))
