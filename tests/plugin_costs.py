"""`pytest --costs`: what each share of the proofs cost, by the clock and of a processor, dearest first.

Processor time is that of the process which ran a test and of all that it started; it hardly changes when others use the
machine, the clock does. A server that stands for a whole run is counted with whichever test ran meanwhile. Shares are
those of `plugin_shares.py`, which hands out first what is dear in `tests/shares.json`: the same command writes it anew.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import NamedTuple

import pytest
from machine import Moment
from plugin_shares import DEAR_S, KEPT, share_of

COST = "cost"  # the property of a report


class Cost(NamedTuple):
    """Seconds by the clock, and of a processor."""

    wall_s: float
    processor_s: float

    def and_of(self, other: Cost) -> Cost:
        return Cost(self.wall_s + other.wall_s, self.processor_s + other.processor_s)


class Measuring:
    """Where tests run: tells with each what passed since the one before it ended."""

    def pytest_sessionstart(self) -> None:
        self._begun, self._known_s = Moment.now(), 0.0

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        if call.when == "setup":
            return  # a look costs 4 ms of a processor
        now = Moment.now()  # what ended unheard, as a browser's processes with it, is not in it any more
        self._known_s = max(self._known_s, now.ours_s - self._begun.ours_s)
        if call.when == "teardown":
            item.user_properties.append((COST, (now.at_s - self._begun.at_s, self._known_s)))
            self._begun, self._known_s = now, 0.0


class Costs:
    """Where reports arrive: adds up, prints, keeps."""

    def __init__(self) -> None:
        self.of_share: dict[str, Cost] = defaultdict(lambda: Cost(0, 0))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, spent in report.user_properties:
            if name == COST:
                share = share_of(report.nodeid)
                self.of_share[share] = self.of_share[share].and_of(Cost(*spent))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        rows = sorted(self.of_share.items(), key=lambda row: -row[1].wall_s)
        whole = Cost(sum(cost.wall_s for _, cost in rows), sum(cost.processor_s for _, cost in rows))
        terminalreporter.write_line("   clock processor")
        for share, cost in [*((s, c) for s, c in rows if c.wall_s >= DEAR_S), (f"all of {len(rows)} shares", whole)]:
            terminalreporter.write_line(f"{cost.wall_s:6.1f} s {cost.processor_s:6.1f} s  {share}")

    def pytest_sessionfinish(self) -> None:
        before = json.loads(KEPT.read_text("utf-8"))
        seconds = {share: cost.wall_s for share, cost in self.of_share.items()}
        kept = {share: round(wall_s) for share, wall_s in {**before, **seconds}.items() if wall_s >= DEAR_S}
        KEPT.write_text(json.dumps(dict(sorted(kept.items(), key=lambda row: -row[1])), indent=1) + "\n", "utf-8")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--costs", action="store_true", help="print what each share of the proofs cost, and keep it")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--costs"):
        config.pluginmanager.register(Measuring(), "measuring")
        if not hasattr(config, "workerinput"):
            config.pluginmanager.register(Costs(), "costs")
