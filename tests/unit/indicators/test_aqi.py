"""The index against what was published, and against the table read by hand."""

import gzip
import json
import math
from pathlib import Path

import numpy as np
import pytest
import yaml

from core.errors import UnknownName
from indicators.aqi import air_quality_index, scheme_at, scheme_of

NAME = "hj633-2012-hourly"
TABLE = yaml.safe_load(Path(f"packs/topics/schemes/{NAME}.yaml").read_text("utf-8"))["schemes"][NAME]
SCHEME = scheme_of(NAME, TABLE)
# The labels o3 and o3_24h are exchanged in this publication: the one-hour value stands under o3_24h.
PUBLISHED_NAMES = {
    "so2_ugm3": "so2",
    "no2_ugm3": "no2",
    "pm10_ugm3": "pm10",
    "co_mgm3": "co",
    "o3_ugm3": "o3_24h",
    "pm25_ugm3": "pm2_5",
}
POLLUTANT_WORDS = {
    "so2_ugm3": "二氧化硫",
    "no2_ugm3": "二氧化氮",
    "pm10_ugm3": "颗粒物(PM10)",
    "co_mgm3": "一氧化碳",
    "o3_ugm3": "臭氧1小时",
    "pm25_ugm3": "细颗粒物(PM2.5)",
}


def number(text: str) -> float:
    return math.nan if text.startswith("-") else float(text)


def concentration(**known: float) -> np.ndarray:
    """One row of the table; what is not named is unknown."""
    return np.array([[known.get(p, math.nan) for p in SCHEME.pollutants]])


@pytest.fixture(scope="module")
def published(recorded_data: Path) -> list[dict[str, str]]:
    with gzip.open(recorded_data / "stations_china" / "airnow.json.gz") as file:
        return [feature["properties"] for feature in json.load(file)["features"]]


def concentrations(stations: list[dict[str, str]]) -> np.ndarray:
    return np.array([[number(s[PUBLISHED_NAMES[p]]) for p in SCHEME.pollutants] for s in stations])


@pytest.mark.recorded
@pytest.mark.claim("PULSE", "The hourly AQI equals the published one for 1,475 of 1,475 stations")
def test_index_equals_the_published_one(published: list[dict[str, str]]) -> None:
    with_index = [s for s in published if not math.isnan(number(s["aqi"]))]
    ours = air_quality_index(concentrations(with_index), SCHEME).index
    assert len(with_index) == 1475
    assert np.array_equal(ours, [number(s["aqi"]) for s in with_index])


@pytest.mark.recorded
@pytest.mark.claim("PULSE", "The primary pollutant equals the published one wherever inputs are complete and AQI > 50")
def test_primary_pollutant_equals_the_published_one(published: list[dict[str, str]]) -> None:
    complete = ~np.isnan(concentrations(published)).any(axis=1)
    stations = [s for s, whole in zip(published, complete, strict=True) if whole and number(s["aqi"]) > 50]
    ours = air_quality_index(concentrations(stations), SCHEME).primary
    words = [{POLLUTANT_WORDS[p] for p in primary.split(",")} for primary in ours]
    assert len(stations) == 774
    assert words == [set(s["primarypollutant"].split(",")) for s in stations]


@pytest.mark.parametrize(
    ("pm25", "index", "grade"),
    [
        *[(-3, 0, 0), (0, 0, 0), (35, 50, 0), (35.1, 51, 1), (75, 100, 1), (75.01, 101, 2), (115, 150, 2)],
        *[(150, 200, 3), (250, 300, 4), (250.1, 301, 5), (500, 500, 5), (1000, 500, 5)],
    ],
)
def test_break_points_round_up_but_never_over_themselves(pm25: float, index: float, grade: int) -> None:
    result = air_quality_index(concentration(pm25_ugm3=pm25), SCHEME)
    assert (result.index[0], result.grade[0]) == (index, grade)


def test_every_break_point_gives_exactly_its_index() -> None:
    for column, bounds in enumerate(SCHEME.bounds):
        table = np.full((len(bounds), len(SCHEME.bounds)), np.nan)
        table[:, column] = bounds
        assert np.array_equal(air_quality_index(table, SCHEME).index, SCHEME.index[: len(bounds)])


def test_nothing_known_is_unknown_and_a_tie_names_both() -> None:
    table = [concentration(), concentration(pm10_ugm3=150, pm25_ugm3=75), concentration(pm10_ugm3=50, pm25_ugm3=35)]
    result = air_quality_index(np.concatenate(table), SCHEME)
    assert math.isnan(result.index[0]) and result.grade[0] == -1
    assert result.primary[::2] == ("", "")  # at 50 there is no primary pollutant
    assert set(result.primary[1].split(",")) == {"pm10_ugm3", "pm25_ugm3"}


def test_sulphur_dioxide_over_its_column_gives_the_highest_index_of_the_column() -> None:
    assert air_quality_index(concentration(so2_ugm3=900), SCHEME).index[0] == 200


@pytest.mark.parametrize("kind", ["hourly", "daily"])
def test_of_the_columns_only_those_of_particles_changed_in_2026(kind: str) -> None:
    before, since = (
        yaml.safe_load(Path(f"packs/topics/schemes/{name}.yaml").read_text("utf-8"))["schemes"][name]
        for name in (f"hj633-2012-{kind}", f"hj633-2026-{kind}")
    )
    changed = {
        name: [
            (was, now)
            for was, now in zip(before["inputs"][name]["bounds"], column["bounds"], strict=True)
            if was != now
        ]
        for name, column in since["inputs"].items()
    }
    pm25, pm10 = ("pm25_ugm3", "pm10_ugm3") if kind == "hourly" else ("pm25", "pm10")
    assert {name: pairs for name, pairs in changed.items() if pairs} == {pm25: [(75, 60)], pm10: [(150, 120)]}
    assert before["inputs"].keys() - since["inputs"].keys() == ({"o3_1h"} if kind == "daily" else set())
    assert (since["index"], since["classes"]) == (before["index"], before["classes"])


def test_a_scheme_is_replaced_when_its_validity_ends() -> None:
    schemes = {NAME: TABLE | {"replaced_by": "next"}, "next": TABLE | {"valid_to": None, "replaced_by": ""}}
    change_ms = 1_772_294_400_000  # 2026-03-01 00:00 in China
    assert scheme_at(schemes, NAME, change_ms - 1).id == NAME
    assert scheme_at(schemes, NAME, change_ms).id == "next"
    assert scheme_at(schemes, NAME, 0).id == NAME  # before its time: still the only one there is
    with pytest.raises(UnknownName, match=NAME):
        scheme_at(schemes, "aqi-daily", change_ms)
