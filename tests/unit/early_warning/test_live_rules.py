"""Every key of a rule, live: tick by tick, corrected late and through crashes it tells what the backtest tells."""

import math
import random
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from river_town import AREAS, CITY, COUNTY, DEVICES, FEEDS, INDICATORS, LATENESS_S, MINUTE_MS, T0_MS, rule, told, watch

from core.records import CityWarning, Float64, Level, Stamp, ValueBatch, WarningPhase
from early_warning.backtest import Case, Past, backtest
from early_warning.past import Series
from early_warning.rule import Comparison, Condition, Judged, LevelBound, NoData, Override, Rule, Schedule
from early_warning.subjects import Ground
from early_warning.watch import Watch

MINUTES = 70
Values = dict[tuple[str, str], dict[int, tuple[float, float, float]]]  # (value, reporting, baseline) by window end


def past(values: Values) -> Past:
    ends_ms = np.array(sorted({end_ms for (name, _), rows in values.items() if name == "stage" for end_ms in rows}))
    series = {}
    for (name, area), rows in values.items():
        columns: Float64 = np.array([rows[end_ms] for end_ms in sorted(rows)])
        valid_s = INDICATORS[name].slide_s
        series[name, area] = Series(np.array(sorted(rows)), *columns.T, valid_s=valid_s)
    within = {one: Ground(INDICATORS, DEVICES, AREAS, FEEDS).holding(one) for one in DEVICES}
    return Past(ends_ms, series, DEVICES, CITY, within)


def history(rng: random.Random) -> Values:
    """Of three stations each minute, of the city each five: numbers near the bounds, gaps, few reporters."""

    def row() -> tuple[float, float, float]:
        value = rng.choice((math.nan, rng.uniform(3, 9), rng.uniform(4.5, 5.5), 5.0))
        return round(value, 1), rng.choice((1.0, 1.0, 0.4)), round(rng.uniform(1, 4), 1)

    values: Values = {}
    for name, areas in (("stage", DEVICES), ("rain", (CITY,))):
        step = INDICATORS[name].slide_s // 60
        for area in areas:
            quiet = [(rng.randrange(MINUTES), rng.randrange(3, 20)) for _ in range(2)]
            rows = {minute: row() for minute in range(0, MINUTES, step)}
            blank = {minute for begun, lasts in quiet for minute in range(begun, begun + lasts)}
            values[name, area] = {
                T0_MS + minute * MINUTE_MS: (math.nan, 0.0, told[2]) if minute in blank else told
                for minute, told in rows.items()
            }
    return values


def any_rule(rng: random.Random) -> Rule:
    """A rule that uses a random part of what rules can say."""

    def judging() -> dict[str, object]:
        judged = rng.choice(list(Judged))
        over = {"over_s": rng.choice((60, 300))} if judged in (Judged.RATE, Judged.FORECAST) else {}
        ahead = {"ahead_s": 600} if judged is Judged.FORECAST else {}
        return {"judged": judged if rng.random() < 0.4 else Judged.VALUE} | (over | ahead)

    def condition() -> Condition:
        name, area = rng.choice((("rain", "city"), ("stage", "same"), ("stage", "s2")))
        comparison, bound = rng.choice(list(Comparison)), rng.uniform(4, 6)
        step = -1 if comparison in (Comparison.AT_LEAST, Comparison.ABOVE) else 1
        clear = rng.choice((None, bound + step * 0.5))
        spans = judging()
        if name == "rain" and spans.get("over_s"):
            spans["over_s"] = 300
        return Condition(name, comparison, bound, clear, area, **spans)

    bounds = []
    for level, at in ((Level.BLUE, 4.8), (Level.ORANGE, 6.0)):
        waits = {"hold_s": rng.choice((0, 0, 120, 300)), "clear_after_s": rng.choice((0, 0, 180))}
        more = tuple(condition() for _ in range(rng.choice((0, 0, 1, 2))))
        join = rng.choice(("all", "any"))
        bounds.append(LevelBound(level, "stage", at, hysteresis=0.3, conditions=more, join=join, **waits, **judging()))
    no_data = rng.choice(list(NoData))
    hours = rng.choice((None, None, Schedule(((600, 2400),)), Schedule(weekdays=(2,)), Schedule(weekdays=(1, 5))))
    return rule(
        *bounds,
        min_reporting=rng.choice((0.0, 0.0, 0.5)),
        no_data=no_data,
        no_data_after_s=rng.choice((0, 240, 600)) if no_data is not NoData.KEEP else 0,
        schedule=hours,
        overrides=(Override(COUNTY, Level.BLUE, 5.3), Override("s3", Level.ORANGE, 7.0)) if rng.random() < 0.4 else (),
    )


def tellings(values: Values, rng: random.Random) -> Mapping[int, Sequence[ValueBatch]]:
    """By minute what is told then: everything at its time or late, and before it wrong or open now and then."""
    found: dict[int, list[ValueBatch]] = {}
    for key, rows in values.items():
        for end_ms, row in rows.items():
            minute = (end_ms - T0_MS) // MINUTE_MS
            wrong = [(round(rng.uniform(3, 9), 1), 1.0, 2.0) for _ in range(rng.choice((0, 0, 0, 1, 2)))]
            times = sorted(minute + rng.randrange(0, LATENESS_S // 60) for _ in (*wrong, row))
            for at, one in zip(times, (*wrong, row), strict=True):
                is_open = one is not row and rng.random() < 0.5
                found.setdefault(at, []).append(told(key, end_ms, one, is_open))
    return found


def crashed(watching: Watch, one: Rule, chunks: dict[bytes, bytes]) -> Watch:
    for key, chunk in watching.dirty().items():
        chunks.pop(key, None)
        if chunk is not None:
            chunks[key] = chunk
    fresh = watch(one)
    fresh.restore(chunks)
    return fresh


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), crash=st.booleans())
@pytest.mark.claim("WARN", "One state machine: with every key of a rule, live in event time equals the backtest")
def test_live_tells_what_the_backtest_tells(seed: int, crash: bool) -> None:
    rng = random.Random(seed)
    one, values = any_rule(rng), history(rng)
    coming, watching = tellings(values, rng), watch(one)
    newest: dict[str, CityWarning] = {}
    chunks: dict[bytes, bytes] = {}
    waiting: list[ValueBatch] = []
    for at in range(max(coming) + 2):
        waiting += coming.get(at, ())
        if rng.random() < 0.7 or at > max(coming):
            for warning in watching.judge(waiting, T0_MS + at * MINUTE_MS, Stamp.TEST):
                before = newest.get(warning.id)
                assert warning.revision == (before.revision + 1 if before else 1)
                newest[warning.id] = warning
            waiting = []
            if crash and rng.random() < 0.2:
                watching = crashed(watching, one, chunks)
    live = sorted(
        (w.subject, w.since_ms, w.ended_ms or 0, int(w.peak))
        for w in newest.values()
        if w.phase is not WarningPhase.RETRACTED
    )
    (outcome,) = backtest([Case(one, tuple(sorted(DEVICES)))], past(values))
    assert live == sorted(
        (subject, episode.since_ms, episode.ended_ms or 0, int(episode.peak))
        for subject, found in outcome.episodes.items()
        for episode in found
    )
