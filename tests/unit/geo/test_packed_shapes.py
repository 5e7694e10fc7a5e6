import struct
from itertools import pairwise
from pathlib import Path

import pytest
import shapely

from geo.packed_shapes import read_shapes


def units(lon_deg: float, lat_deg: float) -> tuple[int, int]:
    return round((lon_deg + 180) / 2e-6), round((lat_deg + 90) / 2e-6)


def packed(blobs: list[bytes]) -> bytes:
    return struct.pack(f"<{len(blobs) + 1}I", len(blobs), *map(len, blobs)) + b"".join(blobs)


def plain_ring(points_deg) -> bytes:
    return struct.pack("<I", 0) + b"".join(struct.pack("<2I", *units(*p)) for p in points_deg)


def stepped_ring(points_deg) -> bytes:
    rows = [units(*p) for p in points_deg]
    steps = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(rows)]
    return struct.pack("<I2I", 1, *rows[0]) + b"".join(struct.pack("<2h", *s) for s in steps)


SQUARE = [(110.0, 21.0), (110.05, 21.0), (110.05, 21.05), (110.0, 21.05), (110.0, 21.0)]
HOLE = [(110.01, 21.01), (110.02, 21.01), (110.02, 21.02), (110.01, 21.01)]
WIDE = [(-1.0, -2.0), (1.0, -2.0), (1.0, 2.0), (-1.0, -2.0)]


def test_both_ring_forms_holes_and_parts_are_read(tmp_path: Path) -> None:
    polygon = packed([stepped_ring(SQUARE), plain_ring(HOLE)])
    parts = packed([packed([plain_ring(WIDE)]), polygon])
    file = tmp_path / "shapes.bin"
    file.write_bytes(packed([struct.pack("<I", 5) + polygon, struct.pack("<I", 6) + parts]))
    both, single = read_shapes(file, [1, 0])
    assert shapely.equals_exact(single, shapely.Polygon(SQUARE, [HOLE]), tolerance=1e-9)
    assert both.geom_type == "MultiPolygon"
    assert shapely.equals_exact(both.geoms[0], shapely.Polygon(WIDE), tolerance=1e-9)
    assert shapely.equals_exact(both.geoms[1], single, tolerance=1e-12)


def test_another_type_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "shapes.bin"
    file.write_bytes(packed([struct.pack("<I", 1)]))
    with pytest.raises(ValueError, match="shape of type 1"):
        read_shapes(file, [0])
