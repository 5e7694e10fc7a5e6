"""Gathers what the streams hold and writes it by day, in files named by first and last id; positions go with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec
import numpy as np
import pyarrow as pa

from core.errors import NotOwner
from core.records import Event, Int64, ReadingBatch, Status, ValueBatch
from store.history.columns import (
    EVENTS,
    KINDS,
    READINGS,
    VALUES,
    events_table,
    numbers,
    ranks,
    readings_table,
    values_table,
)
from store.history.days import day_name, day_of, month_name, month_of
from store.history.doubts import Doubts
from store.history.files import write
from store.history.manifest import File, Folder, Manifest


class Archive:
    """What was read from the streams and is in no file yet. Entry ids are those of Redis.

    After a crash whatever was not in the manifest is read again from `positions`: each entry is in the files once.
    """

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        manifest = folder.manifest()
        self.positions = manifest.positions
        self.doubts = Doubts(manifest.settling, manifest.clock_s)  # against what is gathered
        self._values: list[tuple[int, ValueBatch]] = []
        self._readings: list[ReadingBatch] = []
        self._events: list[tuple[int, Event]] = []
        self._ids: list[str] = []
        self.rows = 0  # gathered and not written

    def take(self, entry_id: str, entry: Sequence[ValueBatch] | ReadingBatch | Sequence[Event]) -> None:
        """Take in what one entry holds."""
        self._ids.append(entry_id)
        if isinstance(entry, ReadingBatch):
            self._readings.append(entry)
            self.rows += len(entry)
            return
        came_ms = int(entry_id.partition("-")[0])
        for one in entry:
            if isinstance(one, Event):
                self._events.append((came_ms, one))
                self.rows += 1
            else:
                self._values.append((came_ms, one))
                self.rows += len(one)

    def flush(self, positions: Mapping[str, str], written_ms: int) -> int:
        """Write all that was taken in, and that the streams are read up to `positions`. How many rows that were.

        Raises:
            OSError: The disk is full or not writable. Nothing changed, nothing was forgotten; try again.
            NotOwner: Another archive wrote this scene meanwhile.
        """
        ids = sorted(self._ids, key=lambda entry_id: tuple(map(int, entry_id.split("-"))))
        called = f"{ids[0]}_{ids[-1]}" if ids else ""
        tables = {
            VALUES: _settled(values_table(self._values)),
            READINGS: readings_table([self.doubts.flagged(batch) for batch in self._readings]),
            EVENTS: events_table(self._events),
        }
        files = [
            file
            for kind, table in tables.items()
            for file in _write_by(day_of, day_name, self._folder, table, _loose(kind, called, written_ms))
        ]
        before = self.positions
        decided_ms = max((batch.decided_ms for _, batch in self._values), default=0)

        def added(manifest: Manifest) -> Manifest:
            if manifest.positions != before:
                raise NotOwner(f"another archive writes {self._folder.path}")
            return msgspec.structs.replace(
                manifest,
                positions={**before, **positions},
                decided_ms=max(manifest.decided_ms, decided_ms),
                settling=self.doubts.settling,
                clock_s=self.doubts.clock_s,
                files=(*manifest.files, *files),
            )

        self.positions = self._folder.swap(added).positions
        self._values, self._readings, self._events, self._ids, self.rows = [], [], [], [], 0
        return sum(file.rows for file in files)


def add_values(folder: Folder, told: Sequence[tuple[int, ValueBatch]], run: str, imported: bool = False) -> int:
    """Write values of one run of `compute`, as newer versions of those that stand there; how many. Raises OSError."""
    written_ms = max((written_ms for written_ms, _ in told), default=0)
    return _add(folder, _settled(values_table(told, run, imported)), _loose(VALUES, f"{run}_{written_ms}", written_ms))


def add_readings(folder: Folder, batches: Sequence[ReadingBatch], called: str, written_ms: int) -> int:
    """Write imported readings; how many. called: a name that no other piece of this scene has. Raises OSError."""
    table = readings_table(batches, imported=True)
    return _add(folder, table, _loose(READINGS, called, written_ms))


def _add(folder: Folder, table: pa.Table, template: File) -> int:
    """Past years come in pieces that hold many days: their files are cut by month."""
    files = list(_write_by(month_of, month_name, folder, table, template))
    computed_ms = template.written_ms if template.kind == VALUES else 0

    def added(manifest: Manifest) -> Manifest:
        newest_ms = max(manifest.computed_ms, computed_ms)
        return msgspec.structs.replace(manifest, files=(*manifest.files, *files), computed_ms=newest_ms)

    folder.swap(added)
    return sum(file.rows for file in files)


def _loose(kind: str, called: str, written_ms: int) -> File:
    """A file to be written."""
    return File(called, kind, "loose", first_ms=0, last_ms=0, rows=0, bytes=0, written_ms=written_ms)


def _write_by(
    span_of: Callable[[Int64], Int64], span_name: Callable[[int], str], folder: Folder, table: pa.Table, template: File
) -> Iterator[File]:
    """One file for each day, or month, of the rows."""
    spans = span_of(numbers(table, KINDS[template.kind].time))
    for span in np.unique(spans).tolist():
        name = f"{template.kind}/{span_name(span)[:7]}/{span_name(span)}_{template.name}.parquet"
        yield write(folder, table.filter(pa.array(spans == span)), msgspec.structs.replace(template, name=name))


def _settled(table: pa.Table) -> pa.Table:
    """Without the values of open windows that this same table tells again: nobody needs each step of their filling."""
    open_rows = numbers(table, "status") == Status.OPEN
    if not open_rows.any():
        return table
    keys = np.stack([ranks(table, "indicator")[0], ranks(table, "area")[0], numbers(table, "end_ms")])
    in_order = np.lexsort(keys)  # stable: what was told later comes later
    again = np.zeros(len(table), dtype=np.bool_)
    again[in_order[:-1]] = (keys[:, in_order[1:]] == keys[:, in_order[:-1]]).all(axis=0)
    return table.filter(pa.array(~(again & open_rows)))
