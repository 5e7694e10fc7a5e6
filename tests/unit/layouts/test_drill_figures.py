"""The figures of the drill-down: sentence, ranking, bounds; pure, against hand-made pictures."""

from __future__ import annotations

import doctest
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from board.names import Names
from catalogue.declared import Declared
from catalogue.load import load
from layouts.figures import headline as headlines
from layouts.figures import moments
from layouts.figures.bounds import bound_rows, provenance, references
from layouts.figures.headline import Known, active_inside, active_on, headline, trend_of
from layouts.figures.overview import overview_rows
from layouts.figures.places import area_rows, station_rows
from layouts.figures.standing import Stands, by_station, headline_by_station
from layouts.figures.subject import judged, reporters, rule_on, subject_of
from tests.frames.board_snapshot import picture, value_record

NOW_MS = 1_795_341_600_000  # 22 November 2026, 18:00 in China


@pytest.fixture(scope="module")
def city() -> Declared:
    return load(Path(__file__).parents[3] / "packs", "440900")


@pytest.fixture(scope="module")
def shown(city: Declared) -> dict[str, Any]:
    return picture(city, "typhoon", NOW_MS, 40)


@pytest.mark.parametrize("module", [headlines, moments])
def test_examples_hold(module: Any) -> None:
    assert doctest.testmod(module).failed == 0


def known(record: dict[str, Any] | None, **other: Any) -> Known:
    return Known(**({"record": record, "warning": None, "inside": (), "judged": True, "trend": "rising"} | other))


def test_the_sentence_of_a_calm_county(city: Declared) -> None:
    subject = subject_of(city, "meteorology.rain_3h", "440983", "zh")
    record = value_record(city, "meteorology.rain_3h", "440983", 12.3, NOW_MS)
    head = headline(subject, known(record), NOW_MS, "zh")
    assert head.sentence == "信宜市 3小时雨量 12.3 mm，近1小时上升，未达告警级别"
    assert (head.text, head.unit, head.level) == ("12.3", "mm", "normal")


def test_an_area_without_a_value_of_its_own_shows_the_station_nearest_to_its_bound(city: Declared) -> None:
    area = subject_of(city, "water.river_stage", "", "zh")
    assert by_station(area.indicator, area)
    devices, rule = reporters(city, area), rule_on(city, "water.river_stage")
    first = {device: min(r.value for r in city.devices[device].references if r.name == "warning") for device in devices}
    near = devices[3]
    stages = {device: first[device] - (0.9 if device == near else 4.0) for device in devices[1:]}
    records = {d: value_record(city, "water.river_stage", d, stage, NOW_MS) for d, stage in stages.items()}
    stands = Stands(city, Names(city, "zh"), rule, lambda _, device: records.get(device), NOW_MS).of(area, devices)
    assert stands is not None
    assert stands.station.id == near
    assert (stands.known, stands.expected) == (len(devices) - 1, len(devices))
    head = headline(stands.station, known(records[near]), NOW_MS, "zh")
    whole = headline_by_station(head, area, stands, "zh")
    assert whole.sentence.endswith(f"最接近的是{city.devices[near].name.zh} {stages[near]:.2f} m，距一般告警 0.40 m")
    assert whole.reporting == f"到报 {len(devices) - 1}/{len(devices)}"
    assert whole.level == "normal"


def test_an_area_of_silent_stations_has_no_standing(city: Declared) -> None:
    area = subject_of(city, "water.river_stage", "", "zh")
    stands = Stands(city, Names(city, "zh"), rule_on(city, area.indicator.id), lambda *_: None, NOW_MS)
    assert stands.of(area, reporters(city, area)) is None


def test_what_nobody_judges_is_not_called_normal(city: Declared) -> None:
    subject = subject_of(city, "ecology.aqi", "", "zh")
    record = value_record(city, "ecology.aqi", "440900", 58.0, NOW_MS)
    head = headline(subject, known(record, judged=judged(city, "ecology.aqi")), NOW_MS, "zh")
    assert head.level == ""
    assert "告警" not in head.sentence
    assert head.beside.startswith("良 · 首要污染物")


def test_unknown_is_said_and_never_a_number(city: Declared) -> None:
    subject = subject_of(city, "meteorology.rain_3h", "440983", "zh")
    for record in (None, value_record(city, "meteorology.rain_3h", "440983", None, NOW_MS)):
        head = headline(subject, known(record), NOW_MS, "zh")
        assert (head.text, head.level, head.unit) == ("—", "unknown", "")
        assert head.sentence == "信宜市 3小时雨量 无数据"


def test_a_county_tells_the_warnings_inside_it(city: Declared, shown: dict[str, Any]) -> None:
    subject = subject_of(city, "meteorology.rain_3h", "440983", "zh")
    inside = active_inside(shown["warnings"], ["meteorology.rain_3h"], subject)
    held = [w for w in shown["warnings"].values() if (w["area"], w["indicator"]) == ("440983", "meteorology.rain_3h")]
    assert len(inside) == len(held) > 0
    record = value_record(city, "meteorology.rain_3h", "440983", 12.3, NOW_MS)
    head = headline(subject, known(record, inside=inside), NOW_MS, "zh")
    assert f"辖内 {len(held)} 条告警" in head.sentence
    assert (head.own_level, head.warned) == ("normal", f"{len(held)} 条告警")
    assert head.level != "normal"


def test_the_gravest_warning_speaks_for_a_station(city: Declared, shown: dict[str, Any]) -> None:
    warning = active_on(shown["warnings"], ["water.river_stage"], "mm-river-02")
    subject = subject_of(city, "water.river_stage", "mm-river-02", "zh")
    record = value_record(city, "water.river_stage", "mm-river-02", warning["value"], NOW_MS)
    head = headline(subject, known(record, warning=warning), NOW_MS, "zh")
    assert head.sentence == warning["sentence"]  # which says since when by itself
    assert head.own_level == head.level == warning["level"]


@pytest.mark.parametrize(
    ("values", "word"),
    [([1, 2, 3], "rising"), ([3, 2, 1], "falling"), ([2, 2, 2], "steady"), ([2], "unknown"), ([None, 2], "unknown")],
)
def test_the_trend_of_an_hour(values: list[float | None], word: str) -> None:
    assert trend_of([(at * 1_800_000, value) for at, value in enumerate(values)]) == word


def test_counties_are_ranked_by_what_is_worse(city: Declared) -> None:
    values = {"440902": 3.0, "440904": None, "440981": 9.0, "440982": 9.0, "440983": 1.0}
    for indicator, order in (
        ("meteorology.rain_3h", ["440981", "440982", "440902", "440983", "440904"]),  # more is worse
        ("market_supervision.kitchen_online", ["440983", "440902", "440981", "440982", "440904"]),  # less is worse
    ):
        records = [value_record(city, indicator, area, value, NOW_MS) for area, value in values.items()]
        rows = area_rows(city, city.indicators[indicator], records, {"440902": "orange"}, "zh")
        assert [row.id for row in rows] == order
        assert {row.id: row.level for row in rows}["440902"] == "orange"
        assert rows[-1].text == "—"
        assert rows[-1].level == "unknown"


def test_abnormal_stations_come_first_then_silent_ones(city: Declared, shown: dict[str, Any]) -> None:
    subject = subject_of(city, "meteorology.rain_3h", "", "zh")
    stations = {device: shown["stations"][device] for device in reporters(city, subject)}
    rows = station_rows(city, subject.indicator, stations, NOW_MS, "zh")
    order = ["red", "orange", "yellow", "blue"]
    found = [stations[row.id] for row in rows]
    ranks = [order.index(s["level"]) if s["level"] in order else 4 + (s["state"] == "ok") for s in found]
    assert ranks == sorted(ranks)
    assert len(rows) == 40


def test_reporters_of_a_county_stand_in_it(city: Declared) -> None:
    subject = subject_of(city, "meteorology.rain_3h", "440983", "zh")
    standing = {city.devices[device].area for device in reporters(city, subject)}
    assert {city.areas.county_of(area) for area in standing} == {"440983"}


def test_undeclared_names_have_no_subject(city: Declared) -> None:
    assert subject_of(city, "no.such", "", "zh") is None
    assert subject_of(city, "ecology.aqi", "999999", "zh") is None


def test_each_colour_of_the_rain_rule_has_its_window(city: Declared) -> None:
    rows = bound_rows(city, rule_on(city, "meteorology.rain_3h"), "zh")
    assert [(row.level, row.condition, row.over) for row in rows] == [
        ("red", "≥ 100.0 mm", "3 小时"),
        ("orange", "≥ 50.0 mm", "3 小时"),
        ("yellow", "≥ 50.0 mm", "6 小时"),
        ("blue", "≥ 50.0 mm", "12 小时"),
    ]
    assert provenance(rule_on(city, "meteorology.rain_3h").source, "zh")[1:] == ["数值已核", "颜色已核"]


def test_a_stations_bounds_carry_their_datum(city: Declared) -> None:
    assert ("警戒水位", "77.00 m 珠江基面") in references(city, "mm-river-02", "zh")


def test_a_bound_of_a_season_says_when_it_holds(city: Declared) -> None:
    station = city.devices["mm-river-02"]
    of_season = replace(station.references[0], value=76.5, season=((6, 16), (8, 31)), period="主汛期")
    seasonal = replace(city, devices={station.id: replace(station, references=(of_season, *station.references))})
    assert references(seasonal, station.id, "zh")[0] == ("警戒水位", "76.50 m 珠江基面 主汛期 06-16—08-31")


def test_the_overview_shows_where_a_warning_stands(city: Declared, shown: dict[str, Any]) -> None:
    def value(indicator: str, area: str) -> Any:
        return shown["values"].get(f"{indicator}¦{area}")

    rows = {row.indicator: row for row in overview_rows(city, value, shown["warnings"], NOW_MS, "zh")}
    assert "system.probe" not in rows
    assert rows["water.river_stage"].text == "按站点判定"
    assert rows["water.river_stage"].level == "red"
    assert rows["ecology.aqi"].level == ""
    assert "统计期 2026年10月" in rows["econ_operation.industrial_va_yoy"].fine
    assert "最新读数" not in rows["econ_operation.industrial_va_yoy"].fine
