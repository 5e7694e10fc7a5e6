"""Six national air stations of Beijing, hourly, 2013-03-01 to 2017-02-28 (UCI 501).

Hour stamps are UTC+8 and belong to the hour that they name. CO is recorded in µg/m³, our metric is mg/m³. `NA` is
left out; an hour with nothing but `NA` is not sent. Device ids are the stations' names.
"""

from __future__ import annotations

import csv
import gzip
import heapq
from collections.abc import Iterator, Mapping
from datetime import datetime
from operator import attrgetter
from pathlib import Path

from core.clock import CHINA, to_ms
from simulator.message import Message, reading

FEED = "air"
MISSING = "NA"
# column → (name on the wire, divisor)
COLUMNS = {
    "PM2.5": ("pm25", 1.0),
    "PM10": ("pm10", 1.0),
    "SO2": ("so2", 1.0),
    "NO2": ("no2", 1.0),
    "CO": ("co", 1000.0),
    "O3": ("o3", 1.0),
}


def read(folder: Path, after_ms: int, upto_ms: int) -> Iterator[Message]:
    """Messages with an event time in (after, upto], in time order, stations by name within an hour."""
    stations = [_station(file, after_ms, upto_ms) for file in _files(folder)]
    return heapq.merge(*stations, key=attrgetter("event_ms"))


def span_ms(folder: Path) -> tuple[int, int]:
    """Event times of the first and last hour of all series; each is sorted by time."""
    spans = []
    for file in _files(folder):
        with gzip.open(file, "rt", encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines))
        spans.append((_hour_ms(rows[0]), _hour_ms(rows[-1])))
    return min(first for first, _ in spans), max(last for _, last in spans)


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.csv.gz"))


def _hour_ms(row: Mapping[str, str]) -> int:
    return to_ms(datetime(int(row["year"]), int(row["month"]), int(row["day"]), int(row["hour"]), tzinfo=CHINA))


def _station(file: Path, after_ms: int, upto_ms: int) -> Iterator[Message]:
    with gzip.open(file, "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            at_ms = _hour_ms(row)
            if at_ms > upto_ms:
                return
            if at_ms <= after_ms:
                continue
            values = {
                name: float(row[column]) / divisor
                for column, (name, divisor) in COLUMNS.items()
                if row[column] != MISSING
            }
            if values:
                yield reading(FEED, row["station"], at_ms, values)
