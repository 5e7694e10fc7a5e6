"""A disturbed timeline holds the same messages; what changes is when and how often they are sent."""

from collections import Counter

import pytest

from simulator.message import reading
from simulator.replay.disturbance import Disturbance, disturbed

STATIONS, HOURS = 6, 500
MESSAGES = [
    reading("air", f"s{s}", h * 3_600_000, {"pm25": h + s}) for h in range(1, HOURS + 1) for s in range(STATIONS)
]


def keys(messages):
    return [(m.device, m.event_ms) for m in messages]


def test_nothing_asked_nothing_changed():
    assert list(disturbed(MESSAGES, Disturbance())) == MESSAGES


def test_shares_and_order_are_as_asked():
    how = Disturbance(doubled=0.05, late=0.10, late_by_ms=3 * 3_600_000, shuffled=True, seed=3)
    sent = list(disturbed(MESSAGES, how))
    told = Counter(keys(sent))
    assert set(told) == set(keys(MESSAGES))
    assert 0.035 < sum(count == 2 for count in told.values()) / len(MESSAGES) < 0.065
    assert max(told.values()) == 2
    first = {}
    for message in sent:
        first.setdefault((message.device, message.event_ms), message.send_ms)
    late = [send_ms - event_ms for (_, event_ms), send_ms in first.items() if send_ms > event_ms]
    assert 0.08 < len(late) / len(MESSAGES) < 0.12
    assert max(late) < how.late_by_ms
    assert [m.send_ms for m in sent] == sorted(m.send_ms for m in sent)
    assert keys(sent) != sorted(keys(sent), key=keys(sent).index) or sent != MESSAGES


@pytest.mark.parametrize("seed", [1, 2])
def test_the_seed_decides(seed):
    how = Disturbance(doubled=0.1, late=0.1, shuffled=True, seed=seed)
    assert list(disturbed(MESSAGES, how)) == list(disturbed(MESSAGES, how))
    other = Disturbance(doubled=0.1, late=0.1, shuffled=True, seed=seed + 1)
    assert list(disturbed(MESSAGES, how)) != list(disturbed(MESSAGES, other))
