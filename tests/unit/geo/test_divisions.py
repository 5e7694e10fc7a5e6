import re

import pytest
import shapely

from core.errors import UnknownName
from geo.boundaries import county_polygons
from geo.divisions import cities, find_city


@pytest.mark.parametrize("asked", ["茂名", "茂名市", "440900", " 440900 "])
def test_a_city_is_found_by_name_short_name_and_code(asked: str) -> None:
    city = find_city(asked)
    assert (city.code, city.name, city.short_name, city.province) == ("440900", "茂名市", "茂名", "广东省")
    assert [(c.code, c.name) for c in city.counties] == [
        ("440902", "茂南区"),
        ("440904", "电白区"),
        ("440981", "高州市"),
        ("440982", "化州市"),
        ("440983", "信宜市"),
    ]


def test_municipalities_and_counties_governed_by_their_province_are_cities() -> None:
    assert len(find_city("北京").counties) == 16
    assert [find_city(name).code for name in ("济源市", "仙桃", "昆玉市", "澳门")] == [
        "419001",
        "429004",
        "659009",
        "820000",
    ]


def test_a_city_without_counties_is_its_own_only_county() -> None:
    assert [(c.code, c.name) for c in find_city("东莞").counties] == [("441900-0", "东莞市")]


@pytest.mark.parametrize(
    ("asked", "advice"),
    [
        ("茂明", "茂名市 (440900)"),
        ("440901", "茂名市 (440900)"),
        ("高州市", "it is a county of 茂名市 (440900)"),
        ("Atlantis", "a name such as 茂名"),
        ("", "a name such as 茂名"),
    ],
)
def test_an_unknown_name_is_refused_with_near_ones(asked: str, advice: str) -> None:
    with pytest.raises(UnknownName, match=re.escape(advice)):
        find_city(asked)


@pytest.mark.claim("PULSE", "Names and county polygons of all 2,891 districts and 375 cities of China are read")
def test_every_city_has_valid_polygons_that_hold_their_published_centres(record_property) -> None:
    districts = 0
    for code, city in cities().items():
        shapes = county_polygons(code)
        assert list(shapes) == [c.code for c in city.counties]
        for county in city.counties:
            assert shapes[county.code].is_valid, county
            assert shapes[county.code].contains(shapely.Point(county.centre_deg)), county
        districts += len(shapes)
    assert (len(cities()), districts) == (375, 2891)
    record_property("figure", "375 cities, 2,891 districts")
