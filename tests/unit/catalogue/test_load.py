import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import shapely
from shapely.geometry import shape

import catalogue
from core.declared import SELDOM
from core.records import Level
from early_warning.rule import RuleState
from geo.areas import AreaLevel
from geo.boundaries import county_polygons
from geo.divisions import cities
from indicators.definition import Aggregate, RollUp, Verification

PACKS = Path(__file__).parents[3] / "packs"


@pytest.fixture(scope="module")
def maoming() -> catalogue.Declared:
    return catalogue.load(PACKS, "茂名")


@pytest.mark.parametrize("asked", ["茂名市", "440900", "maoming"])
def test_a_pack_is_found_by_name_code_and_file(maoming: catalogue.Declared, asked: str) -> None:
    found = catalogue.load(PACKS, asked)
    assert (found.city, found.fingerprint) == (maoming.city, maoming.fingerprint)


def test_maoming_is_whole(maoming: catalogue.Declared) -> None:
    assert [area.name.zh for area in maoming.areas.counties] == ["茂南区", "电白区", "高州市", "化州市", "信宜市"]
    assert [domain.name.zh for domain in maoming.domains] == [
        "经济调节",
        "市场监管",
        "社会管理",
        "公共服务",
        "生态环境保护",
    ]
    assert all(domain.headline in maoming.indicators for domain in maoming.domains)
    counts = {feed: sum(d.feed == feed for d in maoming.devices.values()) for feed in maoming.feeds}
    assert counts == {
        "air": 20,
        "statistics": 1,
        "hotline": 5,
        "kitchen": 10,
        "rain": 40,
        "camera": 24,
        "frigate": 0,
        "probe": 1,
        "by-hand": 1,
        "bus": 30,
        "river": 12,
    }


def test_what_is_invented_says_so_by_flag_and_by_name(maoming: catalogue.Declared) -> None:
    for declared in (maoming, catalogue.load(PACKS, "211200")):
        for device in declared.devices.values():
            if declared.feeds[device.feed].kind not in SELDOM:
                assert device.simulated, device
                assert "模拟" in device.name.zh, device
                assert "simulated" in device.name.en, device


def test_every_station_stands_in_its_county(maoming: catalogue.Declared) -> None:
    shapes = county_polygons("440900")
    placed = [device for device in maoming.devices.values() if device.place]
    assert len(placed) == 106
    for device in placed:
        county = maoming.areas.county_of(device.area)
        assert shapes[county].contains(shapely.Point(device.place.lon_deg, device.place.lat_deg)), device


def test_the_bureaus_rain_scheme_has_a_window_for_each_colour(maoming: catalogue.Declared) -> None:
    rule = maoming.rules["meteorology.rainstorm"]
    assert [(b.level, b.indicator, b.bound) for b in rule.bounds] == [
        (Level.RED, "meteorology.rain_3h", 100),
        (Level.ORANGE, "meteorology.rain_3h", 50),
        (Level.YELLOW, "meteorology.rain_6h", 50),
        (Level.BLUE, "meteorology.rain_12h", 50),
    ]
    assert [maoming.indicators[f"meteorology.rain_{h}h"].window_s for h in (1, 3, 6, 12)] == [3600, 10800, 21600, 43200]


def test_river_stages_are_judged_by_each_stations_references(maoming: catalogue.Declared) -> None:
    rule = maoming.rules["water.river_stage"]
    assert [(b.level, b.reference, b.offset) for b in rule.bounds] == [
        (Level.RED, "record", 0),
        (Level.ORANGE, "guaranteed", 0),
        (Level.YELLOW, "warning", 0),
        (Level.BLUE, "warning", -0.5),
    ]
    for device in maoming.devices.values():
        if device.feed == "river":
            assert [r.name for r in device.references] == ["warning", "guaranteed", "record"]
            assert {r.datum for r in device.references} == {device.datum} != {""}


def test_unverified_bounds_stay_in_trial_and_every_number_names_its_source(maoming: catalogue.Declared) -> None:
    for rule in maoming.rules.values():
        proved = rule.source.bounds in (Verification.VERIFIED, Verification.PARTIAL)
        assert (rule.state is RuleState.ACTIVE) == proved, rule.id
    for indicator in maoming.indicators.values():
        assert indicator.method.zh, indicator.id
        assert indicator.method.en, indicator.id
        assert indicator.source.standard or indicator.source.bounds in (Verification.ILLUSTRATIVE, Verification.NONE)


def test_the_index_scheme_goes_with_its_indicator(maoming: catalogue.Declared) -> None:
    aqi = maoming.indicators["ecology.aqi"]
    scheme = maoming.schemes[aqi.scheme]
    assert tuple(scheme["inputs"]) == aqi.metrics
    assert [c["name"]["zh"] for c in scheme["classes"]] == ["优", "良", "轻度污染", "中度污染", "重度污染", "严重污染"]
    assert scheme["standard"] == "HJ 633-2012"
    assert scheme["valid_to"] == "2026-03-01"
    successor = maoming.schemes[scheme["replaced_by"]]
    assert (successor["standard"], successor["valid_from"]) == ("HJ 633-2026", scheme["valid_to"])
    assert successor["inputs"].keys() == scheme["inputs"].keys()


def test_online_rate_counts_all_devices(maoming: catalogue.Declared) -> None:
    online = maoming.indicators["system.online"]
    assert (online.aggregate, online.rollup) == (Aggregate.REPORTING, RollUp.SHARE)
    assert online.metrics == online.event_types == ()


def test_beijing_places_the_six_recorded_stations_in_their_districts() -> None:
    declared = catalogue.load(PACKS, "北京")
    found = {d.id: declared.areas[d.area].name.zh for d in declared.devices.values() if d.feed == "air"}
    assert found == {
        "Aotizhongxin": "朝阳区",
        "Changping": "昌平区",
        "Dingling": "昌平区",
        "Dongsi": "东城区",
        "Guanyuan": "西城区",
        "Gucheng": "石景山区",
    }
    assert not any(d.simulated for d in declared.devices.values())
    assert declared.feeds["air"].lateness_s == 6 * 3600
    assert {name.partition(".")[0] for name in declared.indicators} == {"ecology", "system"}
    assert not any(
        relation.indicator not in declared.catalogue
        for one in declared.catalogue.values()
        for relation in one.relations
    )


@pytest.mark.recorded
def test_ids_of_replayed_stations_are_those_of_the_recorded_files(recorded_data: Path) -> None:
    for pack, folder, ending in (
        ("beijing", "air_beijing", ".csv.gz"),
        ("calder", "hydrology_calder", "-15min-Qualified.csv"),
    ):
        recorded = {file.name.removesuffix(ending) for file in (recorded_data / folder).iterdir()}
        declared = catalogue.load(PACKS, pack)
        assert {d.id for d in declared.devices.values() if declared.feeds[d.feed].kind not in SELDOM} == recorded


def test_a_place_outside_china_brings_its_own_outlines() -> None:
    declared = catalogue.load(PACKS, "calder")
    assert declared.areas.city.id == "calder"
    assert [a.name.en for a in declared.areas.counties] == ["Todmorden", "Hebden Royd"]
    outlines = [shape(feature["geometry"]) for feature in declared.boundaries["features"]]
    assert shapely.coverage_is_valid(outlines)
    assert all(rule.state is RuleState.TRIAL for rule in declared.rules.values())
    austin = catalogue.load(PACKS, "austin")
    buses = [device for device in austin.devices.values() if device.feed == "bus"]
    assert len(buses) == 247
    assert {bus.area for bus in buses} == {"austin-1-north", "austin-2-south"}
    assert [d.headline for d in austin.domains if d.headline] == ["transport.bus_online"]


@pytest.mark.claim("PULSE", "make run works for any of China's cities: names, polygons and marked simulated stations")
@pytest.mark.parametrize(
    "every", [pytest.param(30, id="one of thirty"), pytest.param(1, id="all", marks=pytest.mark.long)]
)
def test_the_cities_of_the_division_table_can_be_declared(tmp_path: Path, record_property, every: int) -> None:
    shutil.copytree(PACKS / "topics", tmp_path / "topics")
    devices, chosen = 0, [*cities().items()][::every]
    for code, city in chosen:
        declared = catalogue.load(tmp_path, code)
        assert declared.city.name.zh == city.name
        assert [a.level for a in (declared.areas.city, declared.areas.counties[0])] == [
            AreaLevel.CITY,
            AreaLevel.COUNTY,
        ]
        assert len(declared.boundaries["features"]) == len(city.counties)
        reporting = {d.area for d in declared.devices.values() if d.feed == "air"}
        assert reporting == {c.code for c in city.counties}
        devices += len(declared.devices)
    record_property("figure", f"{len(chosen)} cities, {devices:,} simulated stations")


def test_an_invented_city_is_the_same_on_every_machine() -> None:
    first, second = (catalogue.load(PACKS, "211200") for _ in range(2))
    assert first.devices == second.devices
    assert first.devices["211202-river-1"].place.lon_deg == pytest.approx(123.8, abs=0.5)


def test_the_fingerprint_follows_what_decides_and_not_what_is_said(tmp_path: Path) -> None:
    before = catalogue.load(PACKS, "maoming").fingerprint

    def changed(file: str, old: str, new: str) -> str:
        shutil.copytree(PACKS, tmp_path / "packs", dirs_exist_ok=True)
        path = tmp_path / "packs" / file
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), "utf-8")
        return catalogue.load(tmp_path / "packs", "maoming").fingerprint

    assert changed("topics/water.yaml", "name: {zh: 江河水位监测", "name: {zh: 江河水位") == before
    assert changed("topics/water.yaml", "window_s: 1800", "window_s: 1860") != before
    assert changed("topics/meteorology.yaml", "bound: 100", "bound: 101") != before
    assert changed("cities/maoming.yaml", "value: 118.5", "value: 118.6") != before
    assert changed("cities/maoming.yaml", "{name: warning, value: 118.5,", "{name: guaranteed, value: 118.5,") != before
    assert changed("topics/schemes/hj633-2012-hourly.yaml", "[0, 35, 75,", "[0, 35, 70,") != before


def test_the_fingerprint_is_the_same_in_another_process(maoming: catalogue.Declared) -> None:
    program = "import sys, pathlib, catalogue; print(catalogue.load(pathlib.Path(sys.argv[1]), '440900').fingerprint)"
    other = subprocess.run(
        [sys.executable, "-c", program, str(PACKS)],
        cwd=PACKS.parent,
        env={"PYTHONHASHSEED": "99"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert other.stdout.strip() == maoming.fingerprint


def test_a_start_does_not_wait_for_what_it_does_not_need() -> None:
    loading = "catalogue.load(pathlib.Path(sys.argv[1]), '440900')"
    program = f"import sys, pathlib, catalogue, workers.engine, workers.board; {loading}; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", program, str(PACKS)], cwd=PACKS.parent, capture_output=True, text=True, check=True
    )
    heavy = {"geopandas", "pandas", "pyproj", "pyarrow", "sqlalchemy", "alembic", "openpyxl", "docx", "fastapi", "dash"}
    assert heavy & {*run.stdout.split()} == set()
