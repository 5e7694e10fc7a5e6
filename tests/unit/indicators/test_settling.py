"""After a reconnect a device settles: by the story of a power cut, and against taking its readings one by one."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_city import DEVICES, FEEDS, LATENESS_S, METRICS, MINUTE_MS, T0_MS

from core.declared import Feed
from core.records import PaneBatch, Quality, ReadingBatch, Stamp
from indicators.panes import PartitionFold
from indicators.settling import Settling

LATE_AFTER_MS = 1000 * FEEDS["gauge"].late_after_s
PRESSURE = METRICS | {"level": replace(METRICS["level"], zero_at_boot=True)}
Reading = tuple[str, str, int, float]


def settling_feeds(n: int, for_s: int) -> dict[str, Feed]:
    return FEEDS | {"gauge": replace(FEEDS["gauge"], settle_n=n, settle_for_s=for_s)}


def batch_of(readings: Sequence[Reading], quality: Quality = Quality.GOOD) -> ReadingBatch:
    names, metrics = (tuple(dict.fromkeys(r[i] for r in readings)) for i in (0, 1))
    return ReadingBatch(
        "gauge",
        Stamp.TEST,
        0,
        names,
        metrics,
        np.array([names.index(r[0]) for r in readings], dtype=np.int32),
        np.array([metrics.index(r[1]) for r in readings], dtype=np.uint16),
        np.array([r[2] for r in readings], dtype=np.int64),
        np.array([r[3] for r in readings]),
        np.full(len(readings), quality, np.uint16),
    )


def counted(batch: PaneBatch | None) -> dict[tuple[str, str, int], int]:
    assert batch is not None
    return {
        (batch.devices[d], batch.metrics[m], int(end_ms)): int(count)
        for d, m, end_ms, count in zip(batch.device, batch.metric, batch.pane_end_ms, batch.count, strict=True)
    }


def minutes(device: str, metric: str, values: Sequence[float], from_ms: int = T0_MS) -> list[Reading]:
    return [(device, metric, from_ms + i * MINUTE_MS, value) for i, value in enumerate(values)]


@pytest.mark.claim("ENGINE", "The first readings after a reconnect are kept, told as alive, and count for nothing")
def test_the_first_readings_after_a_power_cut_count_for_nothing() -> None:
    fold = PartitionFold(0, METRICS, settling_feeds(2, 0), DEVICES)
    fold.fold(batch_of(minutes("g1", "rain", [9.0, 9.0, 1.0, 1.0])))
    first = fold.tick(T0_MS + 3 * MINUTE_MS)
    assert [*counted(first).values()] == [0, 0, 1, 1]
    assert first is not None
    assert first.settling == {"g1": (T0_MS, T0_MS + MINUTE_MS)}
    assert np.isnan(first.last[:2]).all()
    assert (first.last_ms[:2] == [T0_MS, T0_MS + MINUTE_MS]).all()
    back_ms = T0_MS + 60 * MINUTE_MS
    fold.fold(batch_of(minutes("g1", "rain", [0.0, 0.0, 2.0], back_ms)))
    again = fold.tick(back_ms + 2 * MINUTE_MS)
    assert [*counted(again).values()] == [0, 0, 1]
    assert again is not None
    assert again.settling == {"g1": (back_ms, back_ms + MINUTE_MS)}


def test_a_device_settles_for_a_time() -> None:
    fold = PartitionFold(0, METRICS, settling_feeds(0, 90), DEVICES)
    fold.fold(batch_of(minutes("g1", "rain", [1.0, 1.0, 1.0, 1.0])))
    assert [*counted(fold.tick(T0_MS)).values()] == [0, 0, 1, 1]


def test_buffered_readings_of_before_the_reconnect_count() -> None:
    fold = PartitionFold(0, METRICS, settling_feeds(1, 0), DEVICES)
    fold.fold(batch_of(minutes("g1", "rain", [1.0, 1.0])))
    fold.tick(T0_MS)
    back_ms = T0_MS + 20 * MINUTE_MS
    fold.fold(batch_of(minutes("g1", "rain", [5.0], back_ms)))
    assert [*counted(fold.tick(back_ms)).values()] == [0]
    fold.fold(batch_of(minutes("g1", "rain", [2.0] * 18, T0_MS + 2 * MINUTE_MS)))
    assert set(counted(fold.tick(back_ms)).values()) == {1}


@pytest.mark.claim("ENGINE", "A metric that is zero at boot counts again as soon as it reads anything else")
def test_zero_at_boot_counts_for_nothing_and_only_at_boot() -> None:
    fold = PartitionFold(0, PRESSURE, FEEDS, DEVICES)
    fold.fold(batch_of([*minutes("g1", "level", [0.0, 0.0, 3.5, 0.0]), *minutes("g1", "rain", [0.0, 0.0, 0.0, 0.0])]))
    rows = counted(fold.tick(T0_MS + 3 * MINUTE_MS))
    assert [n for (_, metric, _), n in rows.items() if metric == "level"] == [0, 0, 1, 0]
    assert [n for (_, metric, _), n in rows.items() if metric == "rain"] == [1, 1, 1, 1]
    later = minutes("g1", "level", [3.0] * 8 + [0.0], T0_MS + 4 * MINUTE_MS)  # a burst main, long after the boot
    fold.fold(batch_of(later))
    assert set(counted(fold.tick(later[-1][2])).values()) == {1}


def test_what_its_decoder_knows_to_settle_counts_for_nothing() -> None:
    fold = PartitionFold(0, METRICS, FEEDS, DEVICES)
    fold.fold(batch_of(minutes("g1", "rain", [1.0]), Quality.SETTLING))
    assert [*counted(fold.tick(T0_MS)).values()] == [0]


def test_feeds_that_need_none_do_not_settle() -> None:
    fold = PartitionFold(0, METRICS, FEEDS, DEVICES)
    fold.fold(batch_of(minutes("g1", "level", [0.0])))
    assert [*counted(fold.tick(T0_MS)).values()] == [1]


def one_by_one(
    spans: Sequence[Sequence[tuple[int, int, bool]]], n: int, for_ms: int
) -> list[dict[tuple[int, int], bool]]:
    """What the docstring of settling says, for one reading after the other."""
    boot_ms = max(LATE_AFTER_MS, for_ms)
    heard: dict[int, int] = {}
    session: dict[int, tuple[int, int, int]] = {}  # since, how many settled, until
    verdicts = []
    for readings in spans:
        before, old = dict(heard), dict(session)
        verdict: dict[tuple[int, int], bool] = {}
        times = sorted({(device, at_ms) for device, at_ms, _ in readings})
        boots = {}
        for device, at_ms in times:
            if at_ms <= before.get(device, 0):
                since, _, until = old[device]
                verdict[device, at_ms] = since <= at_ms <= until
                boots[device, at_ms] = since <= at_ms < since + boot_ms
                continue
            if device not in heard or at_ms - heard[device] > LATE_AFTER_MS:
                session[device] = (at_ms, 0, 0)
            since, count, until = session[device]
            verdict[device, at_ms] = count < n or at_ms - since < for_ms
            boots[device, at_ms] = at_ms - since < boot_ms
            session[device] = (since, count + 1, at_ms if verdict[device, at_ms] else until)
            heard[device] = at_ms
        verdicts.append({(d, t): verdict[d, t] or (boots[d, t] and zero) for d, t, zero in readings})
    return verdicts


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 3), st.sampled_from((0, 45, 700)))
@pytest.mark.claim("ENGINE", "What settles is a function of the readings between two ticks, not of order or batches")
def test_settling_is_as_one_by_one_in_any_order_and_over_crashes(seed: int, n: int, for_s: int) -> None:
    rng = random.Random(seed)
    now_ms, spans = T0_MS, []
    for _ in range(rng.randrange(1, 10)):
        now_ms += rng.choice((30_000, 5 * MINUTE_MS, 30 * MINUTE_MS))
        moments = {
            (rng.randrange(4), now_ms - rng.choice((0, 1000, rng.randrange(1000 * LATENESS_S)))): rng.random() < 0.3
            for _ in range(rng.choice((0, 1, 4, 25)))
        }
        spans.append([(device, at_ms, zero) for (device, at_ms), zero in moments.items()])
    feed = replace(FEEDS["gauge"], settle_n=n, settle_for_s=for_s)
    settling = Settling(feed)
    for readings, expected in zip(spans, one_by_one(spans, n, 1000 * for_s), strict=True):
        shuffled = rng.sample(readings, len(readings))
        device, at_ms, zero = (np.array([r[i] for r in shuffled], dtype=t) for i, t in enumerate("qq?"))
        found = settling.judge(device, at_ms, zero)
        assert dict(zip([r[:2] for r in shuffled], found.tolist(), strict=True)) == expected
        if (chunk := settling.chunk()) and rng.random() < 0.3:
            settling = Settling(feed)
            settling.restore(chunk)
