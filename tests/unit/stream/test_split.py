"""A flush goes to the partitions of its devices: no row lost, none twice, order kept."""

from __future__ import annotations

import zlib
from collections import defaultdict

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.records import ReadingBatch, Stamp
from stream.appender import split
from stream.entries import order

Row = tuple[str, str, int, float, int]


@st.composite
def rows(draw: st.DrawFn) -> list[Row]:
    devices = st.sampled_from([f"dev-{number}" for number in range(9)])
    row = st.tuples(devices, st.sampled_from(["pm25", "o3"]), st.integers(0, 99), st.floats(-9, 9), st.integers(0, 31))
    return draw(st.lists(row, min_size=1, max_size=30))


def batch_of(rows: list[Row]) -> ReadingBatch:
    devices, metrics = sorted({row[0] for row in rows}), sorted({row[1] for row in rows})
    return ReadingBatch(
        feed="air",
        stamp=Stamp.DEMO,
        received_ms=5,
        devices=tuple(devices),
        metrics=tuple(metrics),
        device=np.array([devices.index(row[0]) for row in rows], np.int32),
        metric=np.array([metrics.index(row[1]) for row in rows], np.uint16),
        event_ms=np.array([row[2] for row in rows], np.int64),
        value=np.array([row[3] for row in rows]),
        quality=np.array([row[4] for row in rows], np.uint16),
    )


def rows_of(batch: ReadingBatch) -> list[Row]:
    return [
        (batch.devices[d], batch.metrics[m], int(t), float(v), int(q))
        for d, m, t, v, q in zip(batch.device, batch.metric, batch.event_ms, batch.value, batch.quality, strict=True)
    ]


@given(rows(), st.integers(1, 5))
def test_each_partition_gets_the_rows_of_its_devices_in_order(told: list[Row], partitions: int) -> None:
    expected: dict[int, list[Row]] = defaultdict(list)
    for row in told:
        expected[zlib.crc32(row[0].encode()) % partitions].append(row)
    parts = list(split(batch_of(told), partitions))
    assert {partition: rows_of(part) for partition, part in parts} == expected
    assert [partition for partition, _ in parts] == sorted(expected)
    for _, part in parts:
        assert set(part.devices) == {row[0] for row in rows_of(part)}
        assert part.device.dtype == np.int32
        assert (part.feed, part.stamp, part.received_ms) == ("air", Stamp.DEMO, 5)


def test_a_table_may_name_devices_without_rows() -> None:
    batch = batch_of([("dev-1", "pm25", 1, 1.0, 0)])
    idle = ReadingBatch(
        batch.feed,
        batch.stamp,
        batch.received_ms,
        ("idle", *batch.devices),
        batch.metrics,
        batch.device + np.int32(1),
        batch.metric,
        batch.event_ms,
        batch.value,
        batch.quality,
    )
    assert [row for _, part in split(idle, 4) for row in rows_of(part)] == rows_of(batch)


@given(st.lists(st.tuples(st.integers(0, 2**53), st.integers(0, 99))))
def test_ids_are_ordered_as_numbers(ids: list[tuple[int, int]]) -> None:
    assert sorted((f"{ms}-{sequence}" for ms, sequence in ids), key=order) == [f"{a}-{b}" for a, b in sorted(ids)]
