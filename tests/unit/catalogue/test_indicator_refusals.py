"""What an indicator cannot say: each fault of one line is told there, and nothing else is."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import catalogue
from catalogue.load import examine
from core.errors import DeclarationError

TOPICS = Path(__file__).parents[3] / "packs" / "topics"
CITY = """city:
  code: '440900'
  name: {zh: 茂名市, en: Maoming}
  topics: [water, meteorology]
"""
# A sound indicator of each sort; the tests break one line of it.
MOVING = """  t.moving:
    name: {zh: 甲, en: A}
    domain: eco_environment
    unit: mm
    direction: up_bad
    owner: 市气象局
    method: {zh: 法, en: How}
    source: {standard: '', bounds: illustrative, colours: illustrative}
    levels: [station, county, city]
    metrics: [rain_mm]
    window_s: 3600
    slide_s: 300
    aggregate: sum
    rollup: max
"""
COUNTED = MOVING.replace("aggregate: sum", "aggregate: count")
CALENDAR = MOVING.replace("    window_s: 3600\n", "    window: calendar\n    calendar: day\n    begins_at: '08:00'\n")
DERIVED = """  t.derived:
    name: {zh: 乙, en: B}
    domain: eco_environment
    unit: mm
    direction: info
    owner: 市气象局
    method: {zh: 法, en: How}
    source: {standard: '', bounds: none, colours: none}
    levels: [county, city]
    inputs:
      - {name: now, indicator: t.moving}
      - {name: earlier, indicator: t.moving, ago_s: 86400}
    slide_s: 300
    formula: now - earlier
"""
SCORE = """  t.score:
    name: {zh: 分, en: Score}
    domain: eco_environment
    unit: 分
    direction: down_bad
    owner: 市气象局
    method: {zh: 法, en: How}
    source: {standard: '', bounds: none, colours: none}
    levels: [county, city]
    slide_s: 300
    parts:
      - {indicator: t.moving, weight: 1, score: [[0, 100], [100, 0]]}
"""


@pytest.fixture
def told(tmp_path: Path) -> Callable[[str], list[tuple[str, str]]]:
    """(the line, the sentence) of each problem of a pack with these indicators."""
    shutil.copytree(TOPICS, tmp_path / "topics")
    file = tmp_path / "cities" / "own.yaml"
    file.parent.mkdir()

    def of(indicators: str, more: str = "") -> list[tuple[str, str]]:
        file.write_text(f"{CITY}indicators:\n{indicators}{more}", "utf-8")
        lines = file.read_text("utf-8").splitlines()
        found = []
        for problem in catalogue.check(tmp_path, "own"):
            where, line, sentence = re.fullmatch(r"(.+?):(\d+): (.+)", problem).groups()
            assert where == str(file), problem
            found.append((lines[int(line) - 1].strip(), sentence))
        return found

    return of


def test_the_four_sorts_are_sound(told) -> None:
    assert told(MOVING + DERIVED + SCORE) == []
    assert told(CALENDAR) == []


BROKEN = [
    # sort, line, what it becomes, what is told at that line
    (MOVING, "aggregate: sum", "aggregate: quantile", "quantile needs a parameter, the quantile"),
    (MOVING, "aggregate: sum", "parameter: 3\n    aggregate: sum", "sum has no parameter"),
    (MOVING, "slide_s: 300", "slide_s: 300\n    begins_at: '08:00'", "begins_at belongs to a calendar day"),
    (MOVING, "window_s: 3600", "window_s: 3700", "must be a whole multiple of slide_s 300"),
    (
        MOVING,
        "window_s: 3600",
        "window: last\n    window_s: 34646400",
        "than panes and values are kept, 400 d",
    ),
    (MOVING, "slide_s: 300", "slide_s: 0", None),
    (COUNTED, "metrics: [rain_mm]", "metrics: [rain_mm]\n    event_types: [x]", "metrics or event_types, not both"),
    (MOVING, "metrics: [rain_mm]", "metrics: [rain_cm]", "'rain_cm' is not declared"),
    (MOVING, "levels: [station, county, city]", "levels: [street]", "levels.0 is 'street'"),
    (MOVING, "aggregate: sum", "aggregate: sum\n    reset: daily", "the aggregate must be increase"),
    (MOVING, "rollup: max", "rollup: weighted", None),
    (MOVING, "rollup: max", "rollup: max\n    steps: {grid: sum}", "levels names none finer than grid"),
    (MOVING, "rollup: max", "rollup: max\n    formula: value +", "column 8: the formula ends where"),
    (
        MOVING,
        "rollup: max",
        "rollup: max\n    formula: value + rain",
        "'rain' is not declared here; known: rain_mm",
    ),
    (MOVING, "rollup: max", "rollup: max\n    formula: aqi", "formula aqi and a scheme belong together"),
    (MOVING, "rollup: max", "rollup: max\n    forecast_s: 100", "must be a whole multiple of slide_s 300"),
    (MOVING, "rollup: max", "rollup: max\n    since_event: fire", "belong together"),
    (MOVING, "unit: mm", "unit: cm", "is 'cm', its readings give 'mm'; convert them with a formula"),
    (CALENDAR, "begins_at: '08:00'", "begins_at: 20:00", "1200 is no time of day; write it as '08:00', with quotation"),
    (CALENDAR, "begins_at: '08:00'", "begins_at: '08:01'", "lies inside of a pane of its metrics, 300 s long"),
    (CALENDAR, "calendar: day", "calendar: ''", None),
    (CALENDAR, "calendar: day", "calendar: day\n    window_s: 86400", "is as long as its period; leave out window_s"),
    (CALENDAR, "slide_s: 300", "slide_s: 33000", "slide_s 33000 does not divide a day"),
    (MOVING + DERIVED, "formula: now - earlier", "formula: now", None),
    (MOVING + DERIVED, "formula: now - earlier", "aggregate: max\n    formula: now - earlier", "belongs to readings"),
    (MOVING + DERIVED, "name: earlier, indicator: t.moving", "name: earlier, indicator: t.gone", "'t.gone' is not"),
    (MOVING + DERIVED, "ago_s: 86400", "area: city, ago_s: 40000000", "less than or equal to 34560000"),
    (MOVING + DERIVED, "ago_s: 86400", "spread_s: 86400", "say both or neither"),
    (MOVING + DERIVED, "name: earlier, ", "name: min, ", None),
    (MOVING + SCORE, "levels: [county, city]", "levels: [city, town]", None),
    (
        MOVING + DERIVED,
        "unit: mm\n    direction: info",
        "unit: m\n    direction: info",
        "its formula gives 'mm'",
    ),
    (MOVING + SCORE, "slide_s: 300\n    parts:", "slide_s: 300\n    metrics: [rain_mm]\n    parts:", None),
    (MOVING + SCORE, "weight: 1", "weight: 0", "weight is 0"),
    (MOVING + SCORE, "[[0, 100], [100, 0]]", "[[0, 100], [0, 0]]", "must rise from left to right"),
    (MOVING + SCORE, "[[0, 100], [100, 0]]", "[[0, 120], [100, 0]]", "less than or equal to 100"),
    (MOVING + SCORE, "{indicator: t.moving,", "{indicator: t.gone,", "'t.gone' is not declared"),
]


@pytest.mark.parametrize(("sort", "line", "becomes", "sentence"), BROKEN)
@pytest.mark.claim(
    "ENGINE", "A window longer than the retention is refused at its line, as every fault of an indicator"
)
def test_each_fault_is_told_at_its_line(told, sort: str, line: str, becomes: str, sentence: str | None) -> None:
    assert sort.count(line) >= 1
    found = told(becomes.join(sort.rsplit(line, 1)))
    assert len(found) == 1, found
    ((at, said),) = found
    if sentence is not None:
        assert sentence in said
        assert at not in [line.strip() for line in sort.splitlines()], at


@pytest.mark.claim("ENGINE", "Mixed units and an unknown name are refused at pack check, with file and line")
def test_units_of_two_inputs_that_differ_are_both_named(told) -> None:
    deep = DERIVED.replace("now, indicator: t.moving", "now, indicator: water.river_stage")
    deep = deep.replace("levels: [county, city]", "levels: [station]")
    ((line, said),) = told(MOVING + deep)
    assert line == "formula: now - earlier"
    assert said == "indicators.t.derived.formula adds or compares different units: 'm' and 'mm'"


@pytest.mark.claim("ENGINE", "A cycle between indicators is refused, and the whole cycle is named")
def test_every_cycle_is_told_whole(told) -> None:
    def derived(name: str, *sources: str) -> str:
        inputs = "".join(f"      - {{name: i{row}, indicator: {one}}}\n" for row, one in enumerate(sources))
        text = DERIVED.replace("t.derived", name)
        start, end = text.index("      - {name: now"), text.index("    slide_s")
        formula = " + ".join(f"i{row}" for row in range(len(sources)))
        return (text[:start] + inputs + text[end:]).replace("now - earlier", formula)

    around = derived("t.a", "t.b") + derived("t.b", "t.c", "t.moving") + derived("t.c", "t.a") + derived("t.d", "t.d")
    assert [said for _, said in told(MOVING + around)] == [
        "indicators.t.a is reckoned from itself: t.a → t.b → t.c → t.a",
        "indicators.t.d is reckoned from itself: t.d → t.d",
    ]


RULE = """rules:
  t.moving:
    name: {zh: 甲, en: A}
    domain: eco_environment
    subjects: station
    direction: up_bad
    state: trial
    source: {standard: '', bounds: illustrative, colours: illustrative}
    bounds:
      - {level: red, indicator: t.moving, bound: 50}
"""


@pytest.mark.parametrize("lifecycle", ["draft", "retired"])
def test_what_is_not_computed_is_not_referred_to(told, lifecycle: str) -> None:
    resting = MOVING.replace("    unit: mm\n", f"    unit: mm\n    lifecycle: {lifecycle}\n")
    found = told(resting + DERIVED + SCORE, RULE)
    assert len(found) == 4
    assert all(f"is {lifecycle}" in said for _, said in found)
    assert found[-1][0].startswith("- {level: red")


@pytest.mark.claim("ENGINE", "An indicator that tells more widely what is restricted is refused unless it says so")
def test_what_is_restricted_is_not_told_more_widely_by_another_name(told) -> None:
    closed = MOVING.replace("    unit: mm\n", "    unit: mm\n    sensitivity: restricted\n")
    for derived in (DERIVED, SCORE):
        found = told(closed + derived)
        assert found and all("is restricted, what is computed from it is internal" in said for _, said in found)
        said_so = derived.replace("    owner:", "    discloses: [t.moving]\n    owner:")
        assert told(closed + said_so) == []
        as_closed = derived.replace("    owner:", "    sensitivity: restricted\n    owner:")
        assert told(closed + as_closed) == []


def test_rules_of_an_indicator_in_trial_stay_in_trial(told) -> None:
    tried = MOVING.replace("    unit: mm\n", "    unit: mm\n    lifecycle: trial\n")
    assert told(tried, RULE) == []
    proved = RULE.replace("state: trial", "state: active").replace("illustrative", "verified")
    ((_, said),) = told(tried, proved)
    assert said == "rules.t.moving is active, but t.moving is in trial; its rules stay in trial with it"


def test_a_draft_may_leave_open_how_it_will_be_computed(tmp_path: Path, told) -> None:
    name = MOVING[: MOVING.index("    levels")]
    assert told(name + "    lifecycle: draft\n") == []
    declared = catalogue.load(tmp_path, "own")
    assert "t.moving" not in declared.indicators
    assert declared.catalogue["t.moving"].owner == "市气象局"
    assert any("reporting" in said for _, said in told(name))


def doubts(packs: Path) -> list[str]:
    return [said for said in examine(packs, "own").findings.doubts if "normal year" in said]


@pytest.mark.claim("ENGINE", "A bound that the median of a normal year fires is doubted, and does not stop the pack")
def test_a_bound_that_a_normal_year_fires_is_a_doubt(tmp_path: Path, told) -> None:
    normal = MOVING.replace("    unit: mm\n", "    unit: mm\n    normal: 60\n")
    assert told(normal, RULE) == []
    (doubt,) = doubts(tmp_path)
    assert doubt.endswith("rules.t.moving red: the median of a normal year 60 already satisfies the bound 50")
    assert told(normal.replace("normal: 60", "normal: 40"), RULE) == []
    assert doubts(tmp_path) == []


def test_all_faults_of_an_entry_are_told_at_once(told) -> None:
    many = MOVING.replace("window_s: 3600", "window_s: 3700").replace("aggregate: sum", "aggregate: share_above")
    many = many.replace("rollup: max", "formula: rain_mm ** 2")
    assert len(told(many)) == 4


STATION = """devices:
  weir:
    feed: river
    name: {zh: 堰, en: Weir}
    area: '440902'
    datum: 冻结基面
    datum_offsets: {1985国家高程基准: 0.5}
    references:
      - {name: warning, value: 10.0, datum: 1985国家高程基准, source: 模拟}
      - {name: guaranteed, value: 9.8, datum: 冻结基面, source: 模拟}
      - {name: record, value: 12.0, datum: 冻结基面, source: 模拟}
"""


@pytest.mark.claim("ENGINE", "A level without its vertical datum is refused; levels are compared in one datum only")
def test_a_reference_in_another_datum_is_converted_or_refused(tmp_path: Path, told) -> None:
    assert told(MOVING, STATION) == []
    weir = catalogue.load(tmp_path, "own").devices["weir"]
    assert [(r.name, r.value, r.datum, r.as_declared) for r in weir.references] == [
        ("warning", 9.5, "冻结基面", "10 m 1985国家高程基准"),
        ("guaranteed", 9.8, "冻结基面", ""),
        ("record", 12.0, "冻结基面", ""),
    ]
    ((line, said),) = told(MOVING, STATION.replace("    datum_offsets: {1985国家高程基准: 0.5}\n", ""))
    assert "both must be in one, or datum_offsets must say how they differ" in said
    assert line.startswith("- {name: warning")
    bare = STATION.replace("    datum: 冻结基面\n    datum_offsets: {1985国家高程基准: 0.5}\n", "")
    bare = bare.replace(", datum: 冻结基面", "").replace("10.0, datum: 1985国家高程基准", "9.5")
    ((line, said),) = told(MOVING, bare)
    assert (line, said) == ("weir:", "devices.weir reports stage_m in m without a vertical datum; say `datum`")


def test_levels_of_different_datums_have_no_value_of_an_area(told) -> None:
    other = STATION.replace("weir:", "gate:").replace("devices:\n", "").replace("冻结基面", "吴淞高程")
    county = "  water.river_stage: {levels: [station, county]}\n"
    ((line, said),) = told(MOVING + county, STATION + other)
    assert line.startswith("water.river_stage")
    assert "its stations read in different datums: 冻结基面, 吴淞高程; only its stations can have a value" in said
    assert told(MOVING + county, STATION) == []


def test_problems_are_an_error_of_ours(tmp_path: Path, told) -> None:
    told(MOVING.replace("rain_mm", "gone"))
    with pytest.raises(DeclarationError):
        catalogue.load(tmp_path, "own")
