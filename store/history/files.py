"""One Parquet file: written sorted and whole, read only where its statistics say that it may hold what is asked."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from core.records import Int64
from store.history.columns import KINDS, Kind, is_one_of, numbers, ranks
from store.history.manifest import File, Folder, write_whole

ROWS_SMALL, ROWS_LARGE = 16_384, 131_072  # of a row group: one name is then read without much of its neighbours
_DELTA = {"end_ms", "event_ms", "told_ms", "newest_ms", "decided_ms", "written_ms", "received_ms"}
_SPLIT = {"low", "high", "forecast", "trend_per_h"}  # `value` repeats itself and is smaller as a dictionary


@dataclass(frozen=True, slots=True)
class Asked:
    """Which rows: times in (after_ms, upto_ms], and for a column of names one or several of them; else all."""

    after_ms: int = -(2**62)
    upto_ms: int = 2**62
    names: Mapping[str, Collection[str]] = field(default_factory=dict)


def write(folder: Folder, table: pa.Table, file: File) -> File:
    """Write the rows, sorted, and tell their times, number and bytes. Raises OSError; then nothing is there."""
    kind = KINDS[file.kind]
    table = table.take(pa.array(_order(table, kind)))
    path = folder.path / file.name
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, lambda unfinished: _write_groups(unfinished, table, kind))
    times = numbers(table, kind.time)
    told = {"first_ms": int(times.min()), "last_ms": int(times.max()), "rows": len(table)}
    told["imported_rows"] = int(numbers(table, "imported").sum()) if "imported" in table.column_names else 0
    return msgspec.structs.replace(file, **told, bytes=path.stat().st_size)


def _order(table: pa.Table, kind: Kind) -> NDArray[np.intp]:
    """The rows in the order of the kind; equal ones as they came."""
    keys = [ranks(table, name)[0] if name in kind.texts else numbers(table, name) for name in kind.sort]
    return np.lexsort(tuple(reversed(keys)))


def read(folder: Folder, file: File, asked: Asked, columns: Sequence[str]) -> pa.Table:
    """The rows of one file that are asked for, with these columns. Raises FileNotFoundError when it was replaced."""
    kind = KINDS[file.kind]
    needed = list(dict.fromkeys([*columns, kind.time, *asked.names]))
    with pq.ParquetFile(folder.path / file.name, read_dictionary=[t for t in kind.texts if t in needed]) as parquet:
        groups = list(_groups(parquet.metadata, kind, asked))
        present = [name for name in needed if name in parquet.schema_arrow.names]
        # Where a group can only hold the one name that is asked for, nobody has to read the names.
        sure = {name for name in asked.names if groups and all(name in only for _, only in groups)}
        read_columns = [name for name in present if name not in sure or name in columns]
        table = parquet.read_row_groups([group for group, _ in groups], read_columns)
    times = numbers(table, kind.time)
    keep = (times > asked.after_ms) & (times <= asked.upto_ms)
    for name, names in asked.names.items():
        if name not in sure:
            keep &= is_one_of(table, name, names)
    table = table if keep.all() else table.filter(pa.array(keep))
    return _plain(table.select([name for name in columns if name in present]))


def joined(tables: Sequence[pa.Table], kind: Kind, columns: Sequence[str]) -> pa.Table:
    """One table with every column that any of them has; those of the kind when there is no table at all."""
    if tables:
        return pa.concat_tables(tables, promote_options="default")
    return pa.schema([kind.schema.field(name) for name in columns if name in kind.schema.names]).empty_table()


def names_in(folder: Folder, file: File, column: str) -> list[str]:
    """The names that a column of a file holds, sorted."""
    with pq.ParquetFile(folder.path / file.name, read_dictionary=[column]) as parquet:
        return sorted(set(parquet.read([column])[column].unique().to_pylist()))


def _groups(metadata: Any, kind: Kind, asked: Asked) -> Iterator[tuple[int, set[str]]]:
    """Row groups that may hold asked rows, and the columns whose only name there is an asked one."""
    position = {metadata.schema.column(i).name: i for i in range(metadata.num_columns)}
    for group in range(metadata.num_row_groups):
        row_group = metadata.row_group(group)
        times = row_group.column(position[kind.time]).statistics
        if times.has_min_max and (times.min > asked.upto_ms or times.max <= asked.after_ms):
            continue
        only: set[str] = set()
        for name, names in asked.names.items():
            bounds = row_group.column(position[name]).statistics
            if not bounds.has_min_max:
                continue
            if not any(bounds.min <= one <= bounds.max for one in names):
                break
            if bounds.min == bounds.max:
                only.add(name)
        else:
            yield group, only


def _write_groups(path: Path, table: pa.Table, kind: Kind) -> None:
    """Row groups end where a name ends, once they are large enough, so that one name is one group where it is long."""
    encoding = {name: "DELTA_BINARY_PACKED" for name in table.column_names if name in _DELTA}
    encoding |= {name: "BYTE_STREAM_SPLIT" for name in table.column_names if name in _SPLIT}
    dictionaries = [name for name in table.column_names if name not in encoding and name not in ("record", "imported")]
    with pq.ParquetWriter(
        path,
        table.schema,
        compression="zstd",
        use_dictionary=dictionaries,
        column_encoding=encoding,
        version="2.6",
        store_schema=False,
    ) as writer:
        for start, stop in pairwise(_cuts(table, kind)):
            writer.write_table(table.slice(start, stop - start), row_group_size=ROWS_LARGE)


def _cuts(table: pa.Table, kind: Kind) -> list[int]:
    """Where row groups begin, and the end."""
    texts = [name for name in kind.sort if name in kind.texts]
    changed = np.zeros(max(len(table) - 1, 0), dtype=np.bool_)
    for name in texts:
        rank: Int64 = ranks(table, name)[0]
        changed |= rank[1:] != rank[:-1]
    cuts = [0]
    for end in (np.flatnonzero(changed) + 1).tolist():
        if end - cuts[-1] >= ROWS_SMALL:
            cuts.append(end)
    return [*cuts, len(table)]


def _plain(table: pa.Table) -> pa.Table:
    """Names as names: the dictionaries of two files differ."""
    if not any(pa.types.is_dictionary(field.type) for field in table.schema):
        return table
    fields = [f.with_type(f.type.value_type) if pa.types.is_dictionary(f.type) else f for f in table.schema]
    return table.cast(pa.schema(fields))
