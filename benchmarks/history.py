"""One indicator at one area, a year of minutes, asked by a process that has just begun; and what a row costs on disk.

    python -m benchmarks.history --json

50 series (5 indicators × 10 areas) lie on disk for a year as compaction leaves them: months sorted by indicator, area
and time. The query is timed from before its process starts until its answer is there, so starting Python and imports
count; `bare_python_ms` is a process that imports NumPy and ends. The answer is checked against what was written.
Rows are imported from CSV and XLSX to files of the history, validation included.
"""

from __future__ import annotations

import csv
import json
import math
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import openpyxl
import pyarrow as pa

import catalogue
from core.records import DAY_MS, MINUTE_MS, Float64, Int64, Scene, Stamp
from core.settings import load
from ingest.tables.mapping import mapping_of
from store.history.columns import KINDS, VALUES
from store.history.days import month_of, month_span_ms
from store.history.files import write
from store.history.manifest import File, Folder
from workers.past import import_tables, tables_of

ROOT = Path(__file__).parents[1]
SCENE = "live-440900"
FIRST_MONTH = 55 * 12  # January 2025
INDICATORS = tuple(f"topic.indicator_{n}" for n in range(5))
AREAS = tuple(f"4409{n:02d}" for n in range(10))
QUERIES = 7
IMPORTED_ROWS = 200_000
IMPORTED_COLUMNS = ("station", "time", "item", "figure")
QUERY = """
import sys
from pathlib import Path
from store.history.reader import History
found = History(Path(sys.argv[1]), sys.argv[2]).series(sys.argv[3], sys.argv[4], int(sys.argv[5]), int(sys.argv[6]))
print(len(found), repr(float(found.value.sum())), int(found.end_ms[0]), int(found.end_ms[-1]))
"""


def main() -> None:
    """Write, ask, print."""
    with tempfile.TemporaryDirectory(prefix="cityvitals-history-") as name:
        folder = Folder(Path(name) / SCENE)
        rows, asked_sum = write_year(folder)
        bytes_on_disk = sum(file.bytes for file in folder.manifest().files)
        ask(Path(name), asked_sum)  # the first one after an installation compiles our modules
        used_s = _children_s()
        year_ms = [ask(Path(name), asked_sum) for _ in range(QUERIES)]
        used_s = _children_s() - used_s
        report: dict[str, Any] = {
            "year_query_ms": round(statistics.median(year_ms)),
            "year_query_worst_ms": round(max(year_ms)),
            "year_query_cpu_ms": round(1000 * used_s / QUERIES),
            "bare_python_ms": round(statistics.median(timed_ms(["-c", "import numpy"])[0] for _ in range(QUERIES))),
            "bytes_per_million_values": round(bytes_on_disk / rows * 1e6),
            "series": len(INDICATORS) * len(AREAS),
            "rows": rows,
        }
        report |= import_rates(Path(name))
    print(json.dumps(report | {"cores": os.cpu_count(), "python": platform.python_version()}))


def write_year(folder: Folder) -> tuple[int, float]:
    """Twelve months of every series; the rows, and the sum of the series that will be asked for."""
    asked_sum, files = 0.0, []
    for month in range(FIRST_MONTH, FIRST_MONTH + 12):
        after_ms, upto_ms = month_span_ms(month)
        ends_ms = np.arange(after_ms + MINUTE_MS, upto_ms + 1, MINUTE_MS)
        for number, indicator in enumerate(INDICATORS):
            columns = [figures(number, area, ends_ms) for area in range(len(AREAS))]
            if number == 2:
                asked_sum += float(columns[3].sum())
            name = f"values/{np.datetime64(month, 'M')}/{indicator}.parquet"
            blank = File(name, VALUES, "month", 0, 0, 0, 0, written_ms=upto_ms, indicator=indicator)
            files.append(write(folder, table(indicator, ends_ms, columns), blank))
    folder.swap(lambda manifest: msgspec.structs.replace(manifest, files=tuple(files)))
    return sum(file.rows for file in files), asked_sum


def figures(indicator: int, area: int, ends_ms: Int64) -> Float64:
    """A figure with a day in it and noise, with two decimals, as sensors tell."""
    rng = np.random.default_rng([indicator, area, int(month_of(ends_ms[:1])[0])])
    walk = np.cumsum(rng.normal(0, 0.3, len(ends_ms)))
    return np.round(50 + 20 * np.sin(2 * math.pi * ends_ms / DAY_MS + area) + walk, 2)


def table(indicator: str, ends_ms: Int64, columns: list[Float64]) -> pa.Table:
    """The rows of one indicator as they are decided: by time, then by area."""
    rng, areas, minutes = np.random.default_rng(7), len(columns), len(ends_ms)
    rows, end_ms = areas * minutes, np.repeat(ends_ms, areas)
    told: dict[str, Any] = {
        "indicator": pa.repeat(indicator, rows),
        "area": pa.array(AREAS).take(pa.array(np.tile(np.arange(areas), minutes))),
        "end_ms": end_ms,
        "value": np.stack(columns, axis=1).ravel(),
        "status": np.zeros(rows, np.uint8),
        "reported": rng.integers(8, 11, rows),
        "expected": np.full(rows, 10),
        "newest_ms": end_ms - rng.integers(0, MINUTE_MS, rows),
        "decided_ms": end_ms + np.repeat(MINUTE_MS + rng.integers(0, 100, minutes), areas),
        "written_ms": end_ms + np.repeat(MINUTE_MS + rng.integers(0, 200, minutes), areas),
        "version": pa.repeat("1", rows),
        "detail": pa.repeat("", rows),
        "run": pa.repeat("", rows),
        "imported": np.zeros(rows, np.bool_),
    }
    schema = KINDS[VALUES].schema
    return pa.table([pa.array(told[field.name]).cast(field.type) for field in schema], schema=schema)


def ask(folder: Path, expected_sum: float) -> float:
    """One year of one series from a new process, ms; its answer is checked."""
    after_ms, upto_ms = month_span_ms(FIRST_MONTH)[0], month_span_ms(FIRST_MONTH + 11)[1]
    arguments = ["-c", QUERY, str(folder), SCENE, INDICATORS[2], AREAS[3], str(after_ms), str(upto_ms)]
    took_ms, answer = timed_ms(arguments)
    rows, total, first_ms, last_ms = answer.split()
    assert (int(rows), int(first_ms), int(last_ms)) == (525_600, after_ms + MINUTE_MS, upto_ms), answer
    assert math.isclose(float(total), expected_sum, rel_tol=1e-9), (total, expected_sum)
    return took_ms


def import_rates(folder: Path) -> dict[str, int]:
    """Rows a minute of a long table, from the file to files of the history, checked and flagged on the way."""
    declared = catalogue.load(ROOT / "packs", "beijing")
    device, metrics = next(d for d in declared.devices.values() if d.feed == "air"), ("pm25_ugm3", "pm10_ugm3")
    begin = datetime(2016, 1, 1, tzinfo=UTC)
    rows = [
        (device.id, f"{begin + timedelta(minutes=n):%Y-%m-%d %H:%M}", metrics[n % 2], n % 400)
        for n in range(IMPORTED_ROWS)
    ]
    with (folder / "past.csv").open("w", newline="") as file:
        csv.writer(file).writerows([IMPORTED_COLUMNS, *rows])
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in [IMPORTED_COLUMNS, *rows[: IMPORTED_ROWS // 5]]:
        sheet.append(row)
    book.save(folder / "past.xlsx")
    names = dict(zip(("device", "time", "metric", "value"), IMPORTED_COLUMNS, strict=True))
    mapping = mapping_of({"feed": "air", "zone": "+08:00", **names}, "benchmark")
    rates = {}
    for kind in ("csv", "xlsx"):
        scene = Scene(f"live-{kind}", "110000", Stamp.LIVE, "city")
        settings = replace(load({}), history=str(folder))
        outcome = import_tables(settings, declared, scene, tables_of([folder / f"past.{kind}"], mapping), mapping)
        assert outcome.readings == outcome.rows > 0 and not outcome.refused, outcome
        rates[f"import_{kind}_rows_per_minute"] = round(60 * outcome.rows / outcome.took_s)
    return rates


def timed_ms(arguments: list[str]) -> tuple[float, str]:
    """A Python process of ours from its start to its end, ms, and what it printed."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    begun_s, command = time.perf_counter(), [sys.executable, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=True)
    return 1000 * (time.perf_counter() - begun_s), done.stdout


def _children_s() -> float:
    """CPU that the processes used that ended, s: what others do on the machine is not in it."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
