"""A draft held against the active version: counts, load and sweep, each against a plain reading of the episodes."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.declared import Device, Feed, Words
from core.labels import Label, Verdict
from core.records import DAY_MS, HOUR_MS, MINUTE_MS, Level, Status, ValueBatch
from early_warning.backtest import Case, Past
from early_warning.kept_past import Asked, KeptPast
from early_warning.past import Series
from early_warning.rule import LevelBound, Rule, RuleState
from early_warning.rule_desk import concerned_by, incidents, label_of
from early_warning.scoring import Incident
from early_warning.subjects import Ground
from early_warning.weighing import (
    busiest,
    by_hour,
    envelope,
    floods,
    openings_ms,
    segments,
    sweep_level,
    weigh,
)
from geo.areas import Area, AreaLevel, AreaTree
from indicators.definition import Aggregate, Direction, Indicator, RollUp, Source, Verification
from store.history.manifest import Folder
from store.history.writer import add_values

SAME = Words("同", "same")
SOURCE = Source("test", Verification.NONE, Verification.NONE)
T0_MS = 1_795_276_800_000  # a midnight in China, a Sunday
AREAS = AreaTree(
    [
        Area("440900", SAME, AreaLevel.CITY, "", (0, 0)),
        Area("440981", SAME, AreaLevel.COUNTY, "440900", (0, 0)),
        Area("440982", SAME, AreaLevel.COUNTY, "440900", (0, 0)),
    ]
)
DEVICES = {name: Device(name, "f", SAME, area, None, ("m",)) for name, area in [("a", "440981"), ("b", "440982")]}
GROUND = Ground({}, DEVICES, AREAS, {"f": Feed("f", SAME, "f/+/+")})


def rule(*bounds: LevelBound) -> Rule:
    return Rule("r", "1", SAME, "test", "station", Direction.UP_BAD, bounds, RuleState.ACTIVE, SOURCE)


def past(**values: list[float]) -> Past:
    ends_ms = T0_MS + np.arange(len(next(iter(values.values()))), dtype=np.int64) * HOUR_MS
    return Past(ends_ms, {("x", name): Series(ends_ms, np.array(told)) for name, told in values.items()}, {}, "440900")


BLUE, RED = LevelBound(Level.BLUE, "x", bound=5.0), LevelBound(Level.RED, "x", bound=9.0)
PAST = past(a=[0, 6, 6, 0, 9, 9, 0, 5, 0, math.nan, 0, 0], b=[0, 0, 7, 7, 7, 7, 0, 0, 0, 0, 0, 0])


@pytest.mark.claim("WARN", "The desk says what a draft adds, removes and changes against the active version.")
def test_what_a_draft_adds_removes_and_changes() -> None:
    active, draft = rule(BLUE, RED), rule(replace(BLUE, bound=6.5), replace(RED, bound=8.0))
    incident = Incident(frozenset("a"), T0_MS + 5 * HOUR_MS, T0_MS + 5 * HOUR_MS)
    found = weigh(Case(draft, ("a", "b")), active, PAST, [incident])
    assert found.active is not None
    assert found.active.counts[Level.BLUE] == 3 and found.draft.counts[Level.BLUE] == 1
    assert [subject for subject, _ in found.difference.removed] == ["a", "a"]
    assert len(found.difference.unchanged) == 2 and not found.difference.added
    assert (found.draft_score.hits, found.draft_score.false_alarms, found.draft_score.lead_s) == (1, 1, 3600.0)
    assert found.active_score is not None and found.active_score.false_alarms == 2  # one stood within six hours before
    assert found.reporting == pytest.approx(1 - 1 / 24)
    assert segments(found.draft, "b", int(PAST.ends_ms[-1])) == [(T0_MS + 2 * HOUR_MS, T0_MS + 6 * HOUR_MS, Level.BLUE)]


def test_load_is_counted_by_local_hour_and_in_any_ten_minutes() -> None:
    opened = openings_ms(weigh(Case(rule(BLUE), ("a", "b")), None, PAST, []).draft)
    assert opened.tolist() == [T0_MS + hour * HOUR_MS for hour in (1, 2, 4, 7)]
    assert by_hour(opened)[6, [1, 2, 4, 7]].tolist() == [1, 1, 1, 1] and by_hour(opened).sum() == 4
    burst = T0_MS + np.array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 30, 31, 60, *range(100, 112)], np.int64) * MINUTE_MS
    assert (busiest(burst), floods(burst)) == (12, 1)
    assert busiest(opened) == 1 and floods(opened[:0]) == busiest(opened[:0]) == 0


@pytest.mark.claim("WARN", "A sweep shows warnings, recall and lead against bound, hold and hysteresis.")
def test_a_sweep_is_the_backtest_of_each_of_its_points() -> None:
    draft = Case(rule(BLUE, RED), ("a", "b"))
    labels = [Incident(frozenset("b"), T0_MS + 3 * HOUR_MS, T0_MS + 4 * HOUR_MS)]
    swept = sweep_level(draft, Level.BLUE, PAST, labels)
    for point in swept["bound"]:
        alone = weigh(replace(draft, rule=rule(replace(BLUE, bound=point.value))), None, PAST, labels)
        assert point.warnings == sum(alone.draft.counts.values())
        assert (point.recall, point.lead_s) == (alone.draft_score.recall, alone.draft_score.lead_s)
    holds = {point.value: point.warnings for point in swept["hold"]}
    assert holds[0.0] == 4 and holds[3600.0] == 3  # the one of a single hour is gone
    counts = [point.warnings for point in swept["hysteresis"]]
    assert counts == sorted(counts, reverse=True)


def test_a_thin_line_keeps_its_peaks() -> None:
    value = np.arange(1000.0)
    value[500] = 9999
    value[600:700] = math.nan
    line = envelope(T0_MS + np.arange(1000), value, 100)
    assert len(line) == 100 and max(high for _, _, high in line) == 9999
    assert sum(math.isnan(low) for _, low, _ in line) == 10


@pytest.mark.claim("WARN", "A label counts where it lies: at a station, in its county, in the whole city.")
def test_labels_concern_whom_they_lie_with() -> None:
    assert concerned_by("a", ("a", "b"), GROUND) == {"a"}
    assert concerned_by("440982", ("a", "b"), GROUND) == {"b"}
    assert concerned_by("440900", ("a", "b"), GROUND) == {"a", "b"}
    assert concerned_by("a", ("440981", "440982"), GROUND) == {"440981"}

    def said(verdict: Verdict, place: str, warning: str = "", certain: bool = True) -> Label:
        span = (T0_MS, T0_MS + HOUR_MS)
        return Label("440900", verdict, place, *span, "person:li", 0, warning=warning, certain=certain)

    labels = [
        said(Verdict.INCIDENT, "440981"),
        said(Verdict.INCIDENT, "440900", certain=False),
        said(Verdict.HANDLED, "b", "w1"),
        said(Verdict.FALSE_BOUND, "a", "w2"),
        said(Verdict.TEST, "a", "w3"),
    ]
    told = incidents(labels, ("a", "b"), GROUND)
    assert [(sorted(one.subjects), one.timed) for one in told] == [(["a"], True), (["a", "b"], False), (["b"], False)]
    (episode,) = weigh(Case(rule(BLUE), ("a",)), None, past(a=[6, 0]), []).draft.episodes["a"]
    label = label_of(episode, "a", labels, GROUND)
    assert label is not None and label.warning == "w2"


def indicator(direction: Direction = Direction.UP_BAD, slide_s: int = 300) -> Indicator:
    what = (direction, 3600, slide_s, Aggregate.LAST, RollUp.MAX, ("station",), SOURCE)
    return Indicator("x", SAME, "test", "u", *what, metrics=("m",), decimals=3)


def value_of_a(end_ms: int, value: float) -> ValueBatch:
    one = np.ones(1, np.int32)
    columns = (np.array([value]), one, one, np.array([end_ms]), np.array([Status.FINAL], np.uint8), ("",))
    return ValueBatch("x", "1", end_ms, end_ms, ("a",), *columns)


@pytest.mark.claim("WARN", "A year is judged by the gravest value of each hour; what the archive lacks is unknown.")
def test_the_past_is_dense_and_unknown_where_nothing_was_kept(tmp_path: Path) -> None:
    now_ms = T0_MS + 2 * DAY_MS
    told = [
        (end_ms, value_of_a(end_ms, 7.5 if end_ms == now_ms - 50 * MINUTE_MS else 1.0))
        for end_ms in range(now_ms - 3 * HOUR_MS, now_ms - HOUR_MS // 2, 300_000)
    ]
    add_values(Folder(tmp_path / "s"), told, "run")
    kept = KeptPast(tmp_path)
    ground = replace(GROUND, indicators={"x": indicator()})
    week = kept.of(Asked("s", (indicator(),), 7, now_ms), ground, lambda name, place: [])
    value = week.series["x", "a"].value
    assert len(value) == 7 * 288 and int(week.ends_ms[-1]) == now_ms
    assert np.count_nonzero(~np.isnan(value)) == len(told) and np.isnan(value[-1])
    assert ("x", "b") not in week.series
    year = kept.of(Asked("s", (indicator(),), 365, now_ms), ground, lambda name, place: [])
    assert np.nanmax(year.series["x", "a"].value) == 7.5 and len(year.ends_ms) == 365 * 24
    mean = KeptPast(tmp_path).of(
        Asked("s", (indicator(Direction.DOWN_BAD),), 365, now_ms), ground, lambda name, place: []
    )
    assert np.nanmax(mean.series["x", "a"].value) == 1.0
    newer = [(now_ms - 600_000, 3.0), (now_ms - 300_000, None)]
    fresh = KeptPast(tmp_path).of(Asked("s", (indicator(),), 7, now_ms), ground, lambda name, place: newer)
    assert fresh.series["x", "a"].value[-3] == 3.0 and np.isnan(fresh.series["x", "a"].value[-2])
