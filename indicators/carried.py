"""What one indicator carries on to others in the same tick, and what is kept of it for those that look back. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

import numpy as np

from core.records import Float64, Status, ValueBatch
from indicators.beside import Beside
from indicators.groups import NOBODY, Rows
from indicators.line import Line, Lines, Reading
from indicators.told import Told
from indicators.valuation import Valued


class Carried:
    """Values of those indicators that somebody reads, and which of them changed since the last tick."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._readers: dict[str, list[tuple[Line, Reading]]] = defaultdict(list)
        for line in lines:
            for reading in line.readings:
                self._readers[reading.link.reads].append((line, reading))
        self._changed: dict[str, list[tuple[int, Rows]]] = defaultdict(list)
        self._member = {
            line.key: np.array(
                [lines.sources[line.indicator.id].subjects[s] for s in line.plan.subjects], dtype=np.intp
            )
            for line in lines
        }
        self._beside = Beside(lines)

    def put(self, line: Line, end_ms: int, subjects: Rows, valued: Valued) -> None:
        """Note what was valued just now."""
        name = line.indicator.id
        members = self._member[line.key][subjects]
        self._beside.put(line, end_ms, subjects, valued.value)
        if name not in self._readers:
            return
        self._changed[name].append((end_ms, members))
        if any(reading.link.uses(end_ms) for _, reading in self._readers[name]):
            self._lines.sources[name].told.put(end_ms, members, valued.carried)

    def recall(self, line: Line, batch: ValueBatch) -> None:
        """Note what the history says was told of a window, for what is usual."""
        place = {subject: row for row, subject in enumerate(line.plan.subjects)}
        rows = np.array([place.get(area, -1) for area in batch.areas], dtype=np.intp)
        known = (rows >= 0) & (batch.status == Status.FINAL)
        self._beside.recall(line, batch.window_end_ms, rows[known], batch.value[known])

    def touched(self, line: Line, last_ms: int) -> Iterator[tuple[int, Rows, Rows]]:
        """The windows of a line up to `last_ms` that read what changed in this tick; which subjects, which stations."""
        for reading in line.readings:
            for end_ms, members in self._changed[reading.link.reads]:
                hit = np.zeros(len(reading.link.source.subjects) + 1, dtype=np.bool_)  # the last one: nobody
                hit[members] = True
                subjects = np.flatnonzero(hit[reading.subjects]) if not len(reading.stations) else NOBODY
                stations = np.flatnonzero(hit[reading.stations])
                for own_ms in reading.link.touched(end_ms, last_ms) if len(subjects) or len(stations) else ():
                    yield own_ms, subjects, stations

    def earliest_ms(self, line: Line) -> int:
        """The earliest window end that any source of a line has a value of; 0 without any."""
        ends = [told.ends_ms[0] for told in self._told(line) if told.ends_ms]
        return min(ends, default=0)

    def ends_ms(self, line: Line) -> list[int]:
        """All window ends of which a source of a line has a value."""
        return sorted({end_ms for told in self._told(line) for end_ms in told.ends_ms})

    def beside(self, line: Line, end_ms: int, subjects: Rows) -> dict[str, Float64]:
        """The columns that stand beside values, for some subjects."""
        return self._beside.columns(line, end_ms, subjects)

    def pass_time(self, now_ms: int) -> None:
        """Forget what no window can read any more as of a tick."""
        self._changed.clear()
        oldest_ms: dict[str, int] = {}  # of each line the earliest window end that may be valued again
        of_name: dict[str, int] = {}
        for line in self._lines:
            name = line.indicator.id
            read = [of_name.get(reading.link.reads, now_ms) for reading in line.readings]
            oldest_ms[line.key] = min(line.windows.valued_from_ms(now_ms), line.windows.decided_ms, *read)
            of_name[name] = min(oldest_ms[line.key], of_name.get(name, now_ms))
        for name, readers in self._readers.items():
            needed_ms = min(oldest_ms[line.key] - reading.link.reach_ms for line, reading in readers)
            self._lines.sources[name].told.drop_before(needed_ms)
        self._beside.pass_time(oldest_ms)

    def dirty(self) -> dict[bytes, bytes | None]:
        """Chunks that changed since this was last asked; None: dropped."""
        return {
            f"{name}:{end_ms}".encode(): chunk
            for name, told in self._tables().items()
            for end_ms, chunk in told.dirty().items()
        }

    def restore(self, chunks: Mapping[bytes, bytes]) -> None:
        """Put back what `dirty` gave."""
        tables = self._tables()
        rows: dict[str, dict[int, bytes]] = defaultdict(dict)
        for key, chunk in chunks.items():
            name, _, end_ms = key.decode().rpartition(":")
            if name in tables:
                rows[name][int(end_ms)] = chunk
        for name, table_rows in rows.items():
            tables[name].restore(table_rows)

    def _tables(self) -> dict[str, Told]:
        told = {f"told:{name}": self._lines.sources[name].told for name in self._readers}
        return told | self._beside.tables

    def _told(self, line: Line) -> list[Told]:
        return [reading.link.source.told for reading in line.readings]
