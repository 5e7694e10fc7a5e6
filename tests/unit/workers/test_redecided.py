"""What an engine decides anew from a log that begins too late does not replace what is known better."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import catalogue
from core.records import HOUR_MS, MINUTE_MS, Status, ValueBatch
from workers.redecided import Redecided

NOON_MS = 1_795_320_000_000
DAY, HOUR = "meteorology.rain_12h", "meteorology.rain_1h"


def batch(indicator: str, end_ms: int, decided_ms: int) -> ValueBatch:
    one = np.ones(1, np.int32)
    times, status = np.full(1, end_ms, np.int64), np.full(1, Status.FINAL, np.uint8)
    return ValueBatch(indicator, "1", end_ms, decided_ms, ("a",), np.ones(1), one, one, times, status, ("",))


@pytest.mark.claim("ENGINE", "An engine that begins again does not replace the history by what a shorter log says.")
def test_only_whole_windows_are_taken_again() -> None:
    indicators = catalogue.load(Path(__file__).parents[3] / "packs", "440900").indicators
    redecided = Redecided(indicators, NOON_MS)
    log_begins_ms = NOON_MS - 10 * HOUR_MS
    told = {
        (name, hours): bool(
            redecided.whole([batch(name, log_begins_ms + hours * HOUR_MS, log_begins_ms + hours * HOUR_MS)])
        )
        for hours in range(14)
        for name in (DAY, HOUR)
    }
    assert all(told[HOUR, hours] == (hours >= 1) for hours in range(14))
    assert all(told[DAY, hours] == (hours >= 10) for hours in range(14)), "from the 10th hour on it is news"
    late = batch(DAY, NOON_MS - 5 * HOUR_MS, NOON_MS + 5 * HOUR_MS)
    assert redecided.whole([late]) == [late], "a correction by late data is decided now"


def test_of_a_history_without_decisions_everything_is_taken() -> None:
    redecided = Redecided({}, 0)
    batches = [batch("x", NOON_MS + n * MINUTE_MS, NOON_MS + n * MINUTE_MS) for n in range(3)]
    assert redecided.whole(batches) == batches
