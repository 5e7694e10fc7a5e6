"""Shares the proofs out to the processes of `-n`: what started together stays together, the dearest begin first.

So in the end no process waits for another. What a share costs was measured: `shares.json`, see `plugin_costs.py`.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

KEPT = Path(__file__).with_name("shares.json")  # share → seconds by the clock
DEAR_S = 4  # what takes less comes after all that takes more, folder by folder
FOLDERS = ("tests/browser/", "tests/flow/", "tests/contract/", "")
CITY, THREAD = "tests/browser/city/", "tests/flow/thread/"
BEHIND = "behind"  # the parameter of what runs once more behind the gateway


class Shares(LoadScopeScheduling):
    """Hands out shares one after the other, in the order of their tests."""

    def _split_scope(self, nodeid: str) -> str:
        return share_of(nodeid)


def share_of(nodeid: str) -> str:
    """What a test is handed out with: one running city, or its file directly, or its file behind the gateway.

    The thread of a reading is long and starts all that it needs: each is handed out alone.
    """
    if nodeid.startswith(CITY):
        return CITY
    if nodeid.startswith(THREAD):
        return nodeid
    file, _, name = nodeid.partition("::")
    return f"{file} {BEHIND}" if BEHIND in name.partition("[")[2].rstrip("]").split("-") else file


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    seconds = json.loads(KEPT.read_text("utf-8"))

    def rank(item: pytest.Item) -> tuple[float, int]:
        folder = next(place for place, folder in enumerate(FOLDERS) if item.nodeid.startswith(folder))
        return -seconds.get(share_of(item.nodeid), 0), folder

    items.sort(key=rank)  # stable: tests of a share keep their order


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Shares:
    config.option.loadscopereorder = False  # by the number of tests, and that says little here
    return Shares(config, log)
