from pathlib import Path

import pytest
import shapely

import catalogue

gpd = pytest.importorskip("geopandas")
TOPICS = Path(__file__).parents[3] / "packs" / "topics"
CITY = """
city:
  code: '440900'
  name: {zh: 茂名市, en: Maoming}
  topics: [meteorology]
  boundary: {file: counties.gpkg, id_column: code, name_column: label}
areas:
  zone: {name: {zh: 高新区, en: High-tech zone}}
devices:
  gauge: {feed: rain, name: {zh: 站, en: Station}, lon_deg: 110.95, lat_deg: 21.65}
"""


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    (tmp_path / "topics").symlink_to(TOPICS)
    (tmp_path / "cities").mkdir()
    (tmp_path / "cities" / "own.yaml").write_text(CITY, "utf-8")
    return tmp_path


def test_a_boundary_file_replaces_the_counties_of_the_table(packs: Path) -> None:
    boxes = [shapely.box(110.8, 21.6, 110.9, 21.7), shapely.box(110.9, 21.6, 111.0, 21.7)]
    table = gpd.GeoDataFrame({"code": ["440902", "zone"], "label": ["茂南区", "开发区"]}, geometry=boxes, crs=4490)
    table.to_file(packs / "counties.gpkg")
    declared = catalogue.load(packs, "own")
    assert [(a.id, a.name.zh, a.name.en) for a in declared.areas.counties] == [
        ("440902", "茂南区", "茂南区"),
        ("zone", "高新区", "High-tech zone"),  # the pack's own name goes before the file's
    ]
    assert declared.devices["gauge"].area == "zone"
    assert [f["properties"]["name"] for f in declared.boundaries["features"]] == ["茂南区", "高新区"]


def test_a_missing_boundary_file_is_told_at_its_line(packs: Path) -> None:
    (problem,) = catalogue.check(packs, "own")
    assert problem.startswith(f"{packs / 'cities' / 'own.yaml'}:6: boundary file {packs / 'counties.gpkg'} does not")
