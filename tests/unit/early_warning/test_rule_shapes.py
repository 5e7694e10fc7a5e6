"""Rules as packs write them: the four shapes that one threshold cannot express, and what is refused."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from pydantic import ValidationError

import catalogue
from core.declared import Device, Feed, Reference, Words
from core.records import DAY_MS, HOUR_MS, Level, Stamp, Status, ValueBatch
from early_warning.backtest import Case, Past, backtest
from early_warning.past import Series
from early_warning.rule import Comparison, NoData, Rule, Schedule
from early_warning.schema import RuleEntry
from early_warning.watch import Watch
from geo.areas import Area, AreaLevel, AreaTree
from indicators.definition import Aggregate, Indicator, RollUp

HEAD = """
name: {zh: 规则, en: rule}
domain: test
subjects: station
direction: up_bad
state: trial
source: {standard: '', bounds: illustrative, colours: illustrative}
"""
T0_MS = 1_700_006_400_000  # 2023-11-15 08:00 in China


def declared(text: str) -> RuleEntry:
    return RuleEntry.model_validate(yaml.safe_load(HEAD + text))


def levels(rule: Rule, step_ms: int, devices: dict[str, Device] | None = None, **series: Sequence[float]) -> list[int]:
    """The level at station `s` after each window end, from the episodes and the peak up to then."""
    count = len(next(iter(series.values())))
    ends_ms = T0_MS + np.arange(count, dtype=np.int64) * step_ms
    columns = {(name, "s"): Series(ends_ms, np.array(values, dtype=np.float64)) for name, values in series.items()}
    found = []
    for stop in range(1, count + 1):
        cut = {key: Series(one.ends_ms[:stop], one.value[:stop]) for key, one in columns.items()}
        (outcome,) = backtest([Case(rule, ("s",))], Past(ends_ms[:stop], cut, devices or {}, "c"))
        standing = [one for one in outcome.episodes.get("s", ()) if one.ended_ms is None]
        found.append(int(standing[0].last_level) if standing else 0)
    assert live_levels(rule, step_ms, devices or {}, series) == found, "live is the backtest"
    return found


def live_levels(
    rule: Rule, step_ms: int, devices: dict[str, Device], series: Mapping[str, Sequence[float]]
) -> list[int]:
    """The level at station `s` after each window end, as the live watch tells it."""
    what = (rule.direction, step_ms // 1000, step_ms // 1000, Aggregate.LAST, RollUp.MAX, ("station",), rule.source)
    indicators = {name: Indicator(name, rule.name, "test", "", *what, metrics=("m",)) for name in series}
    station = Device("s", "f", rule.name, "", None, ("m",))
    areas = AreaTree([Area("c", rule.name, AreaLevel.CITY, "", (0, 0))])
    feeds = {"f": Feed("f", rule.name, "f/+/+"), "river": Feed("river", rule.name, "river/+/+")}
    declared = {name: replace(one, metrics=("m",)) for name, one in devices.items()}
    watch = Watch({rule.id: rule}, indicators, {"s": station} | declared, areas, feeds)
    levels, now = [], {"s": 0}
    for row in range(len(next(iter(series.values())))):
        end_ms = T0_MS + row * step_ms
        ones, final = np.ones(1, dtype=np.int32), np.array([Status.FINAL], dtype=np.uint8)
        rest = (ones, ones, np.array([end_ms]), final, ("",))
        told = [
            ValueBatch(name, "1", end_ms, end_ms, ("s",), np.array([float(values[row])]), *rest)
            for name, values in series.items()
        ]
        now |= {one.subject: int(one.level) for one in watch.judge(told, end_ms, Stamp.TEST)}
        levels.append(now["s"])
    return levels


@pytest.mark.claim("WARN", "Rule shape 1: a window for each colour")
def test_rain_has_a_window_for_each_colour() -> None:
    rain = declared("""
bounds:
  - {level: blue, indicator: rain_12h, bound: 50}
  - {level: yellow, indicator: rain_6h, bound: 50}
  - {level: orange, indicator: rain_3h, bound: 50}
  - {level: red, indicator: rain_3h, bound: 100}
""").record("rain")
    six, three = [0, 30, 55, 105, 20], [0, 20, 50, 100, 0]
    assert levels(rain, HOUR_MS, rain_12h=[0, 50, 75, 120, 130], rain_6h=six, rain_3h=three) == [0, 1, 3, 4, 1]


@pytest.mark.claim("WARN", "Rule shape 2: one bound, a longer hold for each level, and a second condition")
def test_heavy_pollution_holds_longer_for_each_level() -> None:
    graver = "{indicator: aqi, comparison: '>', bound: 300}"
    heavy = declared(f"""
bounds:
  - {{level: blue, indicator: aqi, comparison: '>', bound: 200}}
  - {{level: yellow, indicator: aqi, comparison: '>', bound: 200, hold_s: {86_400}}}
  - {{level: orange, indicator: aqi, comparison: '>', bound: 200, hold_s: {2 * 86_400}}}
  - {{level: red, indicator: aqi, comparison: '>', bound: 200, hold_s: {2 * 86_400}, conditions: [{graver}]}}
""").record("heavy")
    assert levels(heavy, DAY_MS, aqi=[200, 201, 250, 250, 301, 310, 320, 180]) == [0, 1, 2, 3, 3, 3, 4, 0]


@pytest.mark.claim("WARN", "Rule shape 3: levels taken from the station's own references")
def test_river_levels_are_those_of_the_station() -> None:
    stage = declared("""
bounds:
  - {level: blue, indicator: stage, reference: warning, offset: -0.5}
  - {level: yellow, indicator: stage, reference: warning, hold_s: 3600}
  - {level: orange, indicator: stage, reference: guaranteed}
  - {level: red, indicator: stage, reference: record}
""").record("stage")
    own = (Reference("warning", 5.0, "m", "d"), Reference("guaranteed", 6.0, "m", "d"))
    device = Device("s", "river", Words("站", "s"), "440981", None, ("stage",), own, "d")
    found = levels(stage, HOUR_MS, {"s": device}, stage=[4.4, 4.5, 5.0, 5.1, 6.0, 99.0, 4.0])
    assert found == [0, 1, 1, 2, 3, 3, 0]  # no record is known: there is no red


@pytest.mark.claim("WARN", "Rule shape 4: colours missing, and bounds that differ by place")
def test_a_scheme_without_blue_varies_by_place() -> None:
    text = """
bounds:
  - {level: yellow, indicator: debt, bound: 120}
  - {level: orange, indicator: debt, bound: 200}
  - {level: red, indicator: debt, bound: 300}
overrides:
  - {area: s, level: yellow, bound: 100}
"""
    debt = declared(text).record("debt")
    assert levels(debt, DAY_MS, debt=[99, 100, 200, 300, 110]) == [0, 2, 3, 4, 2]
    elsewhere = declared(text.replace("area: s", "area: t")).record("debt")
    assert levels(elsewhere, DAY_MS, debt=[99, 100, 200, 300, 110]) == [0, 0, 3, 4, 0]


def test_every_key_arrives_in_the_rule() -> None:
    entry = declared("""
valid_from: 2026-05-01
min_reporting: 0.6
no_data: clear
no_data_after_s: 7200
schedule: {hours: [['22:00', '06:00']], weekdays: [6, 7], season: ['11-15', '03-15']}
bounds:
  - {level: red, indicator: x, bound: 9, clear: 7, hold_s: 60, clear_after_s: 120, judged: forecast, over_s: 600,
     ahead_s: 1800, join: any, conditions: [{indicator: y, comparison: '<', bound: 3, clear: 4, area: city}]}
""")
    rule = entry.record("r")
    (red,) = rule.bounds
    assert (red.level, red.clear, red.hold_s, red.clear_after_s, red.join) == (Level.RED, 7, 60, 120, "any")
    assert (red.conditions[0].comparison, red.conditions[0].clear) == (Comparison.BELOW, 4)
    assert rule.schedule == Schedule(((22 * 3600, 6 * 3600),), (6, 7), ((11, 15), (3, 15)))
    assert (rule.no_data, rule.no_data_after_s, rule.min_reporting) == (NoData.CLEAR, 7200, 0.6)
    assert rule.valid_from_ms == 1_777_564_800_000  # 2026-05-01 00:00 in China


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("bounds: [{level: red, indicator: x, bound: 9, clear: 10}]", "the clear bound 10 is graver than the bound 9"),
        ("bounds: [{level: red, indicator: x, bound: 9, clear: 8, hysteresis: 1}]", "no hysteresis"),
        ("bounds: [{level: red, indicator: x, bound: 9, comparison: '<'}]", "red compares by <, the rule is up_bad"),
        ("bounds: [{level: red, indicator: x, bound: 9, judged: rate}]", "over_s belongs to"),
        ("bounds: [{level: red, indicator: x, bound: 9, ahead_s: 60}]", "ahead_s belongs to"),
        ("no_data: keep\nno_data_after_s: 60\nbounds: [{level: red, indicator: x, bound: 9}]", "belongs to no_data"),
        ("overrides: [{area: s, level: blue, bound: 1}]\nbounds: [{level: red, indicator: x, bound: 9}]", "no bound"),
        (
            "schedule: {season: ['02-30', '03-01']}\nbounds: [{level: red, indicator: x, bound: 9}]",
            "no day of the year",
        ),
        ("schedule: {hours: [['08:00', '08:00']]}\nbounds: [{level: red, indicator: x, bound: 9}]", "different times"),
    ],
)
def test_what_cannot_be_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        declared(text)


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("hold_s: 600", ""),
        ("judged: deviation", "judges the deviation of system.online, which has no baseline"),
        ("judged: rate, over_s: 61", "over_s 61 is no multiple of"),
        (
            "conditions: [{indicator: system.online, comparison: '<', bound: 9, area: nowhere}]",
            "asks about system.online of 'nowhere', which is neither same, city, an area nor a device",
        ),
        (
            "conditions: [{indicator: system.onlin, comparison: '<', bound: 9}]",
            "'system.onlin' is not declared",
        ),
    ],
)
def test_what_cannot_be_judged_is_told_at_its_line(tmp_path: Path, key: str, said: str) -> None:
    repository = Path(__file__).parents[3]
    (tmp_path / "topics").symlink_to(repository / "packs" / "topics")
    (tmp_path / "cities").mkdir()
    lines = [
        "city:",
        "  code: '440900'",
        "  name: {zh: 茂名市, en: Maoming}",
        "  topics: [system]",
        "rules:",
        "  own.online:",
        "    name: {zh: 规则, en: rule}",
        "    domain: system",
        "    subjects: city",
        "    direction: down_bad",
        "    state: trial",
        "    source: {standard: '', bounds: illustrative, colours: illustrative}",
        "    bounds:",
        f"      - {{level: red, indicator: system.online, bound: 80, {key}}}",
    ]
    (tmp_path / "cities" / "own.yaml").write_text("\n".join(lines), "utf-8")
    problems = catalogue.check(tmp_path, "own")
    if said:
        assert any(said in problem and ":14:" in problem for problem in problems), problems
    else:
        assert problems == []
