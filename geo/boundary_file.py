"""County polygons out of a city's own file, in place of those that come with the product.

GCJ-02 and undeclared layers look like degrees and lie hundreds of metres off, so a file must say its coordinate
system, in the file or in the pack; a GeoJSON without a `crs` member is no exception, for many are not WGS 84.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from shapely import MultiPolygon, Polygon

from core.errors import DeclarationError
from geo.boundaries import Shape
from geo.schema import BoundaryFileEntry

WGS84 = "EPSG:4326"


def read_boundary_file(folder: Path, entry: BoundaryFileEntry) -> tuple[dict[str, str], dict[str, Shape]]:
    """Names and polygons by id, degrees WGS 84, in the order of the file.

    Reads what GDAL reads, GeoJSON and GeoPackage above all. `entry.file` is relative to the folder.

    Raises:
        DeclarationError: One sentence for each thing that is wrong with the file.
    """
    file = folder / entry.file
    if not file.is_file():
        raise DeclarationError([f"boundary file {file} does not exist"])
    table = _read(file, entry)
    ids, names = (table[column].astype(str).tolist() for column in (entry.id_column, entry.name_column))
    shapes = table.geometry.tolist()
    problems = [
        f"boundary file {file}: {area} is no valid polygon"
        for area, shape in zip(ids, shapes, strict=True)
        if not isinstance(shape, (Polygon, MultiPolygon)) or shape.is_empty or not shape.is_valid
    ]
    if len(set(ids)) < len(ids):
        problems.append(f"boundary file {file}: an id stands twice in column {entry.id_column!r}")
    if problems:
        raise DeclarationError(problems)
    return dict(zip(ids, names, strict=True)), dict(zip(ids, shapes, strict=True))


def _read(file: Path, entry: BoundaryFileEntry) -> Any:
    import geopandas as gpd  # noqa: PLC0415 - 0.6 s, and only a city with a file of its own needs it
    from pyproj.exceptions import CRSError  # noqa: PLC0415

    try:
        table = gpd.read_file(file)
        declared = None if _is_silent_geojson(file) else table.crs
        if declared is None and not entry.crs:
            raise DeclarationError([f"boundary file {file} declares no coordinate system; say `crs`, e.g. EPSG:4490"])
        if declared is None:
            table = table.set_crs(entry.crs, allow_override=True)
        elif entry.crs and not table.crs.equals(entry.crs):
            raise DeclarationError([f"boundary file {file} is in {table.crs.to_string()}, the pack says {entry.crs}"])
        table = table.to_crs(WGS84)
    except (CRSError, OSError, RuntimeError, ValueError) as problem:  # pyogrio's errors are RuntimeErrors
        raise DeclarationError([f"boundary file {file} cannot be read: {problem}"]) from problem
    missing = [column for column in (entry.id_column, entry.name_column) if column not in table.columns]
    if missing:
        known = ", ".join(str(column) for column in table.columns if column != table.geometry.name)
        raise DeclarationError([f"boundary file {file} has no column {', '.join(missing)}; columns: {known}"])
    return table


def _is_silent_geojson(file: Path) -> bool:
    """True for a GeoJSON that does not say its system: the reader would take it for WGS 84."""
    if file.suffix.lower() not in (".geojson", ".json"):
        return False
    return "crs" not in json.loads(file.read_bytes())
