"""The vectorised machine against one written for a single subject."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.records import Level
from early_warning.machine import LEVELS, step
from indicators.definition import Direction

NAN = math.nan
VALUES = st.one_of(st.just(NAN), st.floats(0, 10).map(lambda v: round(v * 2) / 2))


def plain(
    level: int, value: list[float], bound: list[float], hysteresis: float, direction: Direction, may_fall: bool
) -> int:
    """One subject, one window, in words: go down from red and stop at the first level that is on."""
    found = 0
    for rank in range(LEVELS, 0, -1):
        v, b = value[rank - 1], bound[rank - 1]
        if math.isnan(b):
            continue
        stands = rank <= level
        if math.isnan(v):
            on = stands
        elif direction is Direction.UP_BAD:
            on = v >= b - (hysteresis if stands else 0)
        else:
            on = v < b + (hysteresis if stands else 0)
        if on:
            found = rank
            break
    return found if may_fall else max(found, level)


@given(
    st.lists(st.lists(VALUES, min_size=LEVELS, max_size=LEVELS), min_size=1, max_size=30),
    st.lists(st.one_of(st.just(NAN), st.floats(1, 9)), min_size=LEVELS, max_size=LEVELS),
    st.sampled_from([0.0, 0.5, 2.0]),
    st.sampled_from([Direction.UP_BAD, Direction.DOWN_BAD]),
    st.lists(st.booleans(), min_size=30, max_size=30),
)
def test_every_step_equals_the_plain_machine(
    history: list[list[float]], bound: list[float], hysteresis: float, direction: Direction, may_fall: list[bool]
) -> None:
    sign = -1 if direction is Direction.DOWN_BAD else 1
    bounds = np.array(bound)[:, None]
    level, expected = np.zeros(1, dtype=np.uint8), 0
    for value, falls in zip(history, may_fall, strict=False):
        column = np.array(value)[:, None]
        level = step(level, column, bounds, bounds - sign * hysteresis, direction, np.array([falls]))
        expected = plain(expected, value, bound, hysteresis, direction, falls)
        assert level.tolist() == [expected]


@pytest.mark.parametrize(
    ("values", "levels"),
    [
        ([49.9, 50.0, 48.0, 47.9], [0, 1, 1, 0]),  # reached at the bound, kept down to the clear bound
        ([101.0, 60.0, NAN, 40.0], [4, 1, 1, 0]),  # the gravest falls first; nothing known changes nothing
        ([NAN, NAN], [0, 0]),
    ],
)
def test_one_rule_over_time(values: list[float], levels: list[Level]) -> None:
    bound = np.array([[50.0], [NAN], [NAN], [100.0]])
    level, found = np.zeros(1, dtype=np.uint8), []
    for value in values:
        level = step(level, np.full((LEVELS, 1), value), bound, bound - 2.0, Direction.UP_BAD)
        found.append(int(level[0]))
    assert found == levels


def test_a_hundred_per_cent_never_fires_downwards() -> None:
    bound = np.full((LEVELS, 1), NAN)
    bound[3] = 100.0
    value = np.full((LEVELS, 1), 100.0)
    assert step(np.zeros(1, dtype=np.uint8), value, bound, bound, Direction.DOWN_BAD).tolist() == [0]
