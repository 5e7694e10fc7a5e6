"""The day's history against a plain dict, and thinning against what must not vanish."""

from __future__ import annotations

import random
from math import isnan

import numpy as np
import pytest

from board.deadlines import Deadlines
from board.history import History, Series, thin
from board.words import period_word
from core.records import HOUR_MS, MINUTE_MS, Status, ValueBatch


def batch(end_ms, value, status=Status.FINAL):
    return ValueBatch(
        indicator="i",
        version="1",
        window_end_ms=end_ms,
        decided_ms=end_ms,
        areas=("a",),
        value=np.array([value]),
        reported=np.ones(1, np.int32),
        expected=np.ones(1, np.int32),
        newest_ms=np.zeros(1, np.int64),
        status=np.array([status], np.uint8),
        detail=("",),
    )


def test_a_series_is_what_a_dict_would_be():
    rng, series, oracle = random.Random(7), Series(), {}
    for _ in range(2000):
        end_ms, value = rng.randrange(0, 500) * MINUTE_MS, rng.choice([float("nan"), rng.random()])
        newest = series.put(end_ms, value, int(Status.FINAL))
        oracle[end_ms] = None if isnan(value) else value
        assert newest == (end_ms == max(oracle))
    assert [(end, value) for end, value, _ in series.points()] == sorted(oracle.items())
    half = 250 * MINUTE_MS
    assert [end for end, _, _ in series.points(half)] == [end for end in sorted(oracle) if end >= half]


def test_history_forgets_after_its_hours():
    history = History(keep_ms=26 * HOUR_MS)
    for minute in range(40 * 60):
        history.fold(batch(minute * MINUTE_MS, float(minute)))
    ends = [end for end, _, _ in history.points("i", "a")]
    assert ends[-1] == (40 * 60 - 1) * MINUTE_MS
    assert 26 * 60 <= len(ends) < 31 * 60
    assert history.points("i", "nowhere") == []


@pytest.mark.parametrize("down_bad", [False, True])
def test_thinning_keeps_the_gravest_and_the_newest(down_bad):
    rng = random.Random(3)
    points = [(n, rng.random(), 0) for n in range(1440)]
    points[700] = (700, -9.0 if down_bad else 9.0, 0)
    kept = thin(points, 300, down_bad)
    assert len(kept) <= 300
    assert [700, points[700][1]] in kept
    assert kept[-1] == [1439, points[-1][1]]
    assert kept == sorted(kept)
    assert {tuple(k) for k in kept} <= {(n, v) for n, v, _ in points}


def test_thinning_shows_a_gap_only_where_nothing_is_known():
    points = [(n, None if n < 20 else 1.0, 2 if n < 20 else 0) for n in range(100)]
    kept = thin(points, 10)
    assert [value for _, value in kept] == [None, *[1.0] * (len(kept) - 1)]  # the first bucket holds 0 to 10


def test_deadlines_against_a_plain_scan():
    rng, deadlines, oracle = random.Random(5), Deadlines(), {}
    for now in range(0, 3000, 7):
        for _ in range(rng.randint(0, 3)):
            name, until = rng.choice("abcdefgh"), now + rng.randint(-20, 90)
            was_new = name not in oracle
            assert deadlines.extend(name, until) == was_new
            oracle[name] = max(until, oracle.get(name, until))
        expired = {name for name, until in oracle.items() if until < now}
        assert set(deadlines.expire(now)) == expired
        for name in expired:
            del oracle[name]


def test_periods():
    october_ends_ms = 1_793_462_400_000
    words = [period_word(period, october_ends_ms, "zh") for period in ("month", "quarter", "year", "")]
    assert words == ["2026年10月", "2026年第4季度", "2026年", ""]
    assert period_word("month", october_ends_ms + 1, "en") == "Nov 2026"
