"""What the engine folds a second, what it keeps, and what a second process adds.

    python -m benchmarks.engine --json          at most a minute
    python -m benchmarks.engine --json --full   a million series whole, longer runs

The real stages: entries are read from a real Redis and decoded, doubles left out, panes folded, told, decoded again,
rolled up to 100 counties and the city. The reference reads the same entries from the same Redis with
`numpy.frombuffer` and sums them with `numpy.bincount`, turn about with the engine; it gives a sum for each series and
nothing else. Every part asserts its own answer against sums that were made while the load was.
"""

from __future__ import annotations

import json
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from benchmarks import engine_load as city
from benchmarks.engine_load import BEGIN_MS, METRICS, SCENE, Fields
from benchmarks.engine_scaling import redis_with, scaling
from core.records import MINUTE_MS, PaneBatch, Tick
from stream.codec import READING_COLUMNS, decode_panes, decode_values
from stream.connect import Client
from stream.entries import START, entries
from stream.keys import Keys
from stream.narrow import Narrow, widened
from workers.freed import keep_freed
from workers.stages import CityStage, PartitionStage

ROOT = Path(__file__).parents[1]
SERIES, IDLE_SERIES = 100_000, 300_000
ROUNDS = 36  # three minutes of readings each five seconds
ENTRIES_A_READ = 40  # as the engine does
# A tick after so many entries: each minute of city time, as in a backlog, where ticks are few; and, told apart, as
# often as the engine ticks while three million readings a second come in.
BACKLOG, FLOWING = 240, 40
STREAM = "load"
KEYS = Keys(SCENE.id, 1)


class Engine:
    """Both stages without Redis between them."""

    def __init__(self, series: int, **how: Any) -> None:
        declared = city.declared(series, **how)
        self.partition = PartitionStage("0", KEYS, declared)
        self.city = CityStage(KEYS, declared, SCENE)
        self.panes: list[PaneBatch] = []
        self.values: dict[tuple[str, int, str], float] = {}
        self.keep = False

    def fold(self, entries: Sequence[Fields]) -> None:
        """Entries of the log of the partition."""
        for fields in entries:
            self.partition.fold(fields)

    def tick(self, now_ms: int) -> None:
        """Decide both stages."""
        for _, fields in self.partition.decide(Tick(now_ms, {})):
            self.city.fold_beside(fields)
            if self.keep:
                self.panes.append(decode_panes(fields))
        self.decide_city(now_ms)

    def decide_city(self, now_ms: int) -> None:
        """Decide the second stage."""
        for stream, fields in self.city.decide(Tick(now_ms, {})):
            if self.keep and stream == KEYS.values:
                for batch in decode_values(fields):
                    rows = zip(batch.areas, batch.value.tolist(), strict=True)
                    self.values |= {(batch.indicator, batch.window_end_ms, area): value for area, value in rows}


def throughput(rounds: int, entries_a_tick: int) -> dict[str, float]:
    """Readings a second of one process: the engine, and `bincount` over the same entries."""
    load = city.load(SERIES, rounds)
    engine = Engine(SERIES)
    engine_s = reference_s = 0.0
    reference = Reference()
    with tempfile.TemporaryDirectory() as folder, redis_with(Path(folder), {STREAM: load.entries}) as client:
        cursor, read = START, 0
        while read < len(load.entries):
            begun_s = time.perf_counter()
            entries = _read(client, cursor)
            engine.fold(entries.fields)
            read += len(entries.fields)
            if read % entries_a_tick == 0:
                engine.tick(BEGIN_MS + read * city.BATCH // SERIES * city.EVERY_MS - 1)
            engine_s += time.perf_counter() - begun_s
            begun_s = time.perf_counter()
            for fields in _read(client, cursor).fields:
                reference.read(fields)
            reference_s += time.perf_counter() - begun_s
            cursor = entries.last
    engine.keep = True
    engine.tick(load.end_ms + 2 * MINUTE_MS)
    _assert_values(engine, load)
    assert reference.count.sum() == load.readings
    assert np.allclose(reference.total, load.total.sum(0) + load.again)
    rate, reference_rate = load.readings / engine_s, load.readings / reference_s
    return {
        "readings_per_s": round(rate),
        "reference_readings_per_s": round(reference_rate),
        "ratio": round(rate / reference_rate, 3),
    }


class Page(NamedTuple):
    """Entries of one read, and the id of the last."""

    fields: list[Fields]
    last: str


def _read(client: Client, after: str) -> Page:
    found = entries(client.xread({STREAM: after}, ENTRIES_A_READ)[0][1])
    return Page([fields for _, fields in found], found[-1][0])


class Reference:
    """The least that gives a number for each series: read all columns of an entry and its names, and add them up."""

    def __init__(self) -> None:
        self._number = {name: number for number, name in enumerate(city.names(SERIES))}
        self._metric = {f"m{number}": number for number in range(METRICS)}
        self._decoder = msgspec.msgpack.Decoder(
            tuple[int, tuple[str, str, int, list[str], list[str], dict[str, Narrow]]]
        )
        self.count, self.total = np.zeros(SERIES), np.zeros(SERIES)

    def read(self, fields: Fields) -> None:
        """Add one entry up."""
        *_, devices, metrics, narrowed = self._decoder.decode(fields[b"h"])[1]
        columns = {
            name: widened(np.frombuffer(fields[name.encode()], how.dtype), how, READING_COLUMNS[name])
            for name, how in narrowed.items()
        }
        device = np.fromiter(map(self._number.__getitem__, devices), np.int64, len(devices))
        metric = np.fromiter(map(self._metric.__getitem__, metrics), np.int64, len(metrics))
        series = device[columns["device"]] * METRICS + metric[columns["metric"]]
        first = int(series.min())  # sums of the devices of this entry, not of the whole city
        count = np.bincount(series - first)
        self.count[first : first + len(count)] += count
        self.total[first : first + len(count)] += np.bincount(series - first, columns["value"])


def _assert_values(engine: Engine, load: city.Load) -> None:
    """The last whole window of every county and metric is the mean of its stations' means."""
    minutes = load.count.shape[0]
    end_ms = BEGIN_MS + minutes * MINUTE_MS
    window = slice(max(0, minutes - 5), minutes)
    count, total = load.count[window].sum(0), load.total[window].sum(0)
    of_station = (total / np.maximum(count, 1)).reshape(-1, METRICS)
    county = np.arange(len(of_station)) % city.COUNTIES
    for metric in range(METRICS):
        mean = np.bincount(county, of_station[:, metric]) / np.bincount(county)
        for number, expected in enumerate(mean.tolist()):
            told = engine.values[f"load.m{metric}", end_ms, f"99{number + 1:04d}"]
            assert abs(told - expected) < 1e-6, (metric, number, told, expected)


def idle_tick() -> dict[str, float]:
    """The tick of the city when the panes of one county in a hundred changed, as a share of when all changed.

    Of devices with one metric each; decoding the panes and encoding the values is inside. A tick costs about two
    milliseconds before it touches anything, so that a city must be large for its size to show.
    """
    engine = Engine(IDLE_SERIES, early=True, metrics=1)
    everyone = np.arange(IDLE_SERIES)
    one_county = everyone[everyone % city.COUNTIES == 0]
    rounds = [*[None] * 4, *[one_county] * 8]
    taken_s: dict[bool, list[float]] = {True: [], False: []}
    for number, numbers in enumerate(rounds):
        at_ms = BEGIN_MS + number * city.EVERY_MS
        panes = _one_round(engine, number, numbers)
        begun_s = time.process_time()
        for fields in panes:
            engine.city.fold_beside(fields)
        engine.decide_city(at_ms + city.EVERY_MS)
        if number >= 2:
            taken_s[numbers is None].append(time.process_time() - begun_s)
    share = min(taken_s[False]) / min(taken_s[True])
    return {"idle_tick_share": round(share, 4), "full_tick_ms": round(min(taken_s[True]) * 1000, 1)}


def _one_round(engine: Engine, number: int, numbers: np.ndarray | None) -> list[Fields]:
    """What the first stage tells after one round of these devices."""
    load = city.load(IDLE_SERIES, 1, numbers, first_round=number, metrics=1)
    engine.fold(load.entries)
    return [fields for _, fields in engine.partition.decide(Tick(BEGIN_MS + (number + 1) * city.EVERY_MS, {}))]


def memory(series: int) -> None:
    """In a process of its own: an hour of minutes of so many series in both stages; prints what that added, bytes."""
    before = _resident_bytes()
    engine = Engine(series)
    for minute in range(62):
        load = city.load(series, 1, first_round=minute * 12)
        engine.fold(load.entries)
        engine.tick(load.end_ms)
        del load
    resident = _resident_bytes()
    kept = sum(len(chunk) for chunk in engine.partition.dirty().values() if chunk)
    print(json.dumps({"added": resident - before, "resident": resident, "state": kept}))


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def memory_of_a_million(series: int) -> dict[str, float]:
    """Run `memory` apart; scaled to a million series."""
    command = [sys.executable, "-m", "benchmarks.engine", "memory", str(series)]
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    found = json.loads(said.splitlines()[-1])
    scale = 1_000_000 / series
    return {"bytes_per_million_series": round(found["added"] * scale), "memory_series": series}


def run(full: bool) -> dict[str, Any]:
    """All measurements."""
    rounds = 3 * ROUNDS if full else ROUNDS
    figures: dict[str, Any] = throughput(rounds, BACKLOG)
    figures["readings_per_s_ticking"] = throughput(rounds, FLOWING)["readings_per_s"]
    figures |= idle_tick()
    figures |= memory_of_a_million(1_000_000 if full else 100_000)
    figures |= scaling(full)
    return figures | {"python": platform.python_version(), "numpy": np.__version__}


if __name__ == "__main__":
    keep_freed()  # as an engine does
    if sys.argv[1:2] == ["memory"]:
        memory(int(sys.argv[2]))
    else:
        told = run("--full" in sys.argv)
        if "--json" not in sys.argv:
            print(f"{told['readings_per_s']:,} readings/s, {told['ratio']} of the reference")
        print(json.dumps(told))
