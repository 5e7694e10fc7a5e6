"""Backtests against a plain machine, and every part of the rule model by an example."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.plain_rule import plain_episodes, plain_levels
from core.declared import Device, Reference, Words
from core.records import MINUTE_MS, Level
from early_warning.backtest import Case, Outcome, Past, backtest
from early_warning.past import Series
from early_warning.rule import (
    Comparison,
    Condition,
    Judged,
    LevelBound,
    NoData,
    Override,
    Rule,
    RuleState,
    Schedule,
)
from early_warning.scoring import Incident, difference, score, sweep
from indicators.definition import Direction, Source, Verification

NAN = math.nan
SOURCE = Source("test", Verification.NONE, Verification.NONE)
T0_MS = 1_700_006_400_000  # Wednesday 2023-11-15 08:00 in China
BLUE = LevelBound(Level.BLUE, "x", bound=5.0)


def rule(*bounds: LevelBound, direction: Direction = Direction.UP_BAD, **more: object) -> Rule:
    return Rule(
        "r", "1", Words("规则", "rule"), "test", "station", direction, bounds, RuleState.TRIAL, SOURCE, **more
    )  # fmt: skip


def minutes(count: int) -> np.ndarray:
    return T0_MS + np.arange(count, dtype=np.int64) * MINUTE_MS


def past(devices: dict[str, Device] | None = None, **values: Sequence[float]) -> Past:
    """Series of area `a`, or of another by the name indicator__area; a value a minute."""
    ends_ms = minutes(max(len(column) for column in values.values()))
    series = {}
    for name, column in values.items():
        indicator, _, area = name.partition("__")
        series[indicator, area or "a"] = Series(ends_ms, np.array(column, dtype=np.float64))
    return Past(ends_ms, series, devices or {}, "city")


def spans(outcome: Outcome, subject: str = "a") -> list[tuple[int, int | None, int]]:
    """(minute since, minute ended, peak)."""
    return [
        (_minute(e.since_ms), None if e.ended_ms is None else _minute(e.ended_ms), int(e.peak))
        for e in outcome.episodes.get(subject, ())
    ]


def _minute(at_ms: int) -> int:
    return (at_ms - T0_MS) // MINUTE_MS


def told(of: Rule, looked_at: Past) -> list[tuple[int, int | None, int]]:
    (outcome,) = backtest([Case(of, ("a",))], looked_at)
    return spans(outcome)


WAITS = st.sampled_from([0, 60, 180])
RULES = st.builds(
    lambda direction, hold_s, clear_after_s, hysteresis, clears, after_s, lowest: rule(
        *(
            LevelBound(
                level,
                "x",
                bound=5 + (-1 if direction is Direction.DOWN_BAD else 1) * (lowest + rank),
                hysteresis=hysteresis,
                hold_s=hold_s,
                clear_after_s=clear_after_s,
            )
            for rank, level in enumerate((Level.BLUE, Level.YELLOW, Level.RED))
        ),
        direction=direction,
        no_data=NoData.CLEAR if clears else NoData.KEEP,
        no_data_after_s=after_s,
    ),
    st.sampled_from([Direction.UP_BAD, Direction.DOWN_BAD]),
    WAITS, WAITS, st.sampled_from([0.0, 0.5, 1.5]), st.booleans(), WAITS, st.sampled_from([0.0, 1.0]),
)  # fmt: skip
VALUES = st.one_of(st.just(NAN), st.integers(0, 20).map(lambda v: v / 2))


@settings(max_examples=120)
@given(st.lists(RULES, min_size=1, max_size=5), st.lists(VALUES, min_size=1, max_size=60), st.integers(1, 70))
@pytest.mark.claim("WARN", "A backtest tells the episodes that a plain machine tells, rule by rule")
def test_a_backtest_equals_the_plain_machine(rules: list[Rule], values: list[float], block: int) -> None:
    looked_at = past(x=values)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("early_warning.backtest.BLOCK", block)
        outcomes = backtest([Case(one, ("a",)) for one in rules], looked_at)
    for one, outcome in zip(rules, outcomes, strict=True):
        levels = plain_levels(one, looked_at.ends_ms.tolist(), values)
        assert spans(outcome) == plain_episodes(range(len(values)), levels)
        assert outcome.no_data_share == pytest.approx(sum(math.isnan(v) for v in values) / len(values))
        for level in Level:
            assert outcome.hours[level] == pytest.approx(levels[:-1].count(level) / 60)


def test_what_was_never_reported_is_no_data_and_no_warning() -> None:
    (outcome,) = backtest([Case(rule(BLUE), ("a", "elsewhere"))], past(x=[1.0, 6.0]))
    assert outcome.windows == 4 and outcome.no_data_share == 0.5
    assert outcome.counts == {Level.BLUE: 1, Level.YELLOW: 0, Level.ORANGE: 0, Level.RED: 0}


@pytest.mark.parametrize(
    ("comparison", "values", "begins"),
    [(Comparison.AT_LEAST, [4, 5], 1), (Comparison.ABOVE, [5, 5.1], 1), (Comparison.AT_MOST, [6, 5], 1),
     (Comparison.BELOW, [5, 4.9], 1)],
)  # fmt: skip
def test_a_level_has_its_own_comparison(comparison: Comparison, values: list[float], begins: int) -> None:
    assert told(rule(replace(BLUE, comparison=comparison)), past(x=values)) == [(begins, None, 1)]


def test_a_clear_bound_may_be_a_number() -> None:
    assert told(rule(replace(BLUE, clear=3.0)), past(x=[6, 4, 3, 2.9])) == [(0, 3, 1)]


@pytest.mark.parametrize(
    ("join", "other", "expected"),
    [
        ("all", [0, 9, 9, 0, 9], [(1, 3, 1)]),
        ("all", [0, NAN, 9, NAN, 0], [(2, 4, 1)]),  # unknown raises nothing and ends nothing
        ("any", [9, 0, 0, 0, 0], [(0, 4, 1)]),
        ("any", [NAN, 0, 0, 0, 0], [(1, 4, 1)]),
    ],
)
def test_a_second_condition(join: str, other: list[float], expected: list[tuple[int, int, int]]) -> None:
    also = Condition("y", Comparison.AT_LEAST, 8.0, area="city")
    bound = replace(BLUE, conditions=(also,), join=join)
    assert told(rule(bound), past(x=[4, 6, 6, 6, 4], y__city=other)) == expected


def test_rate_forecast_and_deviation_are_judged() -> None:
    rising = [1.0, 1.0, 1.5, 2.0, 2.5]
    rate = LevelBound(Level.BLUE, "x", bound=30.0, judged=Judged.RATE, over_s=60)  # 30 an hour
    assert told(rule(rate), past(x=rising)) == [(2, None, 1)]
    ahead = LevelBound(Level.BLUE, "x", bound=5.0, judged=Judged.FORECAST, over_s=120, ahead_s=360)
    assert told(rule(ahead), past(x=rising)) == [(3, None, 1)]  # 2 + 30 an hour × 6 min
    unusual = replace(BLUE, judged=Judged.DEVIATION, bound=1.0)
    ends_ms = minutes(2)
    series = Series(ends_ms, np.array([7.0, 7.0]), baseline=np.array([7.0, 5.0]))
    assert told(rule(unusual), Past(ends_ms, {("x", "a"): series}, {}, "city")) == [(1, None, 1)]


def test_too_few_reporters_make_a_value_unknown() -> None:
    ends_ms = minutes(4)
    series = Series(ends_ms, np.array([6.0, 6.0, 1.0, 1.0]), reporting=np.array([0.4, 0.8, 0.4, 0.8]))
    looked_at = Past(ends_ms, {("x", "a"): series}, {}, "city")
    assert told(rule(BLUE, min_reporting=0.5), looked_at) == [(1, 3, 1)]


def test_a_slower_indicator_counts_as_long_as_it_is_valid() -> None:
    ends_ms = minutes(6)
    slow = Series(ends_ms[::3], np.array([9.0, 0.0]), valid_s=120)
    quick = Series(ends_ms, np.full(6, 6.0))
    bound = replace(BLUE, conditions=(Condition("y", Comparison.AT_LEAST, 8.0),))
    looked_at = Past(ends_ms, {("x", "a"): quick, ("y", "a"): slow}, {}, "city")
    assert told(rule(bound), looked_at) == [(0, 3, 1)]


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (Schedule(hours=((8 * 3600 + 60, 8 * 3600 + 180),)), [(1, 3, 1)]),
        (Schedule(hours=((22 * 3600, 6 * 3600),)), []),  # the night
        (Schedule(hours=((8 * 3600 + 120, 8 * 3600),)), [(2, None, 1)]),
        (Schedule(weekdays=(3,)), [(0, None, 1)]),
        (Schedule(weekdays=(1, 2, 4, 5, 6, 7)), []),
        (Schedule(season=((11, 15), (3, 15))), [(0, None, 1)]),  # the heating season
        (Schedule(season=((4, 1), (11, 14))), []),
    ],
)
def test_a_rule_has_its_hours_its_weekdays_and_its_season(schedule: Schedule, expected: list[object]) -> None:
    assert told(rule(BLUE, schedule=schedule), past(x=[6.0] * 5)) == expected


def test_an_area_may_have_another_bound() -> None:
    other = Override("b", Level.BLUE, 7.0)
    case = Case(rule(replace(BLUE, hysteresis=1.0), overrides=(other,)), ("a", "b"))
    values = [6.0, 7.0, 6.0, 5.5]
    (outcome,) = backtest([case], past(x=values, x__b=values))
    assert (spans(outcome), spans(outcome, "b")) == ([(0, None, 1)], [(1, 3, 1)])


def test_a_stations_reference_holds_within_its_validity() -> None:
    turn_ms = T0_MS + 2 * MINUTE_MS
    references = (
        Reference("warning", 5.0, "m", "d", valid_to_ms=turn_ms),
        Reference("warning", 9.0, "m", "d", valid_from_ms=turn_ms),
    )
    device = Device("a", "river", Words("站", "s"), "440981", None, ("stage",), references, "d")
    own = LevelBound(Level.BLUE, "x", reference="warning", offset=-0.5)
    assert told(rule(own), past({"a": device}, x=[4.0, 4.5, 6.0, 8.5])) == [(1, 2, 1), (3, None, 1)]


def test_two_versions_are_compared_warning_by_warning() -> None:
    looked_at = past(x=[6, 0, 8, 0, 5, 0, 7, 7, 0])
    cases = [Case(rule(replace(BLUE, bound=bound)), ("a",)) for bound in (6.0, 5.0)]
    draft, active = backtest(cases, looked_at)
    found = difference(draft, active)
    counts = [len(part) for part in (found.added, found.removed, found.changed, found.unchanged)]
    assert counts == [0, 1, 0, 3] and _minute(found.removed[0][1].since_ms) == 4
    back = difference(active, draft)
    assert len(back.added) == 1 and not back.removed
    (held,) = backtest([Case(rule(replace(BLUE, bound=6.0, hold_s=60)), ("a",))], looked_at)
    assert [len(part) for part in (difference(held, draft).removed, difference(held, draft).changed)] == [2, 1]


def test_scores_say_on_how_many_labels_they_rest() -> None:
    (outcome,) = backtest([Case(rule(BLUE), ("a",))], past(x=[0, 6, 6, 0, 0, 6, 0, 0, 0, 0]))
    at = [T0_MS + minute * MINUTE_MS for minute in range(11)]
    labels = [
        Incident(frozenset("a"), at[2], at[4]),
        Incident(frozenset("a"), at[9], at[10]),
        Incident(frozenset(["elsewhere"]), at[1], at[2]),
    ]
    found = score(outcome, ("a",), labels, early_s=60)
    assert (found.labels, found.hits, found.misses, found.true_warnings, found.false_alarms) == (2, 1, 1, 1, 1)
    assert (found.precision, found.recall, found.lead_s) == (0.5, 0.5, 60.0)
    none = score(outcome, ("a",), [], early_s=60)
    assert (none.labels, none.recall, none.lead_s, none.precision) == (0, None, None, 0.0)


def test_a_sweep_is_each_rule_alone() -> None:
    rng = np.random.default_rng(11)
    looked_at = past(x=list(np.round(rng.uniform(0, 10, 300), 1)))
    case = Case(rule(BLUE, direction=Direction.DOWN_BAD), ("a",))
    swept = list(sweep(case, looked_at, (-1.0, 0.0, 1.0), (0, 60), (0.0, 0.5)))
    assert len(swept) == 12
    for variant, outcome in swept:
        assert spans(outcome) == told(variant.of(case.rule), looked_at)
    hours = {v.shift: o.hours[Level.BLUE] for v, o in swept if v.hold_s == 0 and v.hysteresis == 0}
    assert hours[1.0] < hours[0.0] < hours[-1.0]
