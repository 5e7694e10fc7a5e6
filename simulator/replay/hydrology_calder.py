"""River levels and rain of the upper Calder valley, every 15 min, August to September 2025 (Environment Agency).

Times have no zone and are GMT all the year. A value belongs to its stamp: rain is the sum of the 15 min before it.
Quality `Missing` and empty values are not sent; `Suspect` and `Estimated` are sent with their word beside the values,
so that it stands in the raw message. Device ids are the names of the files without their ending.
"""

from __future__ import annotations

import csv
import heapq
from collections.abc import Iterator
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path

import orjson

from core.clock import to_ms
from simulator.message import Message

ENDING = "-15min-Qualified.csv"
# part of the file's name → (feed, name on the wire)
KINDS = {"-rainfall": ("rain", "rain"), "-level": ("river", "stage")}
PLAIN = frozenset({"Good", "Unchecked"})
ABSENT = "Missing"


def read(folder: Path, after_ms: int, upto_ms: int) -> Iterator[Message]:
    """Messages with an event time in (after, upto], in time order."""
    gauges = [_gauge(file, after_ms, upto_ms) for file in _files(folder)]
    return heapq.merge(*gauges, key=attrgetter("event_ms"))


def span_ms(folder: Path) -> tuple[int, int]:
    """Event times of the first and last row of all gauges."""
    stamps = [_stamp_ms(row) for file in _files(folder) for row in _rows(file)]
    return min(stamps), max(stamps)


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{ENDING}"))


def _rows(file: Path) -> Iterator[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def _stamp_ms(row: dict[str, str]) -> int:
    return to_ms(datetime.fromisoformat(row["dateTime"]).replace(tzinfo=UTC))


def _gauge(file: Path, after_ms: int, upto_ms: int) -> Iterator[Message]:
    device = file.name.removesuffix(ENDING)
    feed, name = next(kind for part, kind in KINDS.items() if device.endswith(part))
    for row in _rows(file):
        at_ms = _stamp_ms(row)
        if not after_ms < at_ms <= upto_ms or row["quality"] == ABSENT or not row["value"]:
            continue
        body: dict[str, object] = {"t": f"{row['dateTime']}Z", "values": {name: float(row["value"])}}
        if row["quality"] not in PLAIN:
            body["quality"] = row["quality"]
        yield Message(at_ms, at_ms, device, f"{feed}/{device}/readings", orjson.dumps(body))
