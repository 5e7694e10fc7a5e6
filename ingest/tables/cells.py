"""One cell of a table as a name, a number or a time; each raises `Fault` with its reason, as for messages."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache

from core.clock import to_ms
from ingest.decoders.contract import Fault
from ingest.decoders.fields import is_name, shown
from ingest.tables.mapping import TIME_PARTS, Mapping

REMEMBERED = 65_536  # times: of a wide table each stands in many rows

TimeReader = Callable[[Sequence[object]], int]  # cells of the time columns → ms UTC


def name_in(cell: object, what: str) -> str:
    """A device or metric; numbers are names as well: spreadsheets turn 58001 into 58001.0."""
    text = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell if cell is not None else "")
    text = text.strip()
    if not is_name(text):
        raise Fault("bad-name", f"{what}: {shown(text)} is not a name of 1 to 128 sane characters")
    return text


def number_in(cell: object, what: str) -> float:
    """A finite number; of texts those with a decimal point: a comma may mean two things."""
    if isinstance(cell, bool) or not isinstance(cell, int | float | Decimal | str):
        raise Fault("wrong-type", f"{what}: {shown(cell)} is not a number")
    try:
        value = float(cell)
    except (ValueError, OverflowError):
        raise Fault("wrong-type", f"{what}: {shown(cell)} is not a number") from None
    if not math.isfinite(value):
        raise Fault("not-finite", f"{what}: {shown(cell)} is not a finite number")
    return value


def time_reader(mapping: Mapping) -> TimeReader:
    """How the times of a table are read."""
    if not isinstance(mapping.time, str):
        return _parts_reader(mapping.offset)
    if mapping.time_format in ("epoch_s", "epoch_ms"):
        unit_ms = 1000 if mapping.time_format == "epoch_s" else 1
        return lambda cells: round(number_in(cells[0], "time") * unit_ms)
    return _text_reader(mapping.offset, "" if mapping.time_format == "iso" else mapping.time_format)


def _parts_reader(offset: timezone) -> TimeReader:
    @lru_cache(REMEMBERED)
    def at_ms(*parts: float) -> int:
        year, month, day, hour, minute, second = (*map(int, parts), *(0,) * (len(TIME_PARTS) - len(parts)))
        if not (0 <= hour <= 24 and 0 <= minute < 60 and 0 <= second < 60):
            raise ValueError("hour, minute or second")
        start = datetime(year, month, day, tzinfo=offset)
        return to_ms(start + timedelta(hours=hour, minutes=minute, seconds=second))

    def read(cells: Sequence[object]) -> int:
        try:
            return at_ms(*(number_in(cell, "time") for cell in cells))
        except (ValueError, OverflowError) as problem:
            if isinstance(problem, Fault):
                raise
            raise Fault("bad-time", f"time: {', '.join(map(shown, cells))} is no date") from None

    return read


def _text_reader(offset: timezone, pattern: str) -> TimeReader:
    @lru_cache(REMEMBERED)
    def at_ms(text: str) -> int:
        at = datetime.strptime(text, pattern) if pattern else datetime.fromisoformat(text)  # noqa: DTZ007 - next line
        return to_ms(at if at.tzinfo else at.replace(tzinfo=offset))

    def read(cells: Sequence[object]) -> int:
        cell = cells[0]
        if isinstance(cell, datetime):
            return to_ms(cell if cell.tzinfo else cell.replace(tzinfo=offset))
        if isinstance(cell, date):
            return to_ms(datetime(cell.year, cell.month, cell.day, tzinfo=offset))
        try:
            return at_ms(str(cell if cell is not None else "").strip())
        except (ValueError, OverflowError):
            raise Fault("bad-time", f"time: {shown(cell)} is not as {pattern or 'ISO 8601'} has it") from None

    return read
