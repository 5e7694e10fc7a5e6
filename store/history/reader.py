"""The history as columns: series of values, all areas at one time, the latest before, raw readings of a device.

Each question is answered from one manifest. Of a window that was decided more than once the newest decision counts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa

from core.records import DAY_MS, Event, Float64, Int32, Int64, ReadingBatch, Stamp, UInt8, ValueBatch
from store.history.columns import BESIDE_NAMES, EVENTS, KINDS, READINGS, VALUES, event_of, numbers, ranks
from store.history.files import Asked, joined, read
from store.history.manifest import Folder
from store.history.spans import pieces
from store.history.thinning import STEPS_MS, full, newest_of_each, thinned

TRIES = 10  # a file that goes while we look was replaced by another: look again; it cannot go on for ever


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One indicator at one area or station, by rising window end; columns of equal length.

    value is NaN where nothing is known. A row may stand for several windows, of which `windows` are known: then value
    is their mean, low and high are their extremes, reported and expected the least and the most.
    """

    end_ms: Int64
    value: Float64
    status: UInt8
    reported: Int32
    expected: Int32
    low: Float64
    high: Float64
    windows: Int32

    def __len__(self) -> int:
        return len(self.end_ms)

    def __getitem__(self, rows: slice) -> Series:
        return Series(*(getattr(self, column.name)[rows] for column in fields(self)))


class History:
    """Reads the history of one scene. Every method raises OSError when the disk does, UnreadableEntry on damage."""

    def __init__(self, folder: Path, scene_id: str) -> None:
        self._folder = Folder(folder / scene_id)

    def series(self, indicator: str, area: str, after_ms: int, upto_ms: int, step: str = "window") -> Series:
        """The windows that end in (after_ms, upto_ms]; step "hour" or "day": one row each."""
        asked = Asked(after_ms, upto_ms, {"indicator": [indicator], "area": [area]})
        return _series(self._rows(VALUES, asked, _VALUE_COLUMNS), step)

    def many(
        self, indicators: Collection[str], after_ms: int, upto_ms: int, step: str = "window"
    ) -> dict[tuple[str, str], Series]:
        """The series of every area of some indicators, by (indicator, area)."""
        found: dict[tuple[str, str], Series] = {}
        for indicator in sorted(set(indicators)):
            table = self._rows(VALUES, Asked(after_ms, upto_ms, {"indicator": [indicator]}), ("area", *_VALUE_COLUMNS))
            rank, areas = ranks(table, "area")
            table, rank = table.take(pa.array(in_order := np.argsort(rank, kind="stable"))), rank[in_order]
            edges = np.searchsorted(rank, np.arange(len(areas) + 1))
            for area, first, last in zip(areas, edges[:-1].tolist(), edges[1:].tolist(), strict=True):
                found[indicator, area] = _series(table.slice(first, last - first), step)
        return found

    def at(self, indicator: str, at_ms: int, within_ms: int = DAY_MS) -> dict[str, Series]:
        """Area → its newest row that ends in (at_ms − within_ms, at_ms]."""
        found = self.many([indicator], at_ms - within_ms, at_ms)
        return {area: series[-1:] for (_, area), series in found.items()}

    def told_at(self, indicator: str, version: str, ends_ms: Int64) -> list[ValueBatch]:
        """What was told last of the windows that end then, a batch a window; only what one version told, unthinned."""
        asked = Asked(int(ends_ms.min()) - 1, int(ends_ms.max()), {"indicator": [indicator]})
        table = self._rows(VALUES, asked, [*KINDS[VALUES].schema.names, "windows"])
        keep = np.isin(numbers(table, "end_ms"), ends_ms)
        if "windows" in table.column_names:
            keep &= np.isnan(numbers(table, "windows").astype(np.float64))
        table = table.filter(pa.array(keep))
        rows = newest_of_each(ranks(table, "area")[0], numbers(table, "end_ms"), numbers(table, "written_ms"))
        table = table.take(pa.array(rows))
        table = table.filter(pa.array([one == version for one in table["version"].to_pylist()], pa.bool_()))
        table = table.take(pa.array(np.argsort(numbers(table, "end_ms"), kind="stable")))
        ends = numbers(table, "end_ms")
        edges = np.flatnonzero(np.diff(ends, prepend=-1, append=-1)).tolist()
        return [_told(table.slice(first, last - first)) for first, last in pairwise(edges)]

    def latest(self, indicator: str, area: str, upto_ms: int) -> Series:
        """The newest row that ends at or before a time and is known; none: length 0."""
        # Backwards in spans that double: what is asked for is most often recent. The last one reaches 40 years.
        for days in (2**n for n in range(15)):
            found = self.series(indicator, area, upto_ms - days * DAY_MS, upto_ms)
            known = np.flatnonzero(~np.isnan(found.value))
            if len(known):
                return found[int(known[-1]) : int(known[-1]) + 1]
        return found[:0]

    def series_and_beside(
        self, indicator: str, area: str, after_ms: int, upto_ms: int
    ) -> tuple[Series, dict[str, Float64]]:
        """As `series`, and what stood beside its windows as far as any has it: baseline, forecast, …, float64 (n,)."""
        asked = Asked(after_ms, upto_ms, {"indicator": [indicator], "area": [area]})
        table = self._rows(VALUES, asked, (*_VALUE_COLUMNS, *BESIDE_NAMES))
        one = np.zeros(len(table), dtype=np.int64)
        table = table.take(pa.array(newest_of_each(one, numbers(table, "end_ms"), numbers(table, "written_ms"))))
        names = [name for name in BESIDE_NAMES if name in table.column_names]
        return _series(table.drop_columns(names), "window"), {name: numbers(table, name) for name in names}

    def decisions(self, indicator: str, area: str, after_ms: int, upto_ms: int) -> pa.Table:
        """Every kept decision of those windows, superseded ones too, oldest first: when, from what, which version."""
        asked = Asked(after_ms, upto_ms, {"indicator": [indicator], "area": [area]})
        table = self._rows(VALUES, asked, [*KINDS[VALUES].schema.names, *BESIDE_NAMES])
        return table.take(pa.array(np.lexsort((numbers(table, "written_ms"), numbers(table, "end_ms")))))

    def readings(self, device: str, after_ms: int, upto_ms: int, metric: str = "") -> pa.Table:
        """Raw readings of one device by event time, with the columns of `columns.KINDS["readings"]`."""
        names = {"device": [device]} | ({"metric": [metric]} if metric else {})
        table = self._rows(READINGS, Asked(after_ms, upto_ms, names), KINDS[READINGS].schema.names)
        return table.take(pa.array(np.argsort(numbers(table, "event_ms"), kind="stable")))

    def batches(self, after_ms: int, upto_ms: int, stamp: Stamp) -> tuple[list[ReadingBatch], bool]:
        """All readings of a span, a batch a feed, by event time and then as they came; and whether any is imported."""
        table = self._rows(READINGS, Asked(after_ms, upto_ms), KINDS[READINGS].schema.names)
        table = table.take(pa.array(np.argsort(numbers(table, "event_ms"), kind="stable")))
        feed, feeds = ranks(table, "feed")
        pieces = (table.filter(pa.array(feed == number)) for number in range(len(feeds)))
        batches = [_batch(name, piece, stamp) for name, piece in zip(feeds, pieces, strict=True)]
        return batches, bool(len(table)) and bool(numbers(table, "imported").any())

    def events(self, after_ms: int, upto_ms: int) -> list[Event]:
        """Tellings of events by the time they tell of."""
        table = self._rows(EVENTS, Asked(after_ms, upto_ms), ("told_ms", "record"))
        in_order = np.argsort(numbers(table, "told_ms"), kind="stable")
        return [event_of(record) for record in table["record"].take(pa.array(in_order)).to_pylist()]

    def pieces(self, after_ms: int, upto_ms: int) -> list[tuple[int, int]]:
        """A long span in the pieces in which `batches` reads each file once."""
        return list(pieces(self._folder.manifest(), after_ms, upto_ms))

    def span_ms(self, kind: str) -> tuple[int, int] | None:
        """Times of the first and the last row of a kind, None without any."""
        files = [file for file in self._folder.manifest().files if file.kind == kind]
        return (min(f.first_ms for f in files), max(f.last_ms for f in files)) if files else None

    def _rows(self, kind: str, asked: Asked, columns: Sequence[str]) -> pa.Table:
        """What all files hold of it, in the order in which they were written."""
        for left in reversed(range(TRIES)):
            try:
                return joined(list(self._tables(kind, asked, columns)), KINDS[kind], columns)
            except FileNotFoundError:
                if not left:
                    raise
        raise AssertionError("the last try returns or raises")

    def _tables(self, kind: str, asked: Asked, columns: Sequence[str]) -> Iterator[pa.Table]:
        indicators = asked.names.get("indicator", ())
        for file in self._folder.manifest().files:
            wanted = not (file.indicator and indicators) or file.indicator in indicators
            if file.kind == kind and wanted and file.meets(asked.after_ms, asked.upto_ms):
                yield read(self._folder, file, asked, columns)


_VALUE_COLUMNS = (*(column.name for column in fields(Series)), "written_ms")


def _series(table: pa.Table, step: str) -> Series:
    """Rows of one indicator and area as a series: of each window the newest decision."""
    columns = full({name: numbers(table, name) for name in table.column_names if name not in ("area", "indicator")})
    end_ms, written_ms = columns["end_ms"], columns.pop("written_ms")
    one = np.zeros(len(end_ms), dtype=np.int64)
    if not (end_ms[1:] > end_ms[:-1]).all():
        rows = newest_of_each(one, end_ms, written_ms)
        columns = {name: column[rows] for name, column in columns.items()}
    if STEPS_MS[step]:
        columns, _ = thinned(columns, one[: len(columns["end_ms"])], STEPS_MS[step])
    return Series(**columns)


def _told(table: pa.Table) -> ValueBatch:
    """The rows of one window of one indicator."""
    (first,) = table.slice(0, 1).select(["indicator", "version", "end_ms", "decided_ms"]).to_pylist()
    return ValueBatch(
        indicator=first["indicator"],
        version=first["version"],
        window_end_ms=first["end_ms"],
        decided_ms=first["decided_ms"],
        areas=tuple(table["area"].to_pylist()),
        value=numbers(table, "value"),
        reported=numbers(table, "reported"),
        expected=numbers(table, "expected"),
        newest_ms=numbers(table, "newest_ms"),
        status=numbers(table, "status"),
        detail=tuple(table["detail"].to_pylist()),
    )


def _batch(feed: str, table: pa.Table, stamp: Stamp) -> ReadingBatch:
    device, devices = ranks(table, "device")
    metric, metrics = ranks(table, "metric")
    return ReadingBatch(
        feed=feed,
        stamp=stamp,
        received_ms=int(numbers(table, "received_ms").max()),
        devices=tuple(devices),
        metrics=tuple(metrics),
        device=device.astype(np.int32),
        metric=metric.astype(np.uint16),
        event_ms=numbers(table, "event_ms"),
        value=numbers(table, "value"),
        quality=numbers(table, "quality"),
    )
