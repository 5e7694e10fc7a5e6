"""One, two and four engine processes over the same backlog, on a real Redis.

Every partition's entries lie ready in Redis under another name; once all processes tell that they serve, a copy of
them is renamed to the logs, and time runs until every partition has decided all of it. The backlog is seconds of work:
the tick that everybody waits for in the end must not decide the ratio. Nor must what a process does once in its life
(0.07 s of a core: two more processes were 6 % of a run): all have folded the first entries before time runs.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import engine_load as city
from benchmarks.engine_load import SCENE
from benchmarks.load import free_port
from core.clock import real_ms
from stream.codec import decode_panes
from stream.connect import Client, connect
from stream.crew import read_crew
from stream.embedded.redis_server import start_redis
from stream.entries import order
from stream.keys import Keys
from stream.scenes import declare_scene, hold_until
from stream.slot import owners
from workers.shares import shares

ROOT = Path(__file__).parents[1]
SERIES, PARTITIONS = 100_000, 8
ROUNDS = 80  # eight million readings
FIRST = 8  # entries a partition that are folded before
WORKERS = (1, 2, 4)
TIMES = 2  # turn about
ALONE_S = 0.8  # each of the processes that only count
COUNT = """
import sys, time
import numpy as np
series, rounds = np.random.default_rng(7).integers(0, 100_000, 200_000), 0
until_s = time.perf_counter() + float(sys.argv[1])
while time.perf_counter() < until_s:
    np.bincount(series, minlength=100_000)
    rounds += 1
print(rounds)
"""
SERVE = """
import os, sys
from benchmarks import engine_load
from core.settings import load
from workers import engine, worker
worker.catalogue.load_fitting = lambda packs, city, adopted: engine_load.declared(int(sys.argv[1]))
sys.exit(engine.run(load(os.environ)))
"""


def scaling(full: bool) -> dict[str, Any]:
    """Readings a second of one, two and four processes, and the ratios."""
    rounds = 3 * ROUNDS if full else ROUNDS
    parts = [city.load(SERIES, rounds, numbers) for numbers in city.by_partition(SERIES, PARTITIONS)]
    first = [part.entries[:FIRST] for part in parts]
    readings = sum(part.readings * (len(part.entries) - FIRST) / len(part.entries) for part in parts)
    expected = sum(int(part.count.sum()) for part in parts)
    rates: dict[int, list[float]] = {workers: [] for workers in WORKERS}
    backlog = {_backlog(str(slot)): part.entries[FIRST:] for slot, part in enumerate(parts)}
    with tempfile.TemporaryDirectory() as folder, redis_with(Path(folder), backlog) as client:
        for workers in WORKERS * TIMES:
            _forget_all_but(client, backlog)
            keys = declare_scene(client, SCENE, PARTITIONS)
            rates[workers].append(readings / _time(client, keys, _environment(client, folder), workers, first))
            assert _counted(client, keys) == expected
    return {
        "readings_per_s_1_worker": round(median(rates[1])),
        "scaling_2_workers": _ratio(rates[2], rates[1]),
        "scaling_4_workers": _ratio(rates[4], rates[1]),
        "four_to_two_workers": _ratio(rates[4], rates[2]),
        "machine_scaling_2": machine_scaling(),
    }


def machine_scaling() -> float:
    """What a second process adds that shares nothing: two virtual cores may be less than two."""
    return round(median(_counted_by(2) / _counted_by(1) for _ in range(TIMES)), 3)


def _counted_by(processes: int) -> int:
    command = [sys.executable, "-c", COUNT, str(ALONE_S)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(processes)]
    return sum(int(process.communicate()[0]) for process in running)


def _backlog(slot: str) -> str:
    return f"backlog:{{{slot}}}"


def _waiting(slot: str) -> str:
    return f"waiting:{{{slot}}}"


def _forget_all_but(client: Client, kept: Mapping[str, Any]) -> None:
    """Leave nothing of the processes before."""
    stays = {name.encode() for name in kept}
    if others := [key for key in client.scan_iter(count=1000) if key not in stays]:
        client.delete(*others)


def _ratio(rates: Sequence[float], others: Sequence[float]) -> float:
    """Of rounds that followed each other: what else the machine did met both."""
    return round(median(rate / other for rate, other in zip(rates, others, strict=True)), 3)


@contextmanager
def redis_with(folder: Path, streams: Mapping[str, Sequence[city.Fields]]) -> Iterator[Client]:
    """A Redis of our own that holds these entries."""
    redis = start_redis(folder / "redis", free_port(), folder / "redis.log")
    client = connect(redis.url)
    for stream, entries in streams.items():
        _append(client, stream, entries)
    yield client
    client.close()
    redis.stop()


def _append(client: Client, stream: str, entries: Sequence[city.Fields]) -> None:
    """Under ids of an hour from now, after every tick that the processes ask for while they wait."""
    pipe, first_ms = client.pipeline(), real_ms() + 3_600_000
    for number, fields in enumerate(entries):
        pipe.xadd(stream, dict(fields), id=f"{first_ms}-{number}")
        if number % 50 == 49:
            pipe.execute()
    pipe.execute()


def _environment(client: Client, folder: str) -> dict[str, str]:
    where = client.connection_pool.connection_kwargs
    url = f"redis://{where['host']}:{where['port']}"
    return {**os.environ, "REDIS_URL": url, "CITYVITALS_VAR": folder, "CITYVITALS_CHECKPOINT_S": "5"}


def _time(
    client: Client, keys: Keys, environment: dict[str, str], workers: int, first: Sequence[Sequence[city.Fields]]
) -> float:
    """From the moment the backlog is there until all of it is decided, s. first: entries that are folded before."""
    command = [sys.executable, "-c", SERVE, str(SERIES)]
    for slot in keys.slots:
        client.copy(_backlog(slot), _waiting(slot))
    processes = [subprocess.Popen(command, cwd=ROOT, env=environment) for _ in range(workers)]
    try:
        _wait(lambda: _shared(client, keys, workers))
        hold_until(client, SCENE.id, SCENE.city_ms + 3600_000)
        _wait_decided(client, keys, {slot: _added(client, keys, slot, first[int(slot)]) for slot in keys.slots})
        ends = {slot: client.xrevrange(_waiting(slot), count=1)[0][0].decode() for slot in keys.slots}
        begun_s = time.perf_counter()
        pipe = client.pipeline()
        for slot in keys.slots:
            pipe.rename(_waiting(slot), keys.readings(slot))
        pipe.execute()
        _wait_decided(client, keys, ends)
        return time.perf_counter() - begun_s
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            process.wait(20)


def _shared(client: Client, keys: Keys, workers: int) -> bool:
    """True once all processes tell, and each reads the slots that are its share."""
    crew = read_crew(client, keys)
    read = {slot: member.name for member in crew.values() for slot in member.cursors}
    return len(crew) == workers and read == shares(keys.slots, crew) == owners(client, keys)


def _added(client: Client, keys: Keys, slot: str, entries: Sequence[city.Fields]) -> str:
    """Append entries to a log; the id of the last."""
    return [client.xadd(keys.readings(slot), dict(fields)) for fields in entries][-1].decode()


def _wait_decided(client: Client, keys: Keys, ends: Mapping[str, str]) -> None:
    _wait(lambda: all(order(_decided(client, keys, slot)) > order(end) for slot, end in ends.items()))


def _decided(client: Client, keys: Keys, slot: str) -> str:
    return (client.hget(keys.checkpoint(slot), "decided") or b"0-0").decode()


def _counted(client: Client, keys: Keys) -> int:
    """How many readings the panes hold in the end."""
    found = 0
    for slot in keys.slots:
        newest: dict[tuple[str, str, int], int] = {}
        for _, fields in client.xrange(keys.panes(slot)):
            panes = decode_panes(fields)
            named = (
                [panes.devices[n] for n in panes.device.tolist()],
                [panes.metrics[n] for n in panes.metric.tolist()],
                panes.pane_end_ms.tolist(),
            )
            newest.update(zip(zip(*named, strict=True), panes.count.tolist(), strict=True))
        found += sum(newest.values())
    return found


def _wait(condition: Any, within_s: float = 60.0) -> None:
    until_s = time.perf_counter() + within_s
    while not condition():
        if time.perf_counter() > until_s:
            raise SystemExit("the engine did not finish")
        time.sleep(0.01)
