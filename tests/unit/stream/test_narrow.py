"""Narrow columns: fewer bytes, and every number comes back to the bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from stream.narrow import narrow, widened

DECIMALS = st.builds(lambda whole, places: whole / 10**places, st.integers(-(10**6), 10**6), st.integers(0, 4))
DAY_MS = 86_400_000


def back(column: np.ndarray) -> np.ndarray:
    """The column as it is read again."""
    found = narrow(column)
    if found is None:
        return column
    stored, how = found
    assert stored.dtype.str == how.dtype
    assert stored.nbytes < column.nbytes
    return widened(np.frombuffer(stored.tobytes(), how.dtype), how, column.dtype.str)


def assert_same(column: np.ndarray) -> None:
    again = back(column)
    assert again.dtype == column.dtype
    assert again.tobytes() == column.tobytes()


@given(hnp.arrays(np.float64, st.integers(0, 60), elements=DECIMALS | st.floats(width=64)))
def test_real_numbers(column: np.ndarray) -> None:
    assert_same(column)


@given(hnp.arrays(np.float64, st.integers(0, 60), elements=DECIMALS))
def test_decimals(column: np.ndarray) -> None:
    assert_same(column)


@given(st.data(), st.sampled_from([np.int64, np.int32, np.uint16]))
def test_whole_numbers(data: st.DataObject, dtype: Any) -> None:
    assert_same(data.draw(hnp.arrays(dtype, st.integers(0, 60))))
    assert_same(data.draw(hnp.arrays(dtype, st.integers(0, 60), elements=st.integers(0, 300))))


@given(st.integers(0, 2**40), st.lists(st.integers(0, 3_000), max_size=60), st.sampled_from([1, 1_000, 60_000]))
def test_times(begin_ms: int, after: list[int], step_ms: int) -> None:
    assert_same(begin_ms + step_ms * np.array(after, np.int64))


@pytest.mark.parametrize(
    ("column", "itemsize"),
    [
        (np.array([DAY_MS, DAY_MS + 60_000 * 255]), 1),  # ends of panes
        (np.array([DAY_MS, DAY_MS + 60_000 * 256]), 2),
        (np.array([DAY_MS, DAY_MS + 61_000]), 1),  # seconds
        (np.array([DAY_MS, DAY_MS + 61_001]), 2),
        (np.array([10.1, 35.6]), 1),
        (np.array([10.125, 35.6]), 2),
        (np.full(3, 7.0), 1),
    ],
)
def test_how_narrow(column: np.ndarray, itemsize: int) -> None:
    found = narrow(column)
    assert found is not None
    assert found[0].itemsize == itemsize
    assert_same(column)


@pytest.mark.parametrize("other", [-0.0, np.nan, np.inf, 0.1 + 0.2, 1e300, 2.0**40])
def test_one_number_that_does_not_fit_leaves_the_column_as_it_is(other: float) -> None:
    column = np.append(np.arange(64) / 10, other)
    assert narrow(column) is None


def test_numbers_that_lie_too_far_apart_stay() -> None:
    assert narrow(np.array([-(2**63), 2**63 - 1])) is None
    assert narrow(np.zeros(0)) is None
