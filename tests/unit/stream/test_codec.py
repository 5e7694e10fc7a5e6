"""Every streamed record comes back as it was, byte for byte and NaN for NaN."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from core.errors import UnreadableEntry
from core.records import (
    CityWarning,
    Event,
    Issuer,
    Level,
    PaneBatch,
    Phase,
    Place,
    ReadingBatch,
    Stamp,
    Status,
    Tick,
    ValueBatch,
    WarningPhase,
)
from stream import codec

names = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)
tables = st.lists(names, min_size=1, max_size=5).map(tuple)
times_ms = st.integers(0, 2**62)
numbers = st.floats(width=64)
amounts = st.integers(0, 2**31 - 1)


def column(dtype: Any, rows: int, **limits: Any) -> st.SearchStrategy[Any]:
    return hnp.arrays(dtype, rows, elements=hnp.from_dtype(np.dtype(dtype), **limits))


@st.composite
def readings(draw: st.DrawFn) -> ReadingBatch:
    rows, devices, metrics = draw(st.integers(0, 8)), draw(tables), draw(tables)
    return ReadingBatch(
        feed=draw(names),
        stamp=draw(st.sampled_from(Stamp)),
        received_ms=draw(times_ms),
        devices=devices,
        metrics=metrics,
        device=draw(column(np.int32, rows, min_value=0, max_value=len(devices) - 1)),
        metric=draw(column(np.uint16, rows, min_value=0, max_value=len(metrics) - 1)),
        event_ms=draw(column(np.int64, rows)),
        value=draw(column(np.float64, rows)),
        quality=draw(column(np.uint16, rows)),
    )


places = st.builds(Place, numbers, numbers, numbers, names)
events = st.builds(
    Event,
    id=names,
    feed=names,
    type=names,
    phase=st.sampled_from(Phase),
    device=names,
    began_ms=times_ms,
    told_ms=times_ms,
    ended_ms=st.none() | times_ms,
    stamp=st.sampled_from(Stamp),
    place=st.none() | places,
    confidence=st.none() | numbers,
    false_positive=st.booleans(),
    correlation_id=names,
    attributes=st.dictionaries(names, names | numbers | st.booleans(), max_size=3),
)
warnings = st.builds(
    CityWarning,
    id=names,
    rule=names,
    rule_version=names,
    indicator=names,
    subject=names,
    issuer=st.sampled_from(Issuer),
    phase=st.sampled_from(WarningPhase),
    level=st.sampled_from(Level),
    peak=st.sampled_from(Level),
    since_ms=times_ms,
    updated_ms=times_ms,
    ended_ms=st.none() | times_ms,
    decided_ms=times_ms,
    value=numbers,
    bound=numbers,
    unit=names,
    trend=st.sampled_from(["rising", "falling", "steady", "unknown"]),
    revision=amounts,
    stamp=st.sampled_from(Stamp),
    late=st.booleans(),
    facts=st.dictionaries(names, names | numbers | amounts | st.none() | st.lists(names, max_size=2), max_size=3),
)


@st.composite
def panes(draw: st.DrawFn) -> PaneBatch:
    rows, devices, metrics = draw(st.integers(0, 8)), draw(tables), draw(tables)
    return PaneBatch(
        partition=draw(st.integers(0, 63)),
        now_ms=draw(times_ms),
        received_ms=draw(times_ms),
        devices=devices,
        metrics=metrics,
        device=draw(column(np.int32, rows, min_value=0, max_value=len(devices) - 1)),
        metric=draw(column(np.uint16, rows, min_value=0, max_value=len(metrics) - 1)),
        pane_end_ms=draw(column(np.int64, rows)),
        count=draw(column(np.int64, rows)),
        total=draw(column(np.float64, rows)),
        low=draw(column(np.float64, rows)),
        high=draw(column(np.float64, rows)),
        last_ms=draw(column(np.int64, rows)),
        last=draw(column(np.float64, rows)),
        events=tuple(draw(st.lists(events, max_size=2))),
        event_counts=tuple(draw(st.lists(st.tuples(names, names, times_ms, amounts), max_size=2))),
        late=draw(amounts),
        doubled=draw(amounts),
        measures={name: draw(column(np.float64, rows)) for name in draw(st.lists(names, max_size=2))},
        sketches={
            name: tuple(draw(st.lists(st.binary(max_size=20), min_size=rows, max_size=rows)))
            for name in draw(st.lists(names, max_size=2))
        },
        settling=draw(st.dictionaries(names, st.tuples(times_ms, times_ms), max_size=2)),
        clock_s=draw(st.dictionaries(names, st.integers(-(2**31), 2**31), max_size=2)),
    )


@st.composite
def values(draw: st.DrawFn) -> ValueBatch:
    areas = tuple(draw(st.lists(names, max_size=6)))
    rows = len(areas)
    return ValueBatch(
        indicator=draw(names),
        version=draw(names),
        window_end_ms=draw(times_ms),
        decided_ms=draw(times_ms),
        areas=areas,
        value=draw(column(np.float64, rows)),
        reported=draw(column(np.int32, rows)),
        expected=draw(column(np.int32, rows)),
        newest_ms=draw(column(np.int64, rows)),
        status=draw(st.lists(st.sampled_from(Status), min_size=rows, max_size=rows).map(lambda s: np.array(s, "u1"))),
        detail=tuple(draw(st.lists(names, min_size=rows, max_size=rows))),
        beside={name: draw(column(np.float64, rows)) for name in draw(st.lists(names, max_size=3, unique=True))},
    )


def same(one: Any, other: Any) -> bool:
    """Equal in every field; arrays bit for bit, so that NaN equals NaN and 0.0 is not −0.0."""
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.tobytes() == other.tobytes()
    if isinstance(one, float):
        return repr(one) == repr(other)
    if isinstance(one, tuple | list):
        return type(one) is type(other) and len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if hasattr(one, "__dataclass_fields__"):
        return type(one) is type(other) and all(same(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    return type(one) is type(other) and bool(one == other)


@given(readings())
def test_readings(batch: ReadingBatch) -> None:
    assert same(codec.decode_readings(codec.encode_readings(batch)), batch)


@given(st.builds(Tick, times_ms, st.dictionaries(names, names, max_size=4)))
def test_ticks(tick: Tick) -> None:
    assert codec.decode_tick(codec.encode_tick(tick)) == tick


@given(st.lists(events, max_size=3))
def test_events(told: list[Event]) -> None:
    assert same(codec.decode_events(codec.encode_events(told)), told)


@given(panes())
def test_panes(batch: PaneBatch) -> None:
    assert same(codec.decode_panes(codec.encode_panes(batch)), batch)


@given(st.lists(values(), max_size=4))
def test_values(batches: list[ValueBatch]) -> None:
    assert same(codec.decode_values(codec.encode_values(batches)), batches)


@given(st.lists(warnings, max_size=3))
def test_warnings(told: list[CityWarning]) -> None:
    assert same(codec.decode_warnings(codec.encode_warnings(told)), told)


def one_batch() -> ReadingBatch:
    return ReadingBatch(
        feed="air",
        stamp=Stamp.LIVE,
        received_ms=1,
        devices=("a", "b"),
        metrics=("pm25",),
        device=np.array([0, 1, 0], np.int32),
        metric=np.zeros(3, np.uint16),
        event_ms=np.array([1, 2, 3], np.int64),
        value=np.array([1.0, 2.0, 3.0]),
        quality=np.zeros(3, np.uint16),
    )


def many(rows: int = 1_000) -> dict[str, Any]:
    """Columns as a city tells them, long enough to be narrowed."""
    row = np.arange(rows)
    event_ms = 1_795_305_600_000 + 977 * row % 60_000
    return {"device": (row % 200).astype(np.int32), "metric": np.zeros(rows, np.uint16), "event_ms": event_ms}


def test_long_columns_of_readings_are_narrow_and_come_back_to_the_bit() -> None:
    columns = many() | {"value": np.round(np.linspace(-3, 40, 1_000), 1) + 0.0, "quality": np.zeros(1_000, np.uint16)}
    batch = ReadingBatch("air", Stamp.LIVE, 1, tuple(f"d{n}" for n in range(200)), ("pm25",), **columns)
    entry = codec.encode_readings(batch)
    assert same(codec.decode_readings(entry), batch)
    assert {name: len(entry[name.encode()]) // 1_000 for name in codec.READING_COLUMNS} == {
        **dict.fromkeys(("device", "metric", "quality"), 1),
        **dict.fromkeys(("event_ms", "value"), 2),
    }
    with pytest.raises(UnreadableEntry, match="different lengths"):
        codec.decode_readings(entry | {b"value": entry[b"value"][:-2]})


def test_long_columns_of_panes_are_narrow_and_come_back_to_the_bit() -> None:
    columns = many()
    last_ms, unknown = columns.pop("event_ms"), np.full(1_000, np.nan)
    told = np.round(np.linspace(0, 9, 1_000), 2)
    whole = {"pane_end_ms": -(-last_ms // 60_000) * 60_000, "count": np.arange(1_000) % 7, "last_ms": last_ms}
    real = {"total": told * 3.7, "low": told, "high": unknown, "last": told}
    names = {"devices": tuple(f"d{n}" for n in range(200)), "metrics": ("pm25",)}
    batch = PaneBatch(0, 1, 2, **names, **columns, **whole, **real, measures={"first": told, "sum": unknown})
    entry = codec.encode_panes(batch)
    assert same(codec.decode_panes(entry), batch)
    lengths = {name: len(column) // 1_000 for name, column in entry.items() if name not in (b"k", b"h")}
    assert [name for name, length in lengths.items() if length == 8] == [b"total", b"high", b"m:sum"]


def test_columns_are_read_without_a_copy() -> None:
    entry = codec.encode_readings(one_batch())
    value = codec.decode_readings(entry).value
    assert not value.flags.owndata
    assert not value.flags.writeable
    assert np.shares_memory(value, np.frombuffer(entry[b"value"], "<f8"))


def test_columns_of_another_width_are_written_in_ours() -> None:
    batch = one_batch()
    wide = replace(batch, device=batch.device.astype(np.int64), value=batch.value.astype(">f8")[::1])  # type: ignore[arg-type]
    assert codec.encode_readings(wide) == codec.encode_readings(batch)


def test_another_version_is_a_clear_error() -> None:
    entry = codec.encode_tick(Tick(1, {}))
    entry[b"h"] = msgspec.msgpack.encode((2, {"now_ms": 1, "upto": {}, "new": True}))
    with pytest.raises(UnreadableEntry, match="written in version 2; this program reads version 1"):
        codec.decode_tick(entry)


def without(name: bytes) -> dict[bytes, bytes]:
    return {key: value for key, value in codec.encode_readings(one_batch()).items() if key != name}


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (codec.encode_tick(Tick(1, {})), "expected an entry of kind b'r'"),
        ({}, "expected an entry of kind b'r', found None"),
        (without(b"h"), "header"),
        (without(b"value"), "value"),
        (codec.encode_readings(one_batch()) | {b"h": b"\xc1"}, "header"),
        (codec.encode_readings(one_batch()) | {b"value": b"1234567"}, "column"),
        (codec.encode_readings(one_batch()) | {b"value": b"12345678"}, "different lengths"),
    ],
)
def test_a_damaged_entry_is_a_clear_error(entry: dict[bytes, bytes], words: str) -> None:
    with pytest.raises(UnreadableEntry, match=words):
        codec.decode_readings(entry)


@pytest.mark.parametrize("column", ["device", "metric"])
@pytest.mark.parametrize("row", [1, -1])
def test_a_row_that_points_at_no_name_is_refused(column: str, row: int) -> None:
    batch = one_batch()
    names, column_of = codec.READING_COLUMNS[column], getattr(batch, column).astype(np.int64)
    column_of[-1] = row * len(batch.devices if column == "device" else batch.metrics)
    entry = codec.encode_readings(batch) | {column.encode(): column_of.astype(names).tobytes()}
    with pytest.raises(UnreadableEntry, match="points at name"):
        codec.decode_readings(entry)


def test_values_whose_rows_do_not_add_up_are_refused() -> None:
    batch = ValueBatch(
        indicator="i",
        version="1",
        window_end_ms=1,
        decided_ms=1,
        areas=("a", "b"),
        value=np.zeros(2),
        reported=np.zeros(2, np.int32),
        expected=np.zeros(2, np.int32),
        newest_ms=np.zeros(2, np.int64),
        status=np.zeros(2, np.uint8),
        detail=("", ""),
    )
    entry = codec.encode_values([batch])
    entry[b"h"] = codec.encode_values([replace(batch, areas=("a",))])[b"h"]
    with pytest.raises(UnreadableEntry, match="names 1 areas and 0 values beside; the columns hold 2 rows"):
        codec.decode_values(entry)
    cut = codec.encode_values([replace(batch, beside={"forecast": np.zeros(2)})])
    cut[b"beside"] = cut[b"beside"][:-1]
    with pytest.raises(UnreadableEntry, match="2 values beside; the columns hold 2 rows, and 15 bytes beside"):
        codec.decode_values(cut)


def one_pane() -> PaneBatch:
    whole, real = np.ones(1, np.int64), np.ones(1)
    index = {"device": np.zeros(1, np.int32), "metric": np.zeros(1, np.uint16), "pane_end_ms": whole, "count": whole}
    return PaneBatch(0, 1, 2, ("a",), ("pm25",), **index, total=real, low=real, high=real, last_ms=whole, last=real)


def test_panes_written_before_there_were_measures_are_read() -> None:
    entry = codec.encode_panes(one_pane())
    version, header = msgspec.msgpack.decode(entry[b"h"])
    entry[b"h"] = msgspec.msgpack.encode((version, header[:-5]))
    assert same(codec.decode_panes(entry), one_pane())


@pytest.mark.parametrize("sketches", [b"", b"\xc1", msgspec.msgpack.encode([b"", b""])])
def test_sketches_that_do_not_fit_their_rows_are_refused(sketches: bytes) -> None:
    entry = codec.encode_panes(replace(one_pane(), sketches={"quantiles": (b"12345678",)}))
    with pytest.raises(UnreadableEntry, match="sketches"):
        codec.decode_panes(entry | {b"s:quantiles": sketches})
