"""A device whose clock is wrong is told, against its peers; one that drains a backlog or is merely slow is not."""

from __future__ import annotations

import numpy as np
import pytest
from small_city import FEEDS, METRICS, MINUTE_MS, T0_MS

from core.records import ReadingBatch, Stamp
from indicators.panes import PartitionFold

NAMES = tuple(f"d{i}" for i in range(8))


def at(now_ms: int, lag_s: dict[str, float]) -> ReadingBatch:
    names = tuple(lag_s)
    rows = len(names)
    return ReadingBatch(
        "gauge",
        Stamp.TEST,
        0,
        names,
        ("rain",),
        np.arange(rows, dtype=np.int32),
        np.zeros(rows, np.uint16),
        np.array([now_ms - round(1000 * lag_s[name]) for name in names], dtype=np.int64),
        np.ones(rows),
        np.zeros(rows, np.uint16),
    )


class Watched:
    """A partition that hears all devices every two minutes, and what it says of their clocks."""

    def __init__(self) -> None:
        self.fold, self.now_ms = PartitionFold(0, METRICS, FEEDS), T0_MS
        self.told: list[dict[str, int]] = []

    def pass_minutes(self, count: int, lags: dict[str, float]) -> dict[str, int]:
        """How wrong the clocks are that were told about by the end."""
        for _ in range(count // 2):
            self.now_ms += 2 * MINUTE_MS
            self.fold.fold(at(self.now_ms, lags))
            batch = self.fold.tick(self.now_ms)
            self.told.append(batch.clock_s if batch else {})
        return {name: skew for says in self.told for name, skew in says.items() if skew}

    def crash(self) -> None:
        chunks = {name: chunk for name, chunk in self.fold.dirty().items() if chunk is not None}
        self.fold = PartitionFold(0, METRICS, FEEDS)
        self.fold.restore(chunks)


USUAL = {name: 3.0 + i for i, name in enumerate(NAMES)}


@pytest.mark.parametrize(
    ("lag_s", "skew_s"), [(-180.0, 186), (450.0, -443), (3 * 3600.0, -(3 * 3600 - 7))], ids=["ahead", "behind", "late"]
)
@pytest.mark.claim(
    "ENGINE",
    "A device whose clock runs ahead or behind its peers is told with how far, also when its readings are too late",
)
def test_a_wrong_clock_is_told_once_and_taken_back(lag_s: float, skew_s: int) -> None:
    watched = Watched()
    assert watched.pass_minutes(10, USUAL) == {}
    watched.crash()
    found = watched.pass_minutes(10, USUAL | {"d0": lag_s})
    assert found.keys() == {"d0"}
    assert found["d0"] == pytest.approx(skew_s, abs=2)
    assert sum(bool(says) for says in watched.told) == 1
    watched.crash()
    watched.pass_minutes(10, USUAL)
    assert {"d0": 0} in watched.told


def test_a_slow_feed_is_not_wrong() -> None:
    assert Watched().pass_minutes(20, {name: 600.0 + i for i, name in enumerate(NAMES)}) == {}


def test_a_backlog_that_drains_is_not_wrong() -> None:
    watched = Watched()
    for lag_s in range(1800, 0, -200):
        watched.pass_minutes(2, USUAL | {"d0": float(lag_s)})
    assert watched.pass_minutes(10, USUAL) == {}


def test_devices_of_a_feed_that_differ_by_nature_are_not_wrong() -> None:
    assert Watched().pass_minutes(20, {name: 200.0 * i for i, name in enumerate(NAMES)}) == {}


def test_without_peers_only_a_clock_ahead_is_told() -> None:
    assert Watched().pass_minutes(20, {"d0": 900.0, "d1": 3.0}) == {}
    assert Watched().pass_minutes(20, {"d0": -300.0}).keys() == {"d0"}
