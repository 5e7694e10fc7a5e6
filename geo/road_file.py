"""Roads out of a city's own file, CSV or GeoJSON; every mistake with its file and line.

CSV: a row for each stretch, with the columns of `COLUMNS`. GeoJSON: a feature for each line, `speed_kmh` and perhaps
`oneway` among its properties; lines meet at every corner that they share.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from core.errors import DeclarationError
from geo.distance import great_circle_m
from geo.roads import LonLat, RoadTable, road_table
from geo.schema import RoadFileEntry

COLUMNS = ("from_lon", "from_lat", "to_lon", "to_lat", "speed_kmh")  # and, if wanted, length_m and oneway
ONE_WAY, BOTH_WAYS = ("1", "yes", "true"), ("", "0", "no", "false")
FASTEST_KMH = 200.0
SHORTER_BY = 0.99  # a road is no shorter than the straight line, but for rounding
DECIMALS = 6  # degrees: ends within a decimetre are one
SHOWN = 20  # mistakes told of one file

Edge = tuple[LonLat, LonLat, float, float]
BAD = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


def read_road_file(folder: Path, entry: RoadFileEntry) -> RoadTable:
    """The roads of a file, relative to the folder. Raises DeclarationError: each mistake as `file:line: sentence`."""
    file = folder / entry.file
    try:
        rows = list((_csv if file.suffix.lower() == ".csv" else _geojson)(file))
    except FileNotFoundError:
        raise DeclarationError([f"road file {file} does not exist"]) from None
    except (OSError, UnicodeDecodeError, RecursionError, ValueError) as problem:
        raise DeclarationError([f"road file {file} cannot be read: {problem}"]) from problem
    edges: list[Edge] = []
    problems: list[str] = []
    for where, row in rows:
        try:
            edges += _edges(row)
        except BAD as wrong:
            problems.append(f"{file}:{where}: {_said(wrong)}")
    if len(problems) > SHOWN:
        problems = [*problems[:SHOWN], f"{file}: {len(problems) - SHOWN} further mistakes"]
    if problems or not edges:
        raise DeclarationError(problems or [f"road file {file} has no roads"])
    return road_table(edges, entry.source)


def _csv(file: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Line number and row."""
    with file.open(encoding="utf-8-sig", newline="") as opened:
        rows = csv.DictReader(opened)
        if missing := [name for name in COLUMNS if name not in (rows.fieldnames or ())]:
            raise ValueError(f"no column {', '.join(missing)}")
        for row in rows:
            ends = [(row["from_lon"], row["from_lat"]), (row["to_lon"], row["to_lat"])]
            yield str(rows.line_num), {**row, "places": ends}


def _geojson(file: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """`feature n` and its properties with the corners of its line."""
    for number, feature in enumerate(json.loads(file.read_bytes())["features"], 1):
        line = feature["geometry"]
        if line["type"] not in ("LineString", "MultiLineString"):
            yield f"feature {number}", {"places": None}
            continue
        for part in [line["coordinates"]] if line["type"] == "LineString" else line["coordinates"]:
            yield f"feature {number}", {**(feature["properties"] or {}), "places": part}


def _edges(row: Mapping[str, Any]) -> list[Edge]:
    """Both directions of a stretch, or one. Raises ValueError: what is wrong with it."""
    if row["places"] is None:
        raise ValueError("no line from place to place")
    places = [(round(float(lon), DECIMALS), round(float(lat), DECIMALS)) for lon, lat, *_ in row["places"]]
    if not all(-180 <= lon <= 180 and -90 <= lat <= 90 for lon, lat in places):
        raise ValueError("a place is no longitude and latitude in degrees")
    speed_kmh = float(row["speed_kmh"])
    if not 0 < speed_kmh <= FASTEST_KMH:
        raise ValueError(f"speed_kmh {speed_kmh:g} is not above 0 and at most {FASTEST_KMH:g}")
    one_way = str(row.get("oneway") or "").strip().lower()
    if one_way not in (*ONE_WAY, *BOTH_WAYS):
        raise ValueError(f"oneway {one_way!r} is none of {', '.join(filter(None, (*ONE_WAY, *BOTH_WAYS)))}")
    stretches = [(a, b, float(great_circle_m(a, b)[0])) for a, b in pairwise(places) if a != b]
    straight_m = sum(length_m for _, _, length_m in stretches)
    if not straight_m:
        raise ValueError("it leads nowhere: both ends are one place")
    longer = _length_m(row, straight_m) / straight_m
    forth = [(a, b, length_m * longer, speed_kmh) for a, b, length_m in stretches]
    return forth if one_way in ONE_WAY else forth + [(b, a, *measures) for a, b, *measures in forth]  # type: ignore[misc]


def _length_m(row: Mapping[str, Any], straight_m: float) -> float:
    said = row.get("length_m")
    if said in (None, ""):
        return straight_m
    length_m = float(str(said))
    if not straight_m * SHORTER_BY <= length_m < float("inf"):
        raise ValueError(f"length_m {length_m:g} is less than the straight line of {straight_m:.0f} m")
    return length_m


def _said(wrong: Exception) -> str:
    return f"no {wrong.args[0]}" if isinstance(wrong, KeyError) else str(wrong)
