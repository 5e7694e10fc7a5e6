"""Events by id against an independent fold, and their way into a count."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_city import AREAS, DEVICES, FEEDS, LATENESS_S, METRICS, MINUTE_MS, T0_MS, indicator

from core.records import Event, Phase, Stamp, Status
from indicators.city import CityFold
from indicators.definition import Aggregate, RollUp
from indicators.events import PRESUMED_END, PRESUMED_OVER_AFTER_MS, EventFold, EventState
from indicators.panes import PartitionFold

VIDEO_EVENTS = indicator("video", (), 600, Aggregate.COUNT, RollUp.SUM, event_types=("video.*",), settle_s=0)


def telling(event_id: str, phase: Phase, began_ms: int, told_ms: int, **more: object) -> Event:
    ended_ms = told_ms if phase is Phase.END else None
    facts = {"device": "c1", "type": "video.person", "feed": "camera", "stamp": Stamp.TEST} | more
    return Event(id=event_id, phase=phase, began_ms=began_ms, told_ms=told_ms, ended_ms=ended_ms, **facts)


def thousand_events(rng: random.Random) -> list[Event]:
    """1,000 events of two cameras: new, some updates, an end but for a tenth; a tenth taken back at the end."""
    told = []
    for number in range(1000):
        began_ms = T0_MS + rng.randrange(20 * MINUTE_MS)
        facts = {"device": rng.choice(("c1", "c2")), "type": rng.choice(("video.person", "video.car"))}
        at_ms = began_ms
        told.append(telling(f"e{number}", Phase.NEW, began_ms, at_ms, **facts))
        for _ in range(rng.randrange(4)):
            at_ms += rng.randrange(1, 20_000)
            began_ms -= rng.choice((0, 0, 300))  # an analyser may find out later that it began earlier
            told.append(telling(f"e{number}", Phase.UPDATE, began_ms, at_ms, confidence=rng.random(), **facts))
        if number % 10:
            at_ms += rng.randrange(1, 20_000)
            told.append(telling(f"e{number}", Phase.END, began_ms, at_ms, false_positive=number % 10 == 1, **facts))
    return told


def independent_fold(told: Sequence[Event]) -> dict[str, tuple[int, int | None, bool]]:
    """id → (began, ended, taken back), by sorting; an end that never came is presumed at the last telling."""
    folded = {}
    for event_id in {e.id for e in told}:
        mine = sorted((e for e in told if e.id == event_id), key=lambda e: e.told_ms)
        ended = [e for e in mine if e.phase is Phase.END]
        taken_back = bool(ended) and ended[-1].false_positive
        folded[event_id] = (min(e.began_ms for e in mine), mine[-1].told_ms, taken_back)
    return folded


@pytest.mark.claim(
    "PULSE", "1,000 video events shuffled, doubled, a tenth without an end: equal to an independent fold"
)
@pytest.mark.parametrize("seed", range(3))
def test_a_thousand_events_equal_an_independent_fold(seed: int) -> None:
    rng = random.Random(seed)
    told = thousand_events(rng)
    arriving = told + rng.sample(told, len(told) // 2)
    rng.shuffle(arriving)
    partition = PartitionFold(0, METRICS, FEEDS)
    city = CityFold({VIDEO_EVENTS.id: VIDEO_EVENTS}, DEVICES, AREAS, FEEDS, {})
    events: dict[str, Event] = {}
    counted: dict[tuple[str, int], float] = {}
    now_ms = T0_MS + 20 * MINUTE_MS
    for start in range(0, len(arriving), 97):
        partition.fold_events(arriving[start : start + 97])
        now_ms += 5_000
        _tick(partition, city, now_ms, events, counted)
    _tick(partition, city, now_ms + PRESUMED_OVER_AFTER_MS + MINUTE_MS, events, counted)

    expected = independent_fold(told)
    assert len(events) == 1000
    assert {e.id: (e.began_ms, e.ended_ms, e.false_positive) for e in events.values()} == expected
    assert sum(PRESUMED_END in e.attributes for e in events.values()) == 100
    per_window = Counter(
        -(-began_ms // (5 * MINUTE_MS)) * 5 * MINUTE_MS
        for began_ms, _, taken_back in expected.values()
        if not taken_back
    )
    for end_ms in range(T0_MS + 10 * MINUTE_MS, T0_MS + 25 * MINUTE_MS + 1, 5 * MINUTE_MS):
        assert counted["440900", end_ms] == per_window[end_ms] + per_window[end_ms - 5 * MINUTE_MS]
    assert per_window.total() == 900


def _tick(
    partition: PartitionFold,
    city: CityFold,
    now_ms: int,
    events: dict[str, Event],
    counted: dict[tuple[str, int], float],
) -> None:
    panes = partition.tick(now_ms)
    if panes is not None:
        assert panes.late == 0
        events.update({event.id: event for event in panes.events})
        city.fold(panes)
    for batch in city.tick(now_ms):
        assert all(status != Status.OPEN for status in batch.status)
        counted.update(
            {(area, batch.window_end_ms): float(v) for area, v in zip(batch.areas, batch.value, strict=True)}
        )


@given(st.permutations(range(6)), st.integers(0, 2**16))
def test_merging_does_not_depend_on_order(order: list[int], seed: int) -> None:
    rng = random.Random(seed)
    told = [
        telling(
            "e", rng.choice(list(Phase)), T0_MS + rng.randrange(5), T0_MS + rng.randrange(5), confidence=rng.random()
        )
        for _ in order
    ]
    states = [EventState.of(event) for event in told]
    straight, shuffled = states[0], states[order[0]]
    for at, row in enumerate(order):
        straight, shuffled = straight.merged(states[at]), shuffled.merged(states[row]).merged(states[row])
    assert straight == shuffled


@settings(max_examples=30)
@given(st.integers(0, 2**16), st.integers(1, 40))
def test_a_restored_fold_goes_on_like_one_that_was_never_stopped(seed: int, stop_at: int) -> None:
    rng = random.Random(seed)
    told = rng.sample(thousand_events(rng), 60)
    whole, other = (EventFold({"camera": LATENESS_S * 1000}) for _ in range(2))
    chunks: dict[bytes, bytes] = {}
    for at, event in enumerate(told):
        now_ms = T0_MS + at * 30_000
        whole.fold([event])
        other.fold([event])
        assert whole.tick(now_ms) == other.tick(now_ms)
        if at % stop_at == 0:
            for key, chunk in other.dirty().items():
                chunks.pop(key, None)
                if chunk is not None:
                    chunks[key] = chunk
            other = EventFold({"camera": LATENESS_S * 1000})
            other.restore(chunks, now_ms)
    assert whole.take_late() == 0


def test_a_count_is_unknown_while_no_camera_reports_and_zero_while_one_does() -> None:
    city = CityFold({VIDEO_EVENTS.id: VIDEO_EVENTS}, DEVICES, AREAS, FEEDS, {})
    (before,) = city.tick(T0_MS)
    assert set(before.status.tolist()) == {Status.UNKNOWN}
    partition = PartitionFold(0, METRICS, FEEDS)
    event = telling("e", Phase.NEW, T0_MS + 1000, T0_MS + 1000)
    partition.fold_events([event, replace(event, phase=Phase.END, told_ms=event.told_ms + 1, false_positive=True)])
    panes = partition.tick(T0_MS + 2000)
    assert panes is not None
    city.fold(panes)
    (after,) = city.tick(T0_MS + 5 * MINUTE_MS)
    shown = dict(zip(after.areas, zip(after.value.tolist(), after.reported.tolist(), strict=True), strict=True))
    assert shown["440981"] == (0.0, 1)  # its camera spoke, and took the event back
    assert shown["440902"][1] == 0


def test_a_telling_beyond_the_lateness_is_counted_and_left_out() -> None:
    fold = EventFold({"camera": LATENESS_S * 1000})
    fold.tick(T0_MS)
    fold.fold([telling("e", Phase.NEW, T0_MS, T0_MS - LATENESS_S * 1000 - 1)])
    assert fold.tick(T0_MS + 1).events == () and fold.take_late() == 1
