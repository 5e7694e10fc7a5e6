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


def test_a_city_names_the_address_of_its_meetings(packs: Path) -> None:
    file, city = packs / "cities" / "own.yaml", CITY.partition("  boundary:")[0]
    file.write_text(city + "  meeting: 'https://meet.example.cn/{case}'", "utf-8")
    assert catalogue.load(packs, "own").city.meeting == "https://meet.example.cn/{case}"
    file.write_text(city + "  meeting: 'http://meet.example.cn/room'", "utf-8")
    (problem,) = catalogue.check(packs, "own")
    assert problem.startswith(f"{file}:6: city.meeting is 'http://meet.example.cn/room'")


@pytest.mark.claim("COMMAND", "A pack names its roads in a file; a mistake there is told with both files and lines.")
def test_a_pack_brings_its_roads(packs: Path) -> None:
    own = packs / "cities" / "own.yaml"
    ways = "  roads: {file: roads.csv, crs: EPSG:4490, source: 市交通运输局}\nareas:"
    own.write_text(CITY.replace("  boundary: {file: counties.gpkg, id_column: code, name_column: label}\nareas:", ways))
    own.write_text(own.read_text("utf-8").replace("  zone: {name: {zh: 高新区, en: High-tech zone}}", "  {}"), "utf-8")
    head = "from_lon,from_lat,to_lon,to_lat,speed_kmh\n"
    (packs / "roads.csv").write_text(head + "110.95,21.65,110.96,21.65,40\n110.96,21.65,110.96,21.66,0\n")
    (problem,) = catalogue.check(packs, "own")
    assert problem.startswith(f"{own}:6: {packs / 'roads.csv'}:3: speed_kmh 0")
    (packs / "roads.csv").write_text(head + "110.95,21.65,110.96,21.65,40\n")
    roads = catalogue.load(packs, "own").roads
    assert roads is not None and (len(roads.nodes_deg), len(roads.starts), roads.source) == (2, 2, "市交通运输局")
    own.write_text(own.read_text("utf-8").replace("EPSG:4490", "GCJ-02"), "utf-8")
    assert any("roads.crs" in one or "crs" in one for one in catalogue.check(packs, "own"))
