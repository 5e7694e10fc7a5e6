"""The tree of areas: every level, zones beside the counties, and what is refused."""

import pytest

from core.declared import Device, Words
from core.errors import DeclarationError, UnknownName
from geo.areas import Area, AreaLevel, AreaTree

SAME = Words("同", "same")
MIDDLE_DEG = (110.9, 21.7)


def area(area_id: str, level: AreaLevel, parent: str) -> Area:
    return Area(area_id, SAME, level, parent, MIDDLE_DEG)


CITY = area("440900", AreaLevel.CITY, "")
LINE = [
    area("440902", AreaLevel.COUNTY, "440900"),
    area("440902001", AreaLevel.TOWN, "440902"),
    area("440902001001", AreaLevel.VILLAGE, "440902001"),
    area("440902001001-3", AreaLevel.GRID, "440902001001"),
    area("440902002-1", AreaLevel.GRID, "440902"),  # a city may know fewer levels
    area("port", AreaLevel.ZONE, "440900"),
]
TREE = AreaTree([*LINE, CITY])


def device(area_id: str, zone: str = "") -> Device:
    return Device("d", "feed", SAME, area_id, None, (), attributes={"zone": zone})


def test_ancestors_go_up_to_the_city() -> None:
    assert [one.id for one in TREE.ancestors("440902001001-3")] == ["440902001001", "440902001", "440902", "440900"]
    assert [one.id for one in TREE.ancestors("440902002-1")] == ["440902", "440900"]
    assert TREE.ancestors("440900") == ()
    assert [one.id for one in TREE.children("440900")] == ["440902", "port"]
    assert [one.id for one in TREE.at(AreaLevel.GRID)] == ["440902001001-3", "440902002-1"]
    with pytest.raises(UnknownName, match="4409021"):
        TREE.ancestors("4409021")


def test_a_device_counts_for_every_area_above_it_and_for_its_zone() -> None:
    assert TREE.holding(device("440902001", "port")) == {
        AreaLevel.TOWN: "440902001",
        AreaLevel.COUNTY: "440902",
        AreaLevel.CITY: "440900",
        AreaLevel.ZONE: "port",
    }
    assert TREE.holding(device("")) == {AreaLevel.CITY: "440900"}
    assert TREE.holding(device("elsewhere", "nowhere")) == {AreaLevel.CITY: "440900"}


def test_the_county_of_an_area() -> None:
    assert [TREE.county_of(one) for one in ("440902001001-3", "440902", "440900", "port")] == [
        "440902", "440902", "", "",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (area("x", AreaLevel.TOWN, "nowhere"), "parent 'nowhere' is not declared"),
        (area("x", AreaLevel.TOWN, "440902001001"), "a town hangs below one of city, county, not below a village"),
        (area("x", AreaLevel.ZONE, "440902"), "a zone hangs below one of city, not below a county"),
        (area("x", AreaLevel.CITY, "440902"), "it has no parent"),
        (area("x", AreaLevel.GRID, "x"), "not below a grid"),
    ],
)
def test_an_area_that_hangs_wrong_is_refused(wrong: Area, said: str) -> None:
    with pytest.raises(DeclarationError, match=said):
        AreaTree([CITY, *LINE, wrong])
