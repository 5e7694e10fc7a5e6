"""Shares the proofs out to the processes of `-n`: what started together stays together, what waits long begins first.

Those that wait for real servers come before those that only compute, so that in the end no process waits for another.
"""

from __future__ import annotations

import pytest
from xdist.scheduler import LoadScopeScheduling

LONGEST_FIRST = ("tests/browser/city/", "tests/flow/thread/", "tests/browser/", "tests/flow/", "tests/contract/", "")
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
    def rank(item: pytest.Item) -> int:
        return next(place for place, folder in enumerate(LONGEST_FIRST) if item.nodeid.startswith(folder))

    items.sort(key=rank)  # stable: tests of a folder keep their order


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Shares:
    config.option.loadscopereorder = False  # by the number of tests, and that says little here
    return Shares(config, log)
