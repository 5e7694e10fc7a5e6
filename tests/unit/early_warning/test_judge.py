"""The vectorised state machine against one written in plain Python from its docstring."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.records import Int64
from early_warning.judge import LEVELS, NEVER_MS, Judge, Seen, State, Terms

OFF, BETWEEN, ON, UNKNOWN = Seen
SPANS = st.sampled_from([0, 1, 2, 5])
MASKS = st.one_of(st.none(), st.booleans())


@dataclass
class Lane:
    """One level of one pair: the window ends since something else was seen, as lists of what was seen when."""

    hold: int
    clear_after: int
    blank_ends: int | None
    past: list[tuple[int, Seen]] = field(default_factory=list)

    def span(self, kind: Seen, waits: int) -> int | None:
        """How long `kind` lasts now, over gaps of UNKNOWN no longer than `waits`; None: it does not."""
        if not self.past or self.past[-1][1] is not kind:
            return None
        began = now = self.past[-1][0]
        later = now
        gap_began = None
        for at, seen in reversed(self.past):
            if seen is UNKNOWN and kind is not UNKNOWN:
                gap_began = at
            elif seen is kind:
                if gap_began is not None and later - gap_began > waits:
                    break
                began, later, gap_began = at, at, None
            else:
                break
        return now - began

    def due(self, kind: Seen, waits: int) -> bool:
        lasted = self.span(kind, waits)
        return lasted is not None and lasted >= waits

    def left(self) -> bool:
        return self.due(OFF, self.clear_after) or (self.blank_ends is not None and self.due(UNKNOWN, self.blank_ends))


def plain_step(level: int, lanes: list[Lane], at: int, seen: list[Seen], is_open: bool, idle: bool) -> int:
    """One pair, one window end: the table of `Judge` in words."""
    for lane, now in zip(lanes, seen, strict=True):
        told = OFF if idle else now
        if not idle and is_open and now is not ON:
            if not lane.past:
                continue
            told = lane.past[-1][1]  # nothing changes: what was, goes on
        lane.past.append((at, told))
    found = 0
    for rank, lane in enumerate(lanes, 1):
        raised = lane.due(ON, lane.hold)
        if raised or (rank <= level and not lane.left()):
            found = rank
    if idle:
        return 0
    return max(found, level) if is_open else found


def row(values: list[int]) -> Int64:
    return np.array(values, dtype=np.int64)[:, None]


@settings(max_examples=300)
@given(
    st.lists(st.tuples(SPANS, SPANS, st.one_of(st.none(), SPANS)), min_size=LEVELS, max_size=LEVELS),
    st.lists(
        st.tuples(st.integers(1, 3), st.lists(st.sampled_from(Seen), min_size=LEVELS, max_size=LEVELS), MASKS, MASKS),
        max_size=25,
    ),
)
@pytest.mark.claim("WARN", "Hold, clear time, lost data, open windows and schedules act as a plain machine says")
def test_every_step_equals_the_plain_machine(
    waits: list[tuple[int, int, int | None]], history: list[tuple[int, list[Seen], bool | None, bool | None]]
) -> None:
    holds, clears, blanks = ([lane[n] for lane in waits] for n in range(3))
    judge = Judge(Terms(row(holds), row(clears), row([NEVER_MS if b is None else b for b in blanks])))
    lanes, state, at, expected = [Lane(*lane) for lane in waits], State.fresh(1), 100, 0
    for later, seen, is_open, idle in history:
        at += later
        masks = [None if flag is None else np.array([flag]) for flag in (is_open, idle)]
        judge.step(state, at, np.array(seen, dtype=np.uint8)[:, None], *masks)
        expected = plain_step(expected, lanes, at, seen, bool(is_open), bool(idle))
        assert state.level.tolist() == [expected]


def test_pairs_do_not_know_of_each_other() -> None:
    rng = np.random.default_rng(5)
    pairs, minutes = 40, 200
    waits = [rng.choice([0, 2, 5], (LEVELS, pairs)) for _ in range(3)]
    seen = rng.choice(4, (minutes, LEVELS, pairs), p=[0.3, 0.2, 0.4, 0.1]).astype(np.uint8)
    judge, together = Judge(Terms(*waits)), State.fresh(pairs)
    levels = np.array([judge.step(together, at, one).level.copy() for at, one in enumerate(seen, 1)])
    for pair in range(0, pairs, 7):
        alone, own = State.fresh(1), Judge(Terms(*(w[:, [pair]] for w in waits)))
        own_levels = [int(own.step(alone, at, one[:, [pair]]).level[0]) for at, one in enumerate(seen, 1)]
        assert levels[:, pair].tolist() == own_levels
    assert len(np.unique(levels)) == LEVELS + 1


@pytest.mark.parametrize(
    ("seen", "levels"),
    [
        ([ON, ON, ON, OFF, OFF, OFF], [0, 0, 1, 1, 1, 0]),  # held 2, cleared after 2
        ([ON, ON, BETWEEN, ON, ON, ON], [0, 0, 0, 0, 0, 1]),  # a dip begins the hold anew
        ([ON, ON, UNKNOWN, ON, OFF, UNKNOWN], [0, 0, 0, 1, 1, 1]),  # a short gap does not
        ([ON, UNKNOWN, UNKNOWN, UNKNOWN, ON, ON], [0, 0, 0, 0, 0, 0]),  # a long one does
    ],
)
def test_one_level_over_time(seen: list[Seen], levels: list[int]) -> None:
    ms = [np.array([[wait]] * LEVELS, dtype=np.int64) for wait in (2, 2, NEVER_MS)]
    judge, state, found = Judge(Terms(*ms)), State.fresh(1), []
    for at, one in enumerate(seen, 1):
        column = np.array([[one], [OFF], [OFF], [OFF]], dtype=np.uint8)
        found.append(int(judge.step(state, at, column).level[0]))
    assert found == levels


def test_lost_data_are_a_state_of_their_own() -> None:
    judge = Judge(Terms(*(np.full((LEVELS, 1), wait, dtype=np.int64) for wait in (0, 0, NEVER_MS))))
    state, after = State.fresh(1), np.array([3], dtype=np.int64)
    found = []
    for at, one in enumerate([ON, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, ON], 1):
        judge.step(state, at, np.array([[one], [OFF], [OFF], [OFF]], dtype=np.uint8))
        found.append((int(state.level[0]), bool(judge.lost(state, at, after)[0])))
    assert found == [(1, False), (1, False), (1, False), (1, False), (1, True), (1, False)]
