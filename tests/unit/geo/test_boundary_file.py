import json
from pathlib import Path

import pytest
import shapely

from core.errors import DeclarationError
from geo.boundary_file import read_boundary_file
from geo.schema import BoundaryFileEntry

gpd = pytest.importorskip("geopandas")

ENTRY = BoundaryFileEntry(file="counties.geojson", id_column="code", name_column="label")
EAST, WEST = shapely.box(110.9, 21.6, 111.0, 21.7), shapely.box(110.8, 21.6, 110.9, 21.7)


def written(folder: Path, name: str, crs: str | None, **columns) -> Path:
    table = gpd.GeoDataFrame(
        {"code": ["A", "B"], "label": ["西", "东"], **columns}, geometry=[WEST, EAST], crs="EPSG:4326"
    )
    table = table.to_crs(crs) if crs else table
    table.to_file(folder / name)
    return folder


def test_a_projected_geopackage_comes_back_in_degrees(tmp_path: Path) -> None:
    written(tmp_path, "counties.gpkg", "EPSG:4547")  # CGCS2000, 3° Gauss-Krüger, 114° E
    names, shapes = read_boundary_file(tmp_path, ENTRY.model_copy(update={"file": "counties.gpkg"}))
    assert names == {"A": "西", "B": "东"}
    assert shapely.equals_exact(shapes["A"].normalize(), WEST.normalize(), tolerance=1e-7)


def silent(folder: Path) -> None:
    """The same file without its `crs` member."""
    file = folder / "counties.geojson"
    body = json.loads(file.read_text("utf-8"))
    body.pop("crs", None)
    file.write_text(json.dumps(body), "utf-8")


def test_a_geojson_without_a_system_is_refused_until_the_pack_says_it(tmp_path: Path) -> None:
    written(tmp_path, "counties.geojson", None)
    silent(tmp_path)
    with pytest.raises(DeclarationError, match="declares no coordinate system"):
        read_boundary_file(tmp_path, ENTRY)
    _, shapes = read_boundary_file(tmp_path, ENTRY.model_copy(update={"crs": "EPSG:4490"}))
    assert shapely.equals_exact(shapes["B"].normalize(), EAST.normalize(), tolerance=1e-6)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"file": "nowhere.geojson"}, "does not exist"),
        ({"id_column": "gid"}, "has no column gid; columns: code, label"),
        ({"crs": "EPSG:4547"}, "the pack says EPSG:4547"),
        ({"file": "text.geojson"}, "cannot be read"),
    ],
)
def test_what_is_wrong_with_a_file_is_one_sentence(tmp_path: Path, change: dict[str, str], sentence: str) -> None:
    written(tmp_path, "counties.gpkg", "EPSG:4490")
    (tmp_path / "text.geojson").write_text("not a layer")
    with pytest.raises(DeclarationError, match=sentence):
        read_boundary_file(tmp_path, ENTRY.model_copy(update={"file": "counties.gpkg"} | change))


def test_an_id_that_stands_twice_is_refused(tmp_path: Path) -> None:
    written(tmp_path, "counties.gpkg", "EPSG:4490", code=["A", "A"])
    with pytest.raises(DeclarationError, match="stands twice"):
        read_boundary_file(tmp_path, ENTRY.model_copy(update={"file": "counties.gpkg"}))
