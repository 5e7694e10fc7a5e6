"""What the page of an indicator says of its window, of what it is made of, and beside its value; pure."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from catalogue.declared import Declared
from catalogue.load import load
from geo.areas import AreaLevel
from indicators.definition import Lifecycle, WindowKind
from layouts.definition import lifecycle_mark
from layouts.figures.composition import facts, part_rows, relation_rows
from layouts.figures.overview import overview_rows
from layouts.figures.places import ranks, station_rows
from layouts.figures.subject import reporters, subject_of
from layouts.figures.trend import beside
from layouts.figures.windows import window_name, window_told
from tests.frames.board_snapshot import picture, value_record

NOW_MS = 1_795_341_600_000  # 22 November 2026, 18:00 in China


@pytest.fixture(scope="module")
def city() -> Declared:
    return load(Path(__file__).parents[3] / "packs", "440900")


@pytest.mark.claim("ENGINE", "A page prints its window with the hour at which it begins")
@pytest.mark.parametrize(
    ("indicator", "said"),
    [
        ("meteorology.rain_day_08", "08:00–08:00 水文日 · 08:00 至 18:00"),
        ("meteorology.rain_day_20", "20:00–20:00 气象日 · 11月21日 20:00 至 18:00"),
        ("ecology.pm25_day", "自然日 · 00:00 至 18:00"),
        ("meteorology.rain_6h", "近 6 小时 · 12:00 至 18:00"),
        ("score.eco_environment", "由各项输入的最新值计算 · 截至 18:00"),
    ],
)
def test_a_window_says_when_it_began(city: Declared, indicator: str, said: str) -> None:
    record = value_record(city, indicator, "440900", 3.0, NOW_MS)
    assert window_told(city.indicators[indicator], record, NOW_MS, "zh") == f"{said} · 最新读数 17:58"


def test_windows_without_a_fixed_beginning_name_what_begins_them(city: Declared) -> None:
    rain = city.indicators["meteorology.rain_1h"]
    since = replace(rain, window=WindowKind.SINCE_EVENT, since_event="rain.begins")
    assert window_name(since, "zh") == "自最近一次 rain.begins 事件起"
    assert window_name(replace(rain, window=WindowKind.LAST), "zh") == "最新值，1 小时内有效"


@pytest.mark.claim("ENGINE", "A score lists its parts with what each costs, the costliest first")
def test_a_score_lists_what_each_part_costs(city: Declared) -> None:
    values = {"transport.bus_online": 80.0, "transport.bus_slow_share": 60.0}

    def value(indicator: str, area: str) -> object:
        return value_record(city, indicator, area, values.get(indicator), NOW_MS)

    score = city.indicators["score.public_service"]
    rows = part_rows(city, score, "440900", value, "zh")
    # 80 % on line scores 40 of 100 at 0.6 of the weight, 60 % slow scores 60 at 0.4
    assert [(row.indicator, row.score, row.weight, row.lost) for row in rows] == [
        ("transport.bus_online", "40", "60%", "36.0"),
        ("transport.bus_slow_share", "60", "40%", "16.0"),
    ]
    values["transport.bus_online"] = None
    rows = {row.indicator: row for row in part_rows(city, score, "440900", value, "zh")}
    assert (rows["transport.bus_online"].score, rows["transport.bus_online"].lost) == ("—", "—")
    assert part_rows(city, city.indicators["ecology.aqi"], "440900", value, "zh") == []


def test_an_indicator_names_its_relations_both_ways(city: Declared) -> None:
    calls = relation_rows(city, city.indicators["government_services.hotline_calls_1h"], "zh")
    assert ("成因", "meteorology.rain_1h") in [(row.kind, row.indicator) for row in calls]
    aqi = relation_rows(city, city.indicators["ecology.aqi"], "zh")
    assert ("计入", "score.eco_environment") in [(row.kind, row.indicator) for row in aqi]
    growth = relation_rows(city, city.indicators["government_services.hotline_growth_1d"], "zh")
    assert "计算输入" in [row.kind for row in growth]


def test_a_page_tells_what_is_declared(city: Declared) -> None:
    indicator = city.indicators["meteorology.rain_day_08"]
    told = dict(facts(indicator, window_name(indicator, "zh"), "zh"))
    assert told["定义"] == indicator.definition.zh
    assert told["责任部门"] == indicator.owner
    assert told["统计时段"] == "08:00–08:00 水文日"
    assert "公式" not in told  # "value" tells nobody anything
    assert "公式" in dict(facts(city.indicators["government_services.hotline_growth_1d"], "", "zh"))


@pytest.mark.claim("ENGINE", "The overview leads with headlines and what is judged, and folds the rest by topic")
def test_the_overview_leads_with_what_matters(city: Declared) -> None:
    shown = picture(city, "calm", NOW_MS)
    rows = overview_rows(city, lambda i, area: shown["values"].get(f"{i}¦{area}"), {}, NOW_MS, "zh")
    leads = {row.indicator for row in rows if row.lead}
    assert {domain.headline for domain in city.domains} <= leads
    assert {"city.index", "score.eco_environment", "system.online", "meteorology.rain_3h"} <= leads
    folded = {row.indicator: row.topic for row in rows if not row.lead}
    assert {"ecology.pm10_day": "ecology", "water.stage_rise_1h": "water"}.items() <= folded.items()
    warned = {"w": {"phase": "active", "indicator": "ecology.pm10_day", "level": "blue"}}
    rows = overview_rows(city, lambda *_: None, warned, NOW_MS, "zh")
    assert "ecology.pm10_day" in {row.indicator for row in rows if row.lead}  # what is warned of is never folded away


@pytest.mark.parametrize("state", Lifecycle)
def test_what_is_not_in_force_is_marked(city: Declared, state: Lifecycle) -> None:
    marks = lifecycle_mark(replace(city.indicators["ecology.aqi"], lifecycle=state), "zh")
    assert [mark.children for mark in marks] == {"trial": ["试运行"], "draft": ["草案"], "retired": ["已停用"]}.get(
        state, []
    )


@pytest.mark.claim("ENGINE", "What is usual and where the trend leads stand beside the value, never instead of it")
def test_what_stands_beside_a_value(city: Declared) -> None:
    calls = city.indicators["government_services.hotline_calls_1h"]
    record = value_record(city, calls.id, "440900", 100.0, NOW_MS)
    told = beside(calls, record, "zh")
    assert told["usual"] == {"value": 90.0, "low": 80.0, "high": 105.0}
    assert told["forecast"] is None
    assert told["said"] == ["同期常值 90（80–105）"]
    river = city.indicators["water.river_stage"]
    told = beside(river, value_record(city, river.id, "mm-river-02", 20.0, NOW_MS), "zh")
    assert told["forecast"]["at_ms"] == NOW_MS + river.forecast_s * 1000
    assert math.isclose(told["forecast"]["value"], 22.0)
    assert told["said"] == ["趋势外推 2 小时后 22.00 m"]
    for nothing in (None, value_record(city, river.id, "mm-river-02", None, NOW_MS)):
        assert beside(river, nothing, "zh") == {"usual": None, "forecast": None, "said": []}


@pytest.mark.claim("ENGINE", "A station whose clock is wrong, or that settles after a start, says so in its list")
def test_a_station_tells_its_wrong_clock_and_its_start(city: Declared) -> None:
    held = dict(list(picture(city, "calm", NOW_MS)["stations"].items())[:1])
    name, record = next(iter(held.items()))
    turned = {"state": "ok", "clock_s": 75, "settling": False}, {"state": "silent", "clock_s": -3600, "settling": True}
    notes = [
        station_rows(city, city.indicators["ecology.aqi"], {name: record | one}, NOW_MS, "zh")[0].notes
        for one in turned
    ]
    assert notes == [("时钟偏快 75 秒",), ("失联", "时钟偏慢 3600 秒", "上电")]


@pytest.mark.claim("ENGINE", "A county's page ranks its towns where the indicator has them, a town's page its grids")
def test_ranking_goes_down_to_where_the_indicator_reaches(city: Declared) -> None:
    def ranked(indicator: str, place: str) -> dict[str, set[str]]:
        subject = subject_of(city, indicator, place, "zh")
        assert subject is not None
        return {str(level): {area.id for area in areas} for level, areas in ranks(city, subject).items()}

    counties, zones = ({area.id for area in city.areas.at(level)} for level in (AreaLevel.COUNTY, AreaLevel.ZONE))
    rain = "meteorology.rain_1h"
    assert ranked(rain, "") == {"county": counties, "zone": zones}
    town = city.areas.at(AreaLevel.TOWN)[0]
    siblings = {area.id for area in city.areas.children(town.parent) if area.level is AreaLevel.TOWN}
    assert ranked(rain, town.parent)["town"] == siblings
    assert ranked(rain, town.id)["town"] == siblings
    grid = city.areas.at(AreaLevel.GRID)[0]
    assert grid.id in ranked(rain, grid.parent)["grid"]
    assert ranked("meteorology.rain_3h", town.parent) == {"county": counties}  # it has no towns
    device = next(one for one in city.devices.values() if one.area == town.id and "rain_mm" in one.metrics)
    assert device.id in reporters(city, subject_of(city, rain, town.id, "zh"))
    assert len(reporters(city, subject_of(city, rain, town.id, "zh"))) < len(
        reporters(city, subject_of(city, rain, town.parent, "zh"))
    )
