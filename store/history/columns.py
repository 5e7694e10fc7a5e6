"""What the files hold, column by column, and how records become tables."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from core.records import Event, Float64, Int64, ReadingBatch, ValueBatch

VALUES, READINGS, EVENTS = "values", "readings", "events"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of files: its columns, the column of time, and what its rows are sorted by."""

    name: str
    schema: pa.Schema
    time: str
    sort: tuple[str, ...]

    @property
    def texts(self) -> list[str]:
        """The columns that are names, written as dictionaries."""
        return [field.name for field in self.schema if pa.types.is_string(field.type)]


# written_ms: real time of the decision; of two rows of one window the one written later counts. run: "" when decided
# live, else the run of `compute`. version: of the indicator's definition.
_VALUE = pa.schema(
    {
        "indicator": pa.string(),
        "area": pa.string(),
        "end_ms": pa.int64(),
        "value": pa.float64(),
        "status": pa.uint8(),
        "reported": pa.int32(),
        "expected": pa.int32(),
        "newest_ms": pa.int64(),
        "decided_ms": pa.int64(),
        "written_ms": pa.int64(),
        "version": pa.string(),
        "detail": pa.string(),
        "run": pa.string(),
        "imported": pa.bool_(),
    }
)
_READING = pa.schema(
    {
        "feed": pa.string(),
        "device": pa.string(),
        "metric": pa.string(),
        "event_ms": pa.int64(),
        "value": pa.float64(),
        "quality": pa.uint16(),
        "received_ms": pa.int64(),
        "imported": pa.bool_(),
    }
)
_EVENT = pa.schema(
    {
        "told_ms": pa.int64(),
        "id": pa.string(),
        "type": pa.string(),
        "device": pa.string(),
        "received_ms": pa.int64(),
        "record": pa.binary(),  # msgpack of `core.records.Event`
    }
)
# A thinned row stands for `windows` of them: value is the mean of the known ones, low and high their extremes.
THINNED = [("low", pa.float64()), ("high", pa.float64()), ("windows", pa.int32())]

# What stands beside a value (`indicators/beside.py`); in a file where a value has it, NaN where another has none.
BESIDE = [(name, pa.float64()) for name in ("baseline", "baseline_low", "baseline_high", "forecast", "trend_per_h")]
BESIDE_NAMES = tuple(name for name, _ in BESIDE)

KINDS = {
    VALUES: Kind(VALUES, _VALUE, "end_ms", ("indicator", "area", "end_ms", "written_ms")),
    READINGS: Kind(READINGS, _READING, "event_ms", ("metric", "device", "event_ms")),
    EVENTS: Kind(EVENTS, _EVENT, "told_ms", ("told_ms",)),
}


def values_table(told: Sequence[tuple[int, ValueBatch]], run: str = "", imported: bool = False) -> pa.Table:
    """Values as rows. told: (real time of the decision, ms UTC; the values), in the order of the decisions."""
    batches = [batch for _, batch in told]
    lengths = [len(batch) for batch in batches]
    rows = sum(lengths)
    columns: dict[str, Any] = {
        "indicator": _repeated([batch.indicator for batch in batches], lengths),
        "area": _names(area for batch in batches for area in batch.areas),
        "end_ms": np.repeat(np.array([batch.window_end_ms for batch in batches], np.int64), lengths),
        "value": _joined([batch.value for batch in batches], np.float64),
        "status": _joined([batch.status for batch in batches], np.uint8),
        "reported": _joined([batch.reported for batch in batches], np.int32),
        "expected": _joined([batch.expected for batch in batches], np.int32),
        "newest_ms": _joined([batch.newest_ms for batch in batches], np.int64),
        "decided_ms": np.repeat(np.array([batch.decided_ms for batch in batches], np.int64), lengths),
        "written_ms": np.repeat(np.array([written_ms for written_ms, _ in told], np.int64), lengths),
        "version": _repeated([batch.version for batch in batches], lengths),
        "detail": _names(detail for batch in batches for detail in batch.detail),
        "run": pa.repeat(run, rows),
        "imported": np.full(rows, imported),
    }
    names = [name for name in BESIDE_NAMES if any(name in batch.beside for batch in batches)]
    columns |= {name: _joined([_beside(batch, name) for batch in batches], np.float64) for name in names}
    return _table(columns, pa.schema([*_VALUE, *((name, pa.float64()) for name in names)]))


def _beside(batch: ValueBatch, name: str) -> Float64:
    return batch.beside[name] if name in batch.beside else np.full(len(batch), np.nan)


def readings_table(batches: Sequence[ReadingBatch], imported: bool = False) -> pa.Table:
    """Raw readings as rows, in the order they came."""
    lengths = [len(batch) for batch in batches]
    columns: dict[str, Any] = {
        "feed": _repeated([batch.feed for batch in batches], lengths),
        "device": _named([(batch.devices, batch.device) for batch in batches]),
        "metric": _named([(batch.metrics, batch.metric) for batch in batches]),
        "event_ms": _joined([batch.event_ms for batch in batches], np.int64),
        "value": _joined([batch.value for batch in batches], np.float64),
        "quality": _joined([batch.quality for batch in batches], np.uint16),
        "received_ms": np.repeat(np.array([batch.received_ms for batch in batches], np.int64), lengths),
        "imported": np.full(sum(lengths), imported),
    }
    return _table(columns, _READING)


def events_table(told: Sequence[tuple[int, Event]]) -> pa.Table:
    """Tellings of events as rows. told: (real time at which it came, ms UTC; the telling)."""
    columns: dict[str, Any] = {
        "told_ms": np.array([event.told_ms for _, event in told], np.int64),
        "id": [event.id for _, event in told],
        "type": [event.type for _, event in told],
        "device": [event.device for _, event in told],
        "received_ms": np.array([received_ms for received_ms, _ in told], np.int64),
        "record": [msgspec.msgpack.encode(event) for _, event in told],
    }
    return _table(columns, _EVENT)


def event_of(record: bytes) -> Event:
    """The telling in a row."""
    return msgspec.msgpack.decode(record, type=Event)


def numbers(table: pa.Table, name: str) -> NDArray[Any]:
    """A column of numbers or truth values, one array, often without a copy; where it has gaps, float64 with NaN.

    By DLPack: Arrow's own `to_numpy` imports pandas, which costs more than a year of minutes does.
    """
    column = table[name]
    if pa.types.is_boolean(column.type):
        return _array(column.cast(pa.uint8())).astype(np.bool_)
    return _array(column.cast(pa.float64()).fill_null(np.nan) if column.null_count else column)


def _array(column: pa.ChunkedArray) -> NDArray[Any]:
    chunks = [np.from_dlpack(chunk) for chunk in column.chunks if len(chunk)]
    if len(chunks) == 1:
        return chunks[0]
    dtype = np.dtype(str(column.type).replace("double", "float64"))
    return np.concatenate(chunks) if chunks else np.zeros(0, dtype)


def ranks(table: pa.Table, name: str) -> tuple[Int64, list[str]]:
    """A column of names as positions in the sorted list of them: int64 (n,), and the list."""
    chunks = [chunk.dictionary_encode() for chunk in table[name].chunks if len(chunk)]
    lists = [chunk.dictionary.to_pylist() for chunk in chunks]
    names = sorted({name for known in lists for name in known})
    place = {name: rank for rank, name in enumerate(names)}
    parts = [
        np.array([place[name] for name in known], np.int64)[np.from_dlpack(chunk.indices)]
        for known, chunk in zip(lists, chunks, strict=True)
    ]
    return np.concatenate([np.zeros(0, np.int64), *parts]), names


def is_one_of(table: pa.Table, name: str, wanted: Collection[str]) -> NDArray[np.bool_]:
    """Where a dictionary-encoded column of names holds one of some."""
    parts = [
        np.array([one in wanted for one in chunk.dictionary.to_pylist()], np.bool_)[np.from_dlpack(chunk.indices)]
        for chunk in table[name].chunks
        if len(chunk)
    ]
    return np.concatenate([np.zeros(0, np.bool_), *parts])


def _table(columns: dict[str, Any], schema: pa.Schema) -> pa.Table:
    return pa.table([pa.array(columns[field.name]).cast(field.type) for field in schema], schema=schema)


def _joined(parts: Sequence[NDArray[Any]], dtype: type) -> NDArray[Any]:
    return np.concatenate([np.zeros(0, dtype), *parts]).astype(dtype, copy=False)


def _repeated(names: Sequence[str], lengths: Sequence[int]) -> pa.Array:
    return pa.array(names, pa.string()).take(pa.array(np.repeat(np.arange(len(names)), lengths)))


def _names(names: Iterable[str]) -> pa.Array:
    return pa.array(list(names), pa.string())


def _named(parts: Sequence[tuple[tuple[str, ...], NDArray[Any]]]) -> pa.Array:
    """Names by their numbers in each batch's own list."""
    chunks = [pa.array(names, pa.string()).take(pa.array(number.astype(np.int64))) for names, number in parts]
    return pa.concat_arrays(chunks) if chunks else pa.array([], pa.string())
