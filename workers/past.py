"""`app.py history import`: past years out of tables into the history, marked, with a report of what was not taken."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from catalogue.declared import Declared
from core.clock import from_ms, monotonic_s, real_ms
from core.errors import UnknownName
from core.records import ReadingBatch, Scene
from core.settings import Settings
from ingest.known import Known
from ingest.tables.mapping import Mapping
from ingest.tables.rows import FLAGS, Remark, Rows
from ingest.tables.sources import Chunk, chunks, of_rows
from store.history.compaction import compact
from store.history.manifest import Folder
from store.history.writer import add_readings
from workers.archive import keeping

READINGS = 500_000  # in memory before they are written
REPORTED = 100_000  # remarks in the report; all are counted
HEADINGS = ("table", "row", "reason", "kept", "device", "metric", "value", "detail")


@dataclass(frozen=True, slots=True)
class Table:
    """One table: a file, or a database and what to ask it."""

    name: str
    chunks: Callable[[], Iterator[Chunk]]


@dataclass(slots=True)
class Outcome:
    """What an import did. `refused` and `flagged` are counted by reason; flagged readings are in the history."""

    report: Path
    rows: int = 0
    readings: int = 0
    gaps: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    flagged: Counter[str] = field(default_factory=Counter)
    took_s: float = 0.0


class Notes(Protocol):
    """Where remarks go."""

    def __call__(self, table: str, remarks: Sequence[Remark]) -> None:
        """Note some."""


def tables_of(files: Sequence[Path], mapping: Mapping) -> list[Table]:
    """Tables in files."""
    needed = mapping.columns
    return [Table(path.name, lambda path=path: chunks(path, needed, mapping.sheet)) for path in files]  # type: ignore[misc]


def table_of_query(url: str, query: str, mapping: Mapping) -> Table:
    """The answer of a database. Nothing of the address but the query shows in reports."""

    def answer() -> Iterator[Chunk]:
        from store.foreign import rows_of  # noqa: PLC0415 - SQLAlchemy takes a quarter of a second to load

        with rows_of(url, query) as (headings, rows):
            yield from of_rows(headings, rows, mapping.columns, "the answer")

    return Table("query", answer)


def import_tables(
    settings: Settings, declared: Declared, scene: Scene, tables: Sequence[Table], mapping: Mapping
) -> Outcome:
    """Read tables into the history of a scene. What a row holds never stops it; what was written stays.

    Raises:
        UnknownName: The mapping names a feed that is not declared.
        TableError: A table cannot be read.
        OSError: The history cannot be written.
    """
    feed = declared.feeds.get(mapping.feed)
    if feed is None:
        raise UnknownName(f"feed {mapping.feed!r} is not declared; declared: {', '.join(sorted(declared.feeds))}")
    now_ms, begun_s = real_ms(), monotonic_s()
    folder = Folder(settings.history_folder / scene.id)
    run = f"import-{from_ms(now_ms):%Y%m%dT%H%M%S}-{now_ms % 1000:03}"
    outcome = Outcome(folder.path / "reports" / f"{run}.csv")
    known = Known(scene, declared.feeds, declared.devices, declared.metrics, 0)
    pile = _Pile(folder, run, now_ms)
    rows = Rows(mapping, feed, known, now_ms)
    with _report(outcome.report) as note:
        for table in tables:
            for chunk in table.chunks():
                taken = rows.take(chunk)
                note(table.name, taken.remarks)
                pile.add(taken.batch)
                outcome.rows += len(chunk)
                outcome.gaps += taken.gaps
                for reason, count in taken.counts.items():
                    (outcome.flagged if reason in FLAGS.values() else outcome.refused)[reason] += count
    pile.write()
    outcome.readings, outcome.took_s = pile.written, monotonic_s() - begun_s
    compact(folder, keeping(settings), now_ms)
    return outcome


class _Pile:
    """Readings until there are enough for a file."""

    def __init__(self, folder: Folder, run: str, now_ms: int) -> None:
        self._folder, self._run, self._now_ms = folder, run, now_ms
        self._batches: list[ReadingBatch] = []
        self._rows = self._files = self.written = 0

    def add(self, batch: ReadingBatch) -> None:
        """Keep some."""
        self._batches.append(batch)
        self._rows += len(batch)
        if self._rows >= READINGS:
            self.write()

    def write(self) -> None:
        """Write what is kept."""
        if self._rows:
            self.written += add_readings(self._folder, self._batches, f"{self._run}-{self._files:05}", self._now_ms)
        self._batches, self._rows, self._files = [], 0, self._files + 1


@contextmanager
def _report(path: Path) -> Iterator[Notes]:
    """A table of remarks that every spreadsheet opens."""
    path.parent.mkdir(parents=True, exist_ok=True)
    left = REPORTED
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)

        def note(table: str, remarks: Sequence[Remark]) -> None:
            nonlocal left
            for r in remarks[:left]:
                kept = "yes" if r.kept else "no"
                writer.writerow((table, r.row, r.reason, kept, r.device, r.metric, r.value, r.detail))
            left -= min(left, len(remarks))

        yield note
