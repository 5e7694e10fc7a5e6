"""1,000 rules over 30 days, judged each minute: four levels, hysteresis, hold, clear time, lost data.

    python -m benchmarks.backtest --json

50 indicators at 20 areas wander about as sensors do, with gaps and outages; each of the 1,000 rules judges one of them
at one area with bounds of its own. Timed is `early_warning.backtest.backtest` whole, from series in memory to episodes
and hours. The episodes of a sample of rules are compared with those of a plain-Python machine.
"""

from __future__ import annotations

import json
import os
import platform
import time
from typing import Any

import numpy as np

from benchmarks.plain_rule import plain_episodes, plain_levels
from core.declared import Words
from core.records import MINUTE_MS, Float64, Int64, Level
from early_warning.backtest import Case, Outcome, Past, backtest
from early_warning.past import Series
from early_warning.rule import LevelBound, NoData, Rule, RuleState
from indicators.definition import Direction, Source, Verification

RULES, DAYS, INDICATORS, AREAS = 1_000, 30, 50, 20
SAMPLE = 12
BEGIN_MS = 1_760_000_000_000 // MINUTE_MS * MINUTE_MS
SOURCE = Source("benchmark", Verification.NONE, Verification.NONE)


def main() -> None:
    """Judge, compare, print."""
    ends_ms = BEGIN_MS + np.arange(1, DAYS * 1440 + 1, dtype=np.int64) * MINUTE_MS
    past, cases = wandering(ends_ms), [case(number) for number in range(RULES)]
    took_s, cpu_s = [], []
    for _ in range(3):
        begun_s, begun_cpu_s = time.perf_counter(), time.process_time()
        outcomes = backtest(cases, past)
        took_s.append(time.perf_counter() - begun_s)
        cpu_s.append(time.process_time() - begun_cpu_s)
    checked = sum(check(cases[number], past, outcomes[number]) for number in range(0, RULES, RULES // SAMPLE))
    report: dict[str, Any] = {
        "evaluations": RULES * len(ends_ms),
        "seconds": round(min(took_s), 2),
        "seconds_worst": round(max(took_s), 2),
        "cpu_seconds": round(min(cpu_s), 2),
        "evaluations_per_s": round(RULES * len(ends_ms) / min(took_s)),
        "warnings": sum(sum(outcome.counts.values()) for outcome in outcomes),
        "no_data_share": round(float(np.mean([outcome.no_data_share for outcome in outcomes])), 4),
        "episodes_checked": checked,
    }
    print(json.dumps(report | {"cores": os.cpu_count(), "python": platform.python_version()}))


def wandering(ends_ms: Int64) -> Past:
    """Values about 50 that come and go with the day and drift by hours; 0.5 % gaps, and outages of half an hour."""
    series = {}
    for number in range(INDICATORS * AREAS):
        rng = np.random.default_rng(number)
        key = (f"i{number // AREAS}", f"a{number % AREAS}")
        series[key] = Series(ends_ms, _values(rng, len(ends_ms)))
    return Past(ends_ms, series, {}, "a0")


def _values(rng: np.random.Generator, minutes: int) -> Float64:
    hours = rng.normal(0, 8, minutes // 60 + 2)
    at = np.arange(minutes) / 60
    value = 50 + 15 * np.sin(2 * np.pi * at / 24) + np.interp(at, np.arange(len(hours)), hours)
    value = np.round(value + rng.normal(0, 1.5, minutes), 1)
    value[rng.random(minutes) < 0.005] = np.nan
    for begin in rng.integers(0, minutes, 10):
        value[begin : begin + 30] = np.nan
    return value


def case(number: int) -> Case:
    """A rule with four levels; which way is bad, how long it waits and what follows lost data differ."""
    rng = np.random.default_rng([1, number])
    direction = Direction.DOWN_BAD if number % 4 == 0 else Direction.UP_BAD
    sign = -1 if direction is Direction.DOWN_BAD else 1
    lowest = round(float(rng.uniform(12, 25)), 1)
    waits = {"hold_s": int(rng.choice([0, 300, 900])), "clear_after_s": int(rng.choice([0, 600, 1800]))}
    bounds = tuple(
        LevelBound(level, f"i{number // AREAS}", bound=50 + sign * (lowest + 5 * rank), hysteresis=2.0, **waits)
        for rank, level in enumerate((Level.BLUE, Level.YELLOW, Level.ORANGE, Level.RED))
    )
    no_data = {"no_data": NoData.CLEAR, "no_data_after_s": 1200} if number % 3 == 0 else {}
    name = Words("规则", "rule")
    rule = Rule(f"r{number}", "1", name, "test", "county", direction, bounds, RuleState.TRIAL, SOURCE, **no_data)
    return Case(rule, (f"a{number % AREAS}",))


def check(judged: Case, past: Past, outcome: Outcome) -> int:
    """The episodes of a rule against those of the plain machine; returns how many."""
    (subject,) = judged.subjects
    value = past.series[judged.rule.bounds[0].indicator, subject].value
    ends_ms: list[int] = past.ends_ms.tolist()
    expected = plain_episodes(ends_ms, plain_levels(judged.rule, ends_ms, value.tolist()))
    found = [(one.since_ms, one.ended_ms, int(one.peak)) for one in outcome.episodes.get(subject, ())]
    assert found == expected, (judged.rule.id, found[:3], expected[:3])
    return len(found)


if __name__ == "__main__":
    main()
