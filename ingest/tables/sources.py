"""Tables as chunks of columns, whatever they are kept in; rows are numbered as a person would, the heading is row 1."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO

import pyarrow.parquet as pq
from python_calamine import CalamineError, CalamineWorkbook

from core.errors import TableError

ROWS = 20_000
HEADING = 1
LOOK_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows: the number of the first one, and each column by its heading. Cells that a row lacks are None."""

    first_row: int
    columns: Mapping[str, Sequence[object]]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))


def chunks(path: Path, needed: Sequence[str], sheet: str = "") -> Iterator[Chunk]:
    """The needed columns of a file: .csv, .csv.gz, .xlsx or .parquet.

    Raises:
        TableError: No such file or kind of file, it is damaged, or it lacks columns; those that it has are named.
    """
    kind = "".join(path.suffixes[-2:] if path.suffix == ".gz" else path.suffixes[-1:]).lower()
    readers = {".csv": _csv, ".csv.gz": _csv, ".xlsx": _xlsx, ".parquet": _parquet}
    if kind not in readers:
        raise TableError(f"{path}: {kind or 'no ending'} is none of {', '.join(readers)}")
    try:
        yield from readers[kind](path, needed, sheet)
    except (OSError, EOFError, ValueError, KeyError, csv.Error, CalamineError) as problem:
        raise TableError(f"{path} cannot be read: {problem}") from problem


def of_rows(
    heading: Sequence[object], rows: Iterable[Sequence[object]], needed: Sequence[str], where: str
) -> Iterator[Chunk]:
    """Chunks of a table that comes row by row."""
    places = _places(heading, needed, where)
    rows, first_row = iter(rows), HEADING + 1
    while taken := list(islice(rows, ROWS)):
        columns = {name: [row[at] if at < len(row) else None for row in taken] for name, at in places.items()}
        yield Chunk(first_row, columns)
        first_row += len(taken)


def _places(heading: Sequence[object], needed: Sequence[str], where: str) -> dict[str, int]:
    names = [str(name).strip() if name is not None else "" for name in heading]
    lacking = [name for name in needed if name not in names]
    if lacking:
        raise TableError(f"{where} lacks the columns {', '.join(lacking)}; it has {', '.join(filter(None, names))}")
    return {name: names.index(name) for name in needed}


def _csv(path: Path, needed: Sequence[str], sheet: str) -> Iterator[Chunk]:
    with _opened(path, _encoding(path)) as text:
        delimiter = ";" if (first := text.readline()).count(";") > first.count(",") else ","
        heading = next(csv.reader([first], delimiter=delimiter), [])
        yield from of_rows(heading, csv.reader(text, delimiter=delimiter), needed, str(path))


def _encoding(path: Path) -> str:
    """UTF-8, else GB 18030, as Chinese spreadsheets write it."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        look = file.read(LOOK_BYTES)
    whole_lines = look[: look.rfind(b"\n") + 1] or look
    try:
        whole_lines.decode("utf-8")
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8-sig"


def _opened(path: Path, encoding: str) -> IO[str]:
    options = {"encoding": encoding, "errors": "replace", "newline": ""}
    if path.suffix == ".gz":
        return gzip.open(path, "rt", **options)  # type: ignore[call-overload, no-any-return]
    return path.open("r", **options)  # type: ignore[call-overload, no-any-return]


def _xlsx(path: Path, needed: Sequence[str], sheet: str) -> Iterator[Chunk]:
    """By calamine: openpyxl reads 14,000 rows a second, calamine 300,000."""
    with CalamineWorkbook.from_path(path) as book:
        if sheet and sheet not in book.sheet_names:
            raise TableError(f"{path} has no sheet {sheet!r}; it has {', '.join(book.sheet_names)}")
        rows = iter(book.get_sheet_by_name(sheet or book.sheet_names[0]).to_python(skip_empty_area=False))
        yield from of_rows(next(rows, []), rows, needed, str(path))


def _parquet(path: Path, needed: Sequence[str], sheet: str) -> Iterator[Chunk]:
    with pq.ParquetFile(path) as file:
        _places(file.schema_arrow.names, needed, str(path))
        first_row = HEADING + 1
        for batch in file.iter_batches(ROWS, columns=list(dict.fromkeys(needed))):
            yield Chunk(first_row, {name: batch.column(name).to_pylist() for name in needed})
            first_row += len(batch)
