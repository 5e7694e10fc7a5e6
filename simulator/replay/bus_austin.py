"""Positions of the buses of Austin, Texas, 24 to 27 November 2016 (Capital Metro).

The files are sorted by trip, not by time: rows lie up to a day behind the newest one before them (on 25 November
1,870 of 32,038 rows step back). As they came from the vehicles they were in time order, so they are sorted by their
stamp, and rows of the same second keep the order of the file. Speed is recorded in m/s. Device ids are the vehicles'.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from datetime import datetime
from operator import itemgetter
from pathlib import Path

import orjson

from core.clock import to_ms
from core.records import DAY_MS
from simulator.message import Message

FEED = "bus"
KMH_PER_MS = 3.6
Row = tuple[int, dict[str, str]]


def read(folder: Path, after_ms: int, upto_ms: int) -> Iterator[Message]:
    """Positions with an event time in (after, upto], in time order; one day in memory at a time."""
    for file in _files(folder):
        began_ms = _day_ms(file)
        if began_ms > upto_ms or began_ms + DAY_MS <= after_ms:
            continue
        for at_ms, row in sorted(_rows(file), key=itemgetter(0)):
            if after_ms < at_ms <= upto_ms:
                yield _position(at_ms, row)


def span_ms(folder: Path) -> tuple[int, int]:
    """Event times of the first and last position."""
    files = _files(folder)
    return min(at_ms for at_ms, _ in _rows(files[0])), max(at_ms for at_ms, _ in _rows(files[-1]))


def _files(folder: Path) -> list[Path]:
    """One file a local day, named by it."""
    return sorted(folder.glob("20*.csv.gz"))


def _day_ms(file: Path) -> int:
    """Midnight of the file's day in Austin, UTC−6 in November."""
    return to_ms(datetime.fromisoformat(f"{file.name.removesuffix('.csv.gz')}T00:00:00-06:00"))


def _rows(file: Path) -> Iterator[Row]:
    with gzip.open(file, "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            yield to_ms(datetime.fromisoformat(row["timestamp"])), row


def _position(at_ms: int, row: dict[str, str]) -> Message:
    device = row["vehicle_id"]
    body = {
        "t": row["timestamp"],
        "lon": float(row["longitude"]),
        "lat": float(row["latitude"]),
        "speed_kmh": round(float(row["speed"]) * KMH_PER_MS, 1),
        "route": row["route_id"],
    }
    return Message(at_ms, at_ms, device, f"{FEED}/{device}/position", orjson.dumps(body))
