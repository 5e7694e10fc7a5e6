"""References of a season 汛期: before, in and after it, over the end of a year, and where their turns lie."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import CHINA, to_ms
from core.declared import Device, Reference, Words
from core.records import Level
from early_warning.bounds import BoundsOfRule, in_season, reference_at, turns_ms
from early_warning.rule import LevelBound, Rule, RuleState
from indicators.definition import Direction, Source, Verification

SAME = Words("同", "same")
YEAR_ROUND = Reference("warning", 10.0, "m", "85", "a")
MAIN = Reference("warning", 9.0, "m", "85", "b", season=((7, 1), (9, 15)), period="主汛期")
WINTER = Reference("warning", 11.0, "m", "85", "c", season=((11, 20), (2, 29)))
DEVICE = Device("r1", "f", SAME, "", None, ("stage",), (YEAR_ROUND, MAIN, WINTER), datum="85")
TIMES = [
    ("2026-06-30 23:59", 10.0),
    ("2026-07-01 00:00", 9.0),
    ("2026-09-15 23:59", 9.0),
    ("2026-09-16 00:00", 10.0),
    ("2026-11-20 00:00", 11.0),
    ("2027-02-28 23:59", 11.0),
    ("2027-03-01 00:00", 10.0),
    ("2028-02-29 12:00", 11.0),
    ("2028-03-01 00:00", 10.0),
]


def ms(written: str) -> int:
    return to_ms(datetime.fromisoformat(written).replace(tzinfo=CHINA))


def bounds() -> BoundsOfRule:
    source = Source("t", Verification.NONE, Verification.NONE)
    level = LevelBound(Level.RED, "stage", reference="warning")
    rule = Rule("r", "1", SAME, "d", "station", Direction.UP_BAD, (level,), RuleState.ACTIVE, source)
    return BoundsOfRule(rule, ["r1"], {"r1": DEVICE})


@pytest.mark.claim("WARN", "A station's reference holds in its season 前汛期, 主汛期, 后汛期, each year anew.")
@pytest.mark.parametrize(("written", "expected"), TIMES)
def test_a_season_goes_before_the_year(written: str, expected: float) -> None:
    found = reference_at(DEVICE, "warning", ms(written))
    assert found is not None and found.value == expected
    assert bounds().at(ms(written))[Level.RED - 1, 0] == expected


@given(st.integers(ms("2004-01-01"), ms("2099-01-01")))
def test_bounds_turn_exactly_where_seasons_do(at_ms: int) -> None:
    found = reference_at(DEVICE, "warning", at_ms)
    assert found is not None
    np.testing.assert_equal(bounds().at(at_ms)[Level.RED - 1, 0], found.value)


def test_a_season_turns_twice_a_year() -> None:
    turns = sorted(turns_ms(((7, 1), (9, 15))))
    assert len(turns) == 2 * 101
    for before, after in zip(turns[::2], turns[1::2], strict=True):
        assert after - before == timedelta(days=77) // timedelta(milliseconds=1)
        assert in_season(((7, 1), (9, 15)), before) and not in_season(((7, 1), (9, 15)), after)
