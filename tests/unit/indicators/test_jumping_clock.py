"""City time that jumps over many windows at once, as in a fast replay: what was heard is valued all the same."""

import numpy as np
from small_city import AREAS, DEVICES, FEEDS, METRICS, MINUTE_MS, T0_MS, indicator

from core.records import DAY_MS, HOUR_MS, Event, Phase, ReadingBatch, Stamp
from indicators.city import CityFold
from indicators.definition import Aggregate, RollUp
from indicators.panes import PartitionFold

RAIN = indicator("rain", ("rain",), 600, Aggregate.SUM, RollUp.MEAN, settle_s=0)  # 10 min, every 5
VIDEO = indicator("video", (), 600, Aggregate.COUNT, RollUp.SUM, event_types=("video.*",), settle_s=0)
# Told every six hours, so that hearings are kept for longer than the counts of video events.
ONLINE = indicator("online", (), 600, Aggregate.REPORTING, RollUp.SHARE, slide_s=21_600)
JUMP_MS = 3 * DAY_MS


def rain_at(*times_ms: int) -> ReadingBatch:
    n = len(times_ms)
    device, metric, quality = np.zeros(n, np.int32), np.zeros(n, np.uint16), np.zeros(n, np.uint16)
    event_ms, value = np.array(times_ms), np.arange(1.0, n + 1)
    return ReadingBatch("gauge", Stamp.TEST, 0, ("g1",), ("rain",), device, metric, event_ms, value, quality)


def values_after(told_at_ms: int) -> dict[int, float]:
    """Three readings over three days, told at one tick; then the clock jumps to the end."""
    partition, city = PartitionFold(0, METRICS, FEEDS), CityFold({RAIN.id: RAIN}, DEVICES, AREAS, FEEDS, {})
    city.tick(T0_MS)
    partition.fold(rain_at(T0_MS + MINUTE_MS, T0_MS + DAY_MS + MINUTE_MS, T0_MS + 3 * DAY_MS - MINUTE_MS))
    panes = partition.tick(told_at_ms)
    assert panes is not None
    city.fold(panes)
    batches = [*city.tick(told_at_ms), *city.tick(T0_MS + JUMP_MS)]
    return {b.window_end_ms - T0_MS: float(b.value[b.areas.index("g1")]) for b in batches if "g1" in b.areas}


def test_windows_that_are_passed_over_are_valued_where_they_hold_a_reading() -> None:
    minute, day = MINUTE_MS, DAY_MS
    for told_at_ms in (T0_MS, T0_MS + JUMP_MS):  # ahead of the clock, or by the tick that jumps
        values = values_after(told_at_ms)
        known = {end_ms: value for end_ms, value in values.items() if not np.isnan(value)}
        assert known == {
            5 * minute: 1.0,
            10 * minute: 1.0,
            day + 5 * minute: 2.0,
            day + 10 * minute: 2.0,
            3 * day: 3.0,
        }
        assert min(end_ms for end_ms in values if end_ms > day + 10 * minute) == 2 * day, (
            "a day is caught up, not three"
        )


def test_what_is_told_again_of_a_forgotten_time_does_not_change_its_count() -> None:
    """An event without an end is presumed over after the jump; the counts of its windows are forgotten by then."""
    partition = PartitionFold(0, METRICS, FEEDS)
    city = CityFold({i.id: i for i in (VIDEO, ONLINE)}, DEVICES, AREAS, FEEDS, {})
    counts: dict[int, float] = {}

    def tick(now_ms: int) -> None:
        for batch in city.tick(now_ms):
            if batch.indicator == VIDEO.id:
                counts[batch.window_end_ms - T0_MS] = float(batch.value[batch.areas.index("440900")])

    def tell(now_ms: int) -> None:
        panes = partition.tick(now_ms)
        assert panes is not None and panes.events
        city.fold(panes)

    facts = {"feed": "camera", "type": "video.person", "device": "c1", "stamp": Stamp.TEST, "ended_ms": None}
    partition.fold_events([Event(id="e", phase=Phase.NEW, began_ms=T0_MS, told_ms=T0_MS + MINUTE_MS, **facts)])
    later_ms = T0_MS + 3 * HOUR_MS
    tell(T0_MS + MINUTE_MS)
    tick(T0_MS + MINUTE_MS)
    tick(later_ms)
    tell(later_ms)
    tick(later_ms + MINUTE_MS)
    assert [counts[end_ms] for end_ms in (0, 5 * MINUTE_MS, 10 * MINUTE_MS)] == [1.0, 1.0, 0.0]
