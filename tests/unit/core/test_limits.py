"""A bucket that fills again: counted against the plain definition, and forgotten when there are too many."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.limits import KEPT, Limit


@given(per_min=st.integers(1, 200), pauses_ms=st.lists(st.integers(0, 40_000), max_size=300))
def test_no_minute_lets_more_through_than_twice_the_limit(per_min: int, pauses_ms: list[int]) -> None:
    """What is saved up is a minute's worth at most, and while it is used up another may come in."""
    limit, now_ms, let_in = Limit(per_min), 0, []
    for pause_ms in pauses_ms:
        now_ms += pause_ms
        if limit.waits_s("one", now_ms) == 0:
            let_in.append(now_ms)
    for begun_ms in let_in:
        assert sum(begun_ms <= at_ms < begun_ms + 60_000 for at_ms in let_in) <= 2 * per_min


def test_who_waits_as_long_as_he_is_told_is_let_in() -> None:
    limit = Limit(3)
    assert [limit.waits_s("one", 0) for _ in range(4)] == [0, 0, 0, 21]
    assert limit.waits_s("another", 0) == 0
    assert limit.waits_s("one", 21_000) == 0
    assert limit.waits_s("one", 21_000) > 0


def test_strangers_fill_no_memory() -> None:
    limit = Limit(1)
    for number in range(KEPT + 500):
        limit.waits_s(str(number), 0)
    assert len(limit._left) == KEPT
