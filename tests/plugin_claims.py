"""Keeps the outcome of every test that carries a claim, so that `make claims` can print it.

A test marked `@pytest.mark.claim("PULSE", "one sentence")` proves that sentence; a figure that it measured is
told by `record_property("figure", "1,475 of 1,475")`. Works the same when the tests run in several processes.
"""

import json
from pathlib import Path

import pytest

KEPT = Path(__file__).parents[1] / "claims.json"


class Claims:
    """Gathers claims where reports arrive: in the only process, or in the one that leads the others."""

    def __init__(self) -> None:
        self.found: dict[str, dict[str, str]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        properties = dict(report.user_properties)
        if "claim" not in properties:
            return
        issue, sentence = properties["claim"]
        claim = self.found.setdefault(
            report.nodeid, {"issue": issue, "sentence": sentence, "outcome": "", "figure": ""}
        )
        claim["long"] = "yes" if properties["long"] else ""
        if report.when == "call" or report.outcome != "passed":
            claim["outcome"] = report.outcome
        claim["figure"] = str(properties.get("figure", claim["figure"]))

    def pytest_sessionfinish(self) -> None:
        kept = json.loads(KEPT.read_text("utf-8")) if KEPT.exists() else {}
        KEPT.write_text(json.dumps({**kept, **self.found}, ensure_ascii=False, indent=1), "utf-8")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        skipped = terminalreporter.stats.get("skipped", [])
        if skipped:
            terminalreporter.write_line(f"{len(skipped)} proofs not run:")
            for report in skipped:
                terminalreporter.write_line(f"  {report.nodeid}: {report.longrepr[-1]}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for mark in item.iter_markers("claim"):
            item.user_properties += [("claim", mark.args), ("long", item.get_closest_marker("long") is not None)]


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Claims(), "claims")
