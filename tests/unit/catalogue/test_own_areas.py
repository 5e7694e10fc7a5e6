"""Zones, towns, villages and grids of a pack: where they hang, and what stands in them."""

import re
from pathlib import Path

import pytest

import catalogue
from core.declared import Device
from geo.areas import AreaLevel

TOPICS = Path(__file__).parents[3] / "packs" / "topics"
CITY = """city:
  code: '440900'
  name: {zh: 茂名市, en: Maoming}
  topics: [meteorology]
areas:
  zone-1: {level: zone, name: {zh: 甲功能区(示例), en: Zone A}, attributes: {population: 1000}}
  town-1:
    level: town
    parent: '440902'
    name: {zh: 甲镇(示例), en: Town A}
    outline: [[110.90, 21.65], [110.95, 21.65], [110.95, 21.70], [110.90, 21.70]]
  village-1: {level: village, parent: town-1, name: {zh: 甲村(示例), en: Village A}, centre_deg: [110.92, 21.66]}
  grid-1: {level: grid, parent: town-1, name: {zh: 1号网格(示例), en: Grid 1}}
devices:
  inside: {feed: rain, name: {zh: 站, en: Station}, lon_deg: 110.92, lat_deg: 21.67}
  beside: {feed: rain, name: {zh: 站, en: Station}, lon_deg: 110.88, lat_deg: 21.67}
  said: {feed: rain, name: {zh: 站, en: Station}, area: grid-1, attributes: {zone: zone-1}}
"""


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    (tmp_path / "topics").symlink_to(TOPICS)
    (tmp_path / "cities").mkdir()
    return tmp_path


def declared(packs: Path, text: str = CITY) -> catalogue.Declared:
    (packs / "cities" / "own.yaml").write_text(text, "utf-8")
    return catalogue.load(packs, "own")


def problems(packs: Path, old: str, new: str) -> list[str]:
    assert old in CITY
    file = packs / "cities" / "own.yaml"
    file.write_text(CITY.replace(old, new), "utf-8")
    return [re.sub(r"^.*own.yaml:(\d+): ", r"\1: ", problem) for problem in catalogue.check(packs, "own")]


@pytest.mark.claim("ENGINE", "Areas of four levels hang below each other, zones beside the counties")
def test_areas_of_four_levels_and_a_zone_hang_below_each_other(packs: Path) -> None:
    areas = declared(packs).areas
    assert [area.id for area in areas.ancestors("grid-1")] == ["town-1", "440902", "440900"]
    assert [area.id for area in areas.at(AreaLevel.ZONE)] == ["zone-1"]
    assert areas["zone-1"].parent == "440900"
    assert areas["zone-1"].attributes == {"population": 1000}
    assert areas["village-1"].centre_deg == (110.92, 21.66)
    assert areas["town-1"].centre_deg == pytest.approx((110.925, 21.675))
    assert areas["grid-1"].centre_deg == areas["town-1"].centre_deg


def test_a_device_stands_in_the_smallest_area_that_is_known(packs: Path) -> None:
    city = declared(packs)
    assert {name: device.area for name, device in city.devices.items() if device.feed == "rain"} == {
        "inside": "town-1",
        "beside": "440902",
        "said": "grid-1",
    }

    def holding(device: Device) -> dict[str, str]:
        return {str(level): area for level, area in city.areas.holding(device).items()}

    assert holding(city.devices["said"]) == {
        "grid": "grid-1",
        "town": "town-1",
        "county": "440902",
        "city": "440900",
        "zone": "zone-1",
    }


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "parent: town-1, name: {zh: 甲村",
            "parent: grid-1, name: {zh: 甲村",
            "12: areas.village-1.parent 'grid-1' is not above",
        ),
        (
            "parent: '440902'",
            "parent: '449999'",
            "9: areas.town-1.parent '449999' is not above a town; known: 44",
        ),
        ("    parent: '440902'\n", "", "7: areas.town-1: a town needs a parent"),
        ("{level: zone, ", "{level: zone, parent: '440902', ", "6: areas.zone-1: a zone stands in the city"),
        ("[110.95, 21.70], [110.90, 21.70]]", "[110.90, 21.70], [110.95, 21.70]]", "11: areas.town-1.outline must be"),
        ("{zone: zone-1}", "{zone: zone-2}", "devices.said.attributes.zone 'zone-2' is not declared; known: zone-1"),
        ("area: grid-1", "area: grid-9", "devices.said.area 'grid-9' is no county of the city, nor in one"),
        ("area: grid-1", "area: grid-1, lon_deg: 110.4, lat_deg: 21.9", "m outside of 440902"),
    ],
)
def test_what_hangs_nowhere_is_told_at_its_line(packs: Path, old: str, new: str, said: str) -> None:
    told = problems(packs, old, new)
    assert any(said in problem for problem in told), told


def test_areas_decide_so_the_fingerprint_follows_them(packs: Path) -> None:
    before = declared(packs).fingerprint
    assert declared(packs, CITY.replace("population: 1000", "population: 1001")).fingerprint != before
    assert declared(packs, CITY.replace("1号网格", "2号网格")).fingerprint == before
