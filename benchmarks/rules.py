"""How many (rule × area) evaluations a core makes a second, on the state machine of the rules.

    python -m benchmarks.rules --json

A thousand and ten thousand pairs of rule and area, four levels each, are judged at a thousand window ends: laid out,
compared with their bounds (`Lanes.seen`), and stepped (`Judge.step`) with hold, clear time and lost data. Values come
and go as in `benchmarks.backtest`. `evaluations_per_s` is a core's processor time, by the smaller of the two sizes;
`busy_evaluations_per_s` lets every tenth lane change at every window end. Levels are compared with a plain machine.
"""

from __future__ import annotations

import json
import os
import platform
import time
from typing import Any

import numpy as np

from benchmarks.backtest import AREAS, BEGIN_MS, case, wandering
from benchmarks.plain_rule import plain_levels
from core.records import MINUTE_MS, Float64, Int64, UInt8
from early_warning.backtest import Case, Past
from early_warning.judge import LEVELS, Judge, Seen, State
from early_warning.lanes import Lanes

WINDOWS, BLOCK = 1_000, 50
SIZES = (1_000, 10_000)
SAMPLE = 25
BUSY = 0.1


def main() -> None:
    """Judge, compare, print."""
    ends_ms = BEGIN_MS + np.arange(1, WINDOWS + 1, dtype=np.int64) * MINUTE_MS
    past, cases = wandering(ends_ms), [case(number) for number in range(max(SIZES) // 10)]
    report: dict[str, Any] = {}
    for pairs in SIZES:
        lanes, values = laid_out(cases, past, pairs)
        timed = [judged(lanes, ends_ms, values) for _ in range(3)]
        levels = timed[0][1]
        report[f"evaluations_per_s_{pairs}"] = round(levels.size / min(took_s for took_s, _ in timed))
        report["levels_checked"] = report.get("levels_checked", 0) + check(lanes, cases, past, levels)
    report = {"evaluations_per_s": report[f"evaluations_per_s_{SIZES[0]}"], **report}
    report["busy_evaluations_per_s"] = busy(SIZES[0])
    print(json.dumps(report | {"cores": os.cpu_count(), "python": platform.python_version()}))


def laid_out(cases: list[Case], past: Past, pairs: int) -> tuple[Lanes, Float64]:
    """The first thousand rules, each at as many areas as it takes, and the values (t, quantities) they judge."""
    areas = pairs // len(cases)
    subjects = [[f"a{(number + more) % AREAS}" for more in range(areas)] for number in range(len(cases))]
    lanes = Lanes([one.rule for one in cases], subjects, {}, past.city)
    lanes.lay_out(BEGIN_MS)
    columns = [past.series[quantity.indicator, quantity.area].value for quantity in lanes.quantities]
    return lanes, np.stack(columns, axis=1)


def judged(lanes: Lanes, ends_ms: Int64, values: Float64) -> tuple[float, UInt8]:
    """Processor time, s, and the levels (t, pairs)."""
    judge, state = Judge(lanes.terms), State.fresh(len(lanes.pairs))
    levels = np.empty((len(ends_ms), len(lanes.pairs)), dtype=np.uint8)
    begun_s = time.process_time()
    for at in range(0, len(ends_ms), BLOCK):
        seen = lanes.seen(values[at : at + BLOCK])
        for row, end_ms in enumerate(ends_ms[at : at + BLOCK].tolist()):
            levels[at + row] = judge.step(state, end_ms, seen[row]).level
    return time.process_time() - begun_s, levels


def check(lanes: Lanes, cases: list[Case], past: Past, levels: UInt8) -> int:
    """Levels of a sample of pairs against those of the plain machine; returns how many."""
    ends_ms: list[int] = past.ends_ms.tolist()
    sample = range(0, len(lanes.pairs), len(lanes.pairs) // SAMPLE)
    for pair in sample:
        number, subject = lanes.pairs[pair]
        rule = cases[number].rule
        value = past.series[rule.bounds[0].indicator, subject].value
        assert levels[:, pair].tolist() == plain_levels(rule, ends_ms, value.tolist()), (rule.id, subject)
    return len(sample) * len(ends_ms)


def busy(pairs: int) -> int:
    """Evaluations a second of processor time when every tenth lane sees something else at every window end."""
    rng = np.random.default_rng(3)
    seen = np.empty((WINDOWS, LEVELS, pairs), dtype=np.uint8)
    seen[0] = rng.integers(0, len(Seen), (LEVELS, pairs))
    for row in range(1, WINDOWS):
        seen[row] = seen[row - 1]
        turned = rng.random((LEVELS, pairs)) < BUSY
        seen[row, turned] = (seen[row, turned] + 1) % len(Seen)
    lanes = Lanes([one.rule for one in (case(number) for number in range(pairs))], [("a0",)] * pairs, {}, "a0")
    lanes.lay_out(BEGIN_MS)
    judge, state = Judge(lanes.terms), State.fresh(pairs)
    begun_s = time.process_time()
    for row in range(WINDOWS):
        judge.step(state, BEGIN_MS + row * MINUTE_MS, seen[row])
    return round(WINDOWS * pairs / (time.process_time() - begun_s))


if __name__ == "__main__":
    main()
