"""Which county a place belongs to, and whose values the picture holds, in a city with every level."""

from dataclasses import replace

from board.names import Names
from catalogue.declared import Declared
from core.declared import Device, Words
from geo.areas import Area, AreaLevel, AreaTree

SAME = Words("同", "same")


def test_towns_and_devices_in_them_belong_to_their_county(declared: Declared) -> None:
    line = [
        Area("440900", SAME, AreaLevel.CITY, "", (0, 0)),
        Area("440902", SAME, AreaLevel.COUNTY, "440900", (0, 0)),
        Area("440902001", SAME, AreaLevel.TOWN, "440902", (0, 0)),
        Area("port", SAME, AreaLevel.ZONE, "440900", (0, 0)),
    ]
    device = Device("d", "rain", SAME, "440902001", None, ())
    names = Names(replace(declared, areas=AreaTree(line), devices={"d": device}), "zh")
    county = {one: names.county_of(one) for one in ("d", "440902001", "440902", "port", "440900", "stranger")}
    assert county == {
        "d": "440902", "440902001": "440902", "440902": "440902",
        "port": "440900", "440900": "440900", "stranger": "440900",
    }  # fmt: skip
    shown = [one for one in county if names.is_in_picture(one)]
    assert shown == ["440902", "port", "440900"]
