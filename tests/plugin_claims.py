"""Keeps the outcome of every test that carries a claim, so that `make claims` can print it.

A test marked `@pytest.mark.claim("PULSE", "one sentence")` proves that sentence; a figure that it measured is
told by `record_property("figure", "1,475 of 1,475")`.
"""

import json
from pathlib import Path

import pytest

KEPT = Path(__file__).parents[1] / "claims.json"


class Claims:
    def __init__(self) -> None:
        self.found: dict[str, dict[str, str]] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            for mark in item.iter_markers("claim"):
                issue, sentence = mark.args
                self.found[item.nodeid] = {"issue": issue, "sentence": sentence, "outcome": "not run", "figure": ""}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        claim = self.found.get(report.nodeid)
        if claim is None:
            return
        if report.when == "call" or report.outcome != "passed":
            claim["outcome"] = report.outcome
        claim["figure"] = str(dict(report.user_properties).get("figure", claim["figure"]))

    def pytest_sessionfinish(self) -> None:
        kept = json.loads(KEPT.read_text("utf-8")) if KEPT.exists() else {}
        ran = {name: claim for name, claim in self.found.items() if claim["outcome"] != "not run"}
        KEPT.write_text(json.dumps({**kept, **ran}, ensure_ascii=False, indent=1), "utf-8")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        skipped = terminalreporter.stats.get("skipped", [])
        if skipped:
            terminalreporter.write_line(f"{len(skipped)} proofs not run:")
            for report in skipped:
                terminalreporter.write_line(f"  {report.nodeid}: {report.longrepr[-1]}")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Claims(), "claims")
