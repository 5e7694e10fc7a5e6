"""A set of keys against Python's own, over rests and checkpoints."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from indicators.seen import SeenKeys

KEYS = st.sets(st.integers(0, 2000) | st.integers(0, 2**50), max_size=30)


@given(st.lists(st.tuples(KEYS, st.sampled_from(("", "rest", "checkpoint"))), max_size=8), KEYS)
def test_it_holds_what_was_added(rounds: list[tuple[set[int], str]], asked: set[int]) -> None:
    seen, known = SeenKeys(), set()
    for keys, then in rounds:
        seen.add(np.array(sorted(keys - known), dtype=np.int64))
        known |= keys
        if then == "rest":
            seen.rest()
        elif then == "checkpoint":
            seen = SeenKeys(seen.steps())
        keys_asked = sorted(asked | keys)
        assert seen.holds(np.array(keys_asked, dtype=np.int64)).tolist() == [key in known for key in keys_asked]


def test_sensors_that_speak_each_second_take_two_bytes_a_time() -> None:
    keys = (np.arange(50)[:, None] * 60_000 + np.arange(0, 60_000, 1000)).ravel()
    assert SeenKeys(np.diff(keys, prepend=0)).steps().dtype == np.uint16
