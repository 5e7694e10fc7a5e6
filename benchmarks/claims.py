"""Every promise → the test or benchmark that proves it → the figure → pass: `python -m benchmarks.claims`.

Tests tell their outcome through `tests/plugin_claims.py`; benchmarks through the last line that they print.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
KEPT = ROOT / "claims.json"


@dataclass(frozen=True, slots=True)
class Measured:
    """A promise that a benchmark proves: how to read its figure, and what passes."""

    issue: str
    sentence: str
    module: str
    figure: Callable[[dict[str, float]], str]
    passes: Callable[[dict[str, float]], bool]


MEASURED = (
    Measured(
        "PULSE",
        "Ingest, one process, QoS 1, validated and on disk before it acknowledges: ≥ 0.8 of bare auto-ack paho",
        "benchmarks.ingest",
        lambda r: (
            f"{r['messages_per_s']:,.0f} against {r['reference_messages_per_s']:,.0f} msg/s, ratio {r['ratio']:.2f}"
        ),
        lambda r: r["ratio"] >= 0.8,
    ),
    Measured(
        "PULSE",
        "Ingest on this machine, generator included: ≥ 20,000 durable msg/s",
        "benchmarks.ingest",
        lambda r: f"{r['messages_per_s']:,.0f} msg/s",
        lambda r: r["messages_per_s"] >= 20_000,
    ),
    Measured(
        "PULSE",
        "Breach at the device → painted with 10,000 msg/s flowing: p50 < 300 ms, p99 < 1 s",
        "benchmarks.latency",
        lambda r: (
            f"p50, p95, p99 {r['p50_ms']:.0f}, {r['p95_ms']:.0f}, {r['p99_ms']:.0f} ms at {r['messages_per_s']:,.0f}/s"
        ),
        lambda r: r["p50_ms"] < 300 and r["p99_ms"] < 1000 and r["messages_per_s"] >= 9_500,
    ),
    Measured(
        "ENGINE",
        "100,000 device-metrics through dedupe, panes and roll-up: ≥ 3 million readings/s a core, ≥ 0.3 of bincount",
        "benchmarks.engine",
        lambda r: f"{r['readings_per_s']:,} readings/s, {r['ratio']} of {r['reference_readings_per_s']:,}",
        lambda r: r["readings_per_s"] >= 3_000_000 and r["ratio"] >= 0.3,
    ),
    Measured(
        "ENGINE",
        "One million device-metrics at one a minute, an hour of lateness: < 3 GB",
        "benchmarks.engine",
        lambda r: f"{r['bytes_per_million_series'] / 1e9:.2f} GB",
        lambda r: r["bytes_per_million_series"] < 3e9,
    ),
    Measured(
        "ENGINE",
        "The tick when 1 % of areas change: ≤ 5 % of the tick when all do",
        "benchmarks.engine",
        lambda r: f"{r['idle_tick_share']:.1%} of {r['full_tick_ms']} ms",
        lambda r: r["idle_tick_share"] <= 0.05,
    ),
    Measured(
        "ENGINE",
        "Two engine processes: ≥ 1.6 of one; four not slower than two",
        "benchmarks.engine",
        lambda r: (
            f"two {r['scaling_2_workers']} of one, four {r['four_to_two_workers']} of two, "
            f"one keeps {r['cores_1_worker']} cores busy"
        ),
        lambda r: r["scaling_2_workers"] >= 1.6 and r["four_to_two_workers"] >= 1.0,
    ),
    Measured(
        "ENGINE",
        "One indicator at one area, a year of minutes, 50 series on disk, from a new process: < 300 ms",
        "benchmarks.history",
        lambda r: f"{r['year_query_ms']} ms, of which {r['bare_python_ms']} start Python",
        lambda r: r["year_query_ms"] < 300,
    ),
    Measured(
        "ENGINE",
        "Past years come in at ≥ 1 million rows a minute",
        "benchmarks.history",
        lambda r: f"CSV {r['import_csv_rows_per_minute']:,}, XLSX {r['import_xlsx_rows_per_minute']:,} rows a minute",
        lambda r: min(r["import_csv_rows_per_minute"], r["import_xlsx_rows_per_minute"]) >= 1_000_000,
    ),
    Measured(
        "PULSE",
        "A frame a second to 500 clients: p99 < 100 ms, < 10 KB/s each, < 0.5 of a core",
        "benchmarks.fanout",
        lambda r: f"p99 {r['p99_ms']} ms, {r['bytes_s_each']:,} B/s each, {r['web_cores']} cores",
        lambda r: r["p99_ms"] < 100 and r["bytes_s_each"] < 10_000 and r["web_cores"] < 0.5,
    ),
    Measured(
        "WARN",
        "Evaluations of a rule at an area: ≥ 5 million/s a core",
        "benchmarks.rules",
        lambda r: f"{r['evaluations_per_s']:,}/s",
        lambda r: r["evaluations_per_s"] >= 5_000_000,
    ),
    Measured(
        "WARN",
        "A backtest of 1,000 rules over 30 days of minutes: < 5 s",
        "benchmarks.backtest",
        lambda r: f"{r['evaluations']:,} evaluations in {r['seconds']} s",
        lambda r: r["seconds"] < 5,
    ),
    Measured(
        "COMMAND",
        "1,000 open and 50,000 closed cases, each database: queue < 200, recommendation < 50, duplicates < 100 ms",
        "benchmarks.dispatch",
        lambda r: f"queue {r['queue_ms']}, recommendation {r['recommend_ms']}, duplicates {r['duplicates_ms']} ms",
        lambda r: r["queue_ms"] < 200 and r["recommend_ms"] < 50 and r["duplicates_ms"] < 100,
    ),
)


def _measure(module: str) -> dict[str, float] | None:
    done = subprocess.run(
        [sys.executable, "-m", module, "--json"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    lines = done.stdout.strip().splitlines()
    return json.loads(lines[-1]) if done.returncode == 0 and lines else None


def _forget_all_but_long() -> None:
    """What `make test-long` proved stays; what the tests of now do not prove any more must not be told."""
    kept = json.loads(KEPT.read_text("utf-8")) if KEPT.exists() else {}
    long = {name: claim for name, claim in kept.items() if claim.get("long")}
    KEPT.write_text(json.dumps(long, ensure_ascii=False, indent=1), "utf-8")


def main() -> int:
    """Run every proof, then print the table. Exit code 1 when a promise is not kept."""
    _forget_all_but_long()
    subprocess.run([sys.executable, "-m", "pytest", "-m", "claim and not long", "-n", "3"], cwd=ROOT, check=False)
    rows = [
        (claim["issue"], claim["sentence"], name, claim["figure"], claim["outcome"])
        for name, claim in json.loads(KEPT.read_text("utf-8")).items()
    ]
    results = {module: _measure(module) for module in {m.module for m in MEASURED}}
    for promise in MEASURED:
        result = results[promise.module]
        figure = promise.figure(result) if result else "did not finish"
        outcome = "passed" if result and promise.passes(result) else "failed"
        rows.append((promise.issue, promise.sentence, f"python -m {promise.module}", figure, outcome))
    for issue, sentence, proof, figure, outcome in sorted(rows):
        print(f"{issue} · {sentence}\n    {proof}\n    {figure or '(yes or no)'} → {outcome}")
    failed = sum(outcome != "passed" for *_, outcome in rows)
    print(f"{len(rows) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
