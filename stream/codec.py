"""Every streamed record as the fields of one Redis entry, and back.

An entry has a kind `k`, a header `h` (msgpack: the schema version, then the record without its columns) and
one field a column (raw little-endian bytes, read without a copy, so arrays are read-only). Long columns of readings
and panes lie there narrowed where they can be, which the header then says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.errors import UnreadableEntry
from core.records import CityWarning, Event, PaneBatch, ReadingBatch, Stamp, Tick, ValueBatch
from stream.narrow import Narrow, narrow, widened

VERSION = 1
NARROW_FROM = 256  # rows; fewer are not worth the words in the header
READINGS, TICK, EVENTS, PANES, VALUES, WARNINGS = b"r", b"t", b"e", b"p", b"v", b"w"

_MEASURE, _SKETCH = "m:", b"s:"  # what the columns begin with that only some panes have

Fields = dict[bytes, bytes]

READING_COLUMNS = {"device": "<i4", "metric": "<u2", "event_ms": "<i8", "value": "<f8", "quality": "<u2"}
PANE_COLUMNS = {
    "device": "<i4",
    "metric": "<u2",
    "pane_end_ms": "<i8",
    "count": "<i8",
    "total": "<f8",
    "low": "<f8",
    "high": "<f8",
    "last_ms": "<i8",
    "last": "<f8",
}
VALUE_COLUMNS = {"value": "<f8", "reported": "<i4", "expected": "<i4", "newest_ms": "<i8", "status": "u1"}


class _ReadingHeader(NamedTuple):
    feed: str
    stamp: Stamp
    received_ms: int
    devices: tuple[str, ...]
    metrics: tuple[str, ...]
    narrowed: dict[str, Narrow] | None = None  # by column


class _PaneHeader(NamedTuple):
    partition: int
    now_ms: int
    received_ms: int
    devices: tuple[str, ...]
    metrics: tuple[str, ...]
    events: tuple[Event, ...]
    event_counts: tuple[tuple[str, str, int, int], ...]
    late: int
    doubled: int
    crowded: int = 0
    settling: dict[str, tuple[int, int]] | None = None  # as in what is older than these
    clock_s: dict[str, int] | None = None
    measures: tuple[str, ...] = ()  # names; each column lies in a field of its own
    sketches: tuple[str, ...] = ()
    narrowed: dict[str, Narrow] | None = None  # by column


class _ValueHeader(NamedTuple):
    indicator: str
    version: str
    window_end_ms: int
    decided_ms: int
    areas: tuple[str, ...]
    detail: tuple[str, ...]
    beside: tuple[str, ...] = ()


def encode_readings(batch: ReadingBatch) -> Fields:
    """A reading batch, `k=r`."""
    fields, narrowed = _narrowed({name: getattr(batch, name) for name in READING_COLUMNS}, READING_COLUMNS)
    header = _ReadingHeader(batch.feed, batch.stamp, batch.received_ms, batch.devices, batch.metrics, narrowed)
    return _entry(READINGS, header) | fields


def decode_readings(fields: Mapping[bytes, bytes]) -> ReadingBatch:
    """Inverse of `encode_readings`. Raises UnreadableEntry."""
    header: _ReadingHeader = _header(fields, READINGS, _ReadingHeader)
    batch = ReadingBatch(*header[:-1], **_widened(fields, READING_COLUMNS, header.narrowed))
    _refuse_nameless(batch)
    return batch


def encode_tick(tick: Tick) -> Fields:
    """A decision point, `k=t`."""
    return _entry(TICK, tick)


def decode_tick(fields: Mapping[bytes, bytes]) -> Tick:
    """Inverse of `encode_tick`. Raises UnreadableEntry."""
    tick: Tick = _header(fields, TICK, Tick)
    return tick


def encode_events(events: Sequence[Event]) -> Fields:
    """Tellings of events, `k=e`."""
    return _entry(EVENTS, list(events))


def decode_events(fields: Mapping[bytes, bytes]) -> list[Event]:
    """Inverse of `encode_events`. Raises UnreadableEntry."""
    events: list[Event] = _header(fields, EVENTS, list[Event])
    return events


def encode_panes(batch: PaneBatch) -> Fields:
    """What a partition changed at one tick, `k=p`."""
    columns = {name: getattr(batch, name) for name in PANE_COLUMNS} | _prefixed(batch.measures)
    fields, narrowed = _narrowed(columns, _pane_dtypes(batch.measures))
    for name, sketches in batch.sketches.items():
        fields[_SKETCH + name.encode()] = msgspec.msgpack.encode(sketches)
    named = {"measures": tuple(batch.measures), "sketches": tuple(batch.sketches), "narrowed": narrowed}
    plain = {name: getattr(batch, name) for name in _PaneHeader._fields if name not in named}
    return _entry(PANES, _PaneHeader(**plain | named)) | fields


def decode_panes(fields: Mapping[bytes, bytes]) -> PaneBatch:
    """Inverse of `encode_panes`. Raises UnreadableEntry."""
    header: _PaneHeader = _header(fields, PANES, _PaneHeader)
    columns = _widened(fields, _pane_dtypes(header.measures), header.narrowed)
    rows, told = len(columns["count"]), header._asdict()
    del told["narrowed"]
    further: dict[str, Any] = {
        "settling": header.settling or {},
        "clock_s": header.clock_s or {},
        "measures": {name: columns.pop(_MEASURE + name) for name in header.measures},
        "sketches": {name: _sketches(fields, name, rows) for name in header.sketches},
    }
    batch = PaneBatch(**told | columns | further)
    _refuse_nameless(batch)
    return batch


def encode_values(batches: Sequence[ValueBatch]) -> Fields:
    """The values of one tick, `k=v`; the columns of all batches stand one behind the other.

    What stands beside values differs from batch to batch: the header names it, one more field holds it.
    """
    headers = [
        _ValueHeader(b.indicator, b.version, b.window_end_ms, b.decided_ms, b.areas, b.detail, tuple(b.beside))
        for b in batches
    ]
    parts = {name: [_bytes(getattr(b, name), dtype) for b in batches] for name, dtype in VALUE_COLUMNS.items()}
    fields = _entry(VALUES, headers) | {name.encode(): b"".join(columns) for name, columns in parts.items()}
    beside = b"".join(_bytes(column, "<f8") for b in batches for column in b.beside.values())
    return fields | ({b"beside": beside} if beside else {})


def decode_values(fields: Mapping[bytes, bytes]) -> list[ValueBatch]:
    """Inverse of `encode_values`. Raises UnreadableEntry."""
    columns = _arrays(fields, VALUE_COLUMNS)
    headers: list[_ValueHeader] = _header(fields, VALUES, list[_ValueHeader])
    rows, rows_beside = len(columns["value"]), sum(len(h.areas) * len(h.beside) for h in headers)
    beside = fields.get(b"beside", b"")
    if (said := sum(len(header.areas) for header in headers)) != rows or len(beside) != 8 * rows_beside:
        raise UnreadableEntry(
            f"values: the header names {said} areas and {rows_beside} values beside; "
            f"the columns hold {rows} rows, and {len(beside)} bytes beside"
        )
    stands, batches, row, place = np.frombuffer(beside, "<f8"), [], 0, 0
    for header in headers:
        n = len(header.areas)
        of_batch = {name: column[row : row + n] for name, column in columns.items()}
        shown = {name: stands[place + k * n : place + (k + 1) * n] for k, name in enumerate(header.beside)}
        batches.append(ValueBatch(**(header._asdict() | of_batch | {"beside": shown})))
        row, place = row + n, place + n * len(shown)
    return batches


def encode_warnings(warnings: Sequence[CityWarning]) -> Fields:
    """Warnings as they stand after one tick, `k=w`."""
    return _entry(WARNINGS, list(warnings))


def decode_warnings(fields: Mapping[bytes, bytes]) -> list[CityWarning]:
    """Inverse of `encode_warnings`. Raises UnreadableEntry."""
    warnings: list[CityWarning] = _header(fields, WARNINGS, list[CityWarning])
    return warnings


def _entry(kind: bytes, record: object) -> Fields:
    return {b"k": kind, b"h": msgspec.msgpack.encode((VERSION, record))}


def _pane_dtypes(measures: Iterable[str]) -> dict[str, str]:
    return PANE_COLUMNS | {_MEASURE + name: "<f8" for name in measures}


def _prefixed(measures: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    return {_MEASURE + name: column for name, column in measures.items()}


def _narrowed(
    columns: Mapping[str, NDArray[Any]], dtypes: Mapping[str, str]
) -> tuple[Fields, dict[str, Narrow] | None]:
    """Columns in as few bytes as hold them, and how those are to be widened that are narrow."""
    fields: Fields = {}
    how: dict[str, Narrow] = {}
    for name, column in columns.items():
        stored = np.ascontiguousarray(column, dtypes[name])
        if len(stored) >= NARROW_FROM and (found := narrow(stored)):
            stored, how[name] = found
        fields[name.encode()] = stored.tobytes()
    return fields, how or None


def _widened(
    fields: Mapping[bytes, bytes], dtypes: Mapping[str, str], narrowed: Mapping[str, Narrow] | None
) -> dict[str, Any]:
    """Inverse of `_narrowed`."""
    how = narrowed or {}
    columns = _arrays(fields, {name: how[name].dtype if name in how else dtype for name, dtype in dtypes.items()})
    return columns | {name: widened(columns[name], how[name], dtypes[name]) for name in how.keys() & dtypes.keys()}


def _bytes(column: NDArray[Any], dtype: str) -> bytes:
    return np.ascontiguousarray(column, dtype).tobytes()


def _arrays(fields: Mapping[bytes, bytes], dtypes: Mapping[str, str]) -> dict[str, Any]:
    """The columns of an entry, all of one length."""
    try:
        columns = {name: np.frombuffer(fields[name.encode()], dtype) for name, dtype in dtypes.items()}
    except (KeyError, ValueError) as problem:
        raise UnreadableEntry(f"an entry of kind {fields.get(b'k')!r}: column {problem}") from problem
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) != 1:
        raise UnreadableEntry(f"an entry of kind {fields.get(b'k')!r} has columns of different lengths: {lengths}")
    return columns


def _sketches(fields: Mapping[bytes, bytes], name: str, rows: int) -> tuple[bytes, ...]:
    """The sketches of a name, one a row."""
    try:
        sketches: tuple[bytes, ...] = _decoder(tuple[bytes, ...]).decode(fields.get(_SKETCH + name.encode(), b""))
    except msgspec.MsgspecError as problem:
        raise UnreadableEntry(f"the sketches {name} of an entry cannot be read: {problem}") from problem
    if len(sketches) != rows:
        raise UnreadableEntry(f"{len(sketches)} sketches {name} stand beside {rows} rows")
    return sketches


def _refuse_nameless(batch: ReadingBatch | PaneBatch) -> None:
    """Every row must point into the name tables; one that does not would stop the engine, again and again."""
    for rows, names in ((batch.device.view(np.uint32), batch.devices), (batch.metric, batch.metrics)):
        if len(rows) and rows.max() >= len(names):
            raise UnreadableEntry(f"a row points at name {rows.max()} of {len(names)}")


@cache
def _decoder(of: Any) -> msgspec.msgpack.Decoder[Any]:
    return msgspec.msgpack.Decoder(of)


def _header(fields: Mapping[bytes, bytes], kind: bytes, of: Any) -> Any:
    """The record in a header, after its kind and its version were found right."""
    if fields.get(b"k") != kind:
        raise UnreadableEntry(f"expected an entry of kind {kind!r}, found {fields.get(b'k')!r}")
    try:
        written, record = _decoder(tuple[int, msgspec.Raw]).decode(fields.get(b"h", b""))
        if written != VERSION:
            raise UnreadableEntry(
                f"an entry of kind {kind!r} was written in version {written}; this program reads version {VERSION}"
            )
        return _decoder(of).decode(record)
    except msgspec.MsgspecError as problem:
        raise UnreadableEntry(f"the header of an entry of kind {kind!r} cannot be read: {problem}") from problem
