"""Names that anybody can invent: a bounded number is taken in, and what is declared is never among those left out."""

from __future__ import annotations

import numpy as np
import pytest
from small_city import AREAS, DEVICES, FEEDS, METRICS, MINUTE_MS, T0_MS, indicator

from core.records import Event, PaneBatch, Phase, Quality, ReadingBatch, Stamp
from indicators import panes
from indicators.city import CityFold
from indicators.definition import Aggregate, RollUp
from indicators.names import NO_ROOM, Names
from indicators.panes import PartitionFold


@pytest.fixture(autouse=True)
def little_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panes, "UNDECLARED_DEVICES", 3)
    monkeypatch.setattr(panes, "UNKNOWN_METRICS", 2)


def one_each(devices: list[str], metrics: list[str]) -> ReadingBatch:
    rows = len(devices)
    return ReadingBatch(
        "gauge",
        Stamp.TEST,
        1,
        tuple(devices),
        tuple(metrics),
        np.arange(rows, dtype=np.int32),
        np.arange(rows, dtype=np.uint16),
        np.full(rows, T0_MS),
        np.ones(rows),
        np.full(rows, Quality.GOOD, np.uint16),
    )


def told(fold: PartitionFold) -> tuple[set[tuple[str, str]], int]:
    batch = fold.tick(T0_MS)
    assert isinstance(batch, PaneBatch)
    pairs = zip(batch.device.tolist(), batch.metric.tolist(), strict=True)
    return {(batch.devices[device], batch.metrics[metric]) for device, metric in pairs}, batch.crowded


def test_declared_names_have_a_number_and_of_others_the_first() -> None:
    names = Names({"a", "b"}, 2)
    assert [names.number(name) for name in ("x", "a", "y", "z", "b", "x")] == [0, 1, 2, NO_ROOM, 3, 0]
    again = Names({"a", "b"}, 2, names.all)
    assert again.all == names.all == ["x", "a", "y", "b"]
    assert (again.number("z"), again.number("y")) == (NO_ROOM, 2)


def test_readings_under_too_many_invented_names_are_counted_and_left_out() -> None:
    fold = PartitionFold(0, METRICS, FEEDS, DEVICES)
    invented = [f"d{number}" for number in range(10)]
    for name in invented:
        fold.fold(one_each([name], ["rain"]))
    fold.fold(one_each(["g1"], ["rain"]))
    assert told(fold) == ({("d0", "rain"), ("d1", "rain"), ("d2", "rain"), ("g1", "rain")}, 7)
    fold.fold(one_each(["g1", "g2", "g1", "g2"], ["m1", "m2", "m3", "noise"]))
    assert told(fold) == ({("g1", "m1"), ("g2", "m2"), ("g2", "noise")}, 1)


def test_the_room_is_as_small_after_a_crash() -> None:
    fold = PartitionFold(0, METRICS, FEEDS, DEVICES)
    fold.fold(one_each(["d0", "d1"], ["m0", "m1"]))
    fold.tick(T0_MS)
    other = PartitionFold(0, METRICS, FEEDS, DEVICES)
    other.restore({name: chunk for name, chunk in fold.dirty().items() if chunk is not None})
    for name in ("d2", "d3", "g1"):
        other.fold(one_each([name], ["rain"]))
    other.fold(one_each(["g1"], ["m2"]))
    assert told(other) == ({("d2", "rain"), ("g1", "rain")}, 2)


def test_invented_types_of_events_are_forgotten_with_their_counts() -> None:
    counted = indicator("video", (), 3600, Aggregate.COUNT, RollUp.SUM, event_types=("video.*",))
    city = CityFold({"video": counted}, DEVICES, AREAS, FEEDS, {})
    partition = PartitionFold(0, METRICS, FEEDS, DEVICES)
    for number in range(50):
        kind = f"video.{number}" if number % 2 else f"other.{number}"
        partition.fold_events([Event(f"e{number}", "camera", kind, Phase.NEW, "c1", T0_MS, T0_MS, None, Stamp.TEST)])
    batch = partition.tick(T0_MS)
    assert batch is not None
    city.fold(batch)
    city.tick(T0_MS)
    city.dirty()
    assert len(city._inputs.events) == 25
    city.tick(T0_MS + 24 * 60 * MINUTE_MS)
    dropped = city.dirty()
    assert sum(name.startswith(b"event:") and chunk is None for name, chunk in dropped.items()) == 25
    assert not city._inputs.events
