"""One, two and four engine processes over the same backlogs, turn about, on a real Redis.

Three crews of one, two and four processes live side by side, each on a database of its own of one Redis, and all stand
still but the one that is measured. Meanwhile the logs of its partitions are replaced by five minutes of readings, six
million; time runs from the moment it may go on until every partition has decided all of it. Every backlog is worked
off by each crew, and a ratio is of two runs over the same backlog: what else the machine did met both.

Kept out of all runs alike, because it fell into some and made two processes 1.2 to 1.9 times as fast as one: Redis
rewriting its own file beside them, the city deciding what came before time ran, and checkpoints. One process keeps more
than one core busy, because Redis sends while it folds (`cores_1_worker`): two cores divided by that are the most that a
second process can bring.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks import engine_load as city
from benchmarks.engine_crew import Backlog, EngineCrew, Run
from benchmarks.engine_load import BEGIN_MS, EVERY_MS
from benchmarks.load import free_port
from core.clock import real_ms
from core.records import HOUR_MS
from stream.connect import Client, connect
from stream.embedded.redis_server import RedisServer, start_redis

SERIES, PARTITIONS = 100_000, 8
ROUNDS, FIRST_ROUNDS = 60, 12  # whole minutes; what a process does once in its life is done in the first, not timed
WORKERS = (1, 2, 4)
TIMES = 7
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


def scaling(full: bool) -> dict[str, Any]:
    """Readings a second of one, two and four processes, and the ratios."""
    rounds = 3 * ROUNDS if full else ROUNDS
    runs: dict[int, list[Run]] = {workers: [] for workers in WORKERS}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        redis, client = stack.enter_context(_redis(folder))
        client.config_set("auto-aof-rewrite-percentage", 0)
        crews = [EngineCrew(redis, folder, workers, PARTITIONS, SERIES) for workers in WORKERS]
        for crew in crews:
            stack.callback(crew.end)
        for crew in crews:
            crew.settle()
        for number in range(TIMES + 1):
            first_round = FIRST_ROUNDS + (number - 1) * rounds if number else 0
            backlog = _backlog(client, first_round, rounds if number else FIRST_ROUNDS)
            for crew in crews if number % 2 else crews[::-1]:  # what only rises or falls meanwhile meets both alike
                runs[crew.workers].append(crew.work_off(backlog, client))
    one, two, four = timed = [runs[workers][1:] for workers in WORKERS]
    return {
        "readings_per_s_1_worker": round(median(run.readings_per_s for run in one)),
        "scaling_2_workers": _ratio(two, one),
        "scaling_4_workers": _ratio(four, one),
        "four_to_two_workers": _ratio(four, two),
        "cores_1_worker": round(median(run.cores for run in one), 2),
        "others_cores": round(median(run.others_cores for several in timed for run in several), 2),
        "machine_scaling_2": machine_scaling(),
    }


def machine_scaling() -> float:
    """What a second process adds that shares nothing: two virtual cores may be less than two."""
    return round(median(_counted_by(2) / _counted_by(1) for _ in range(2)), 3)


def _counted_by(processes: int) -> int:
    command = [sys.executable, "-c", COUNT, str(ALONE_S)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(processes)]
    return sum(int(process.communicate()[0]) for process in running)


def _ratio(runs: Sequence[Run], others: Sequence[Run]) -> float:
    """Of runs over the same backlog."""
    pairs = zip(runs, others, strict=True)
    return round(median(run.readings_per_s / other.readings_per_s for run, other in pairs), 3)


def _backlog(client: Client, first_round: int, rounds: int) -> Backlog:
    """Readings in place of those before. Their ids lie hours ahead, behind those of all ticks of the logs so far."""
    loads = [city.load(SERIES, rounds, numbers, first_round) for numbers in city.by_partition(SERIES, PARTITIONS)]
    streams = {str(slot): f"backlog:{slot}" for slot in range(PARTITIONS)}
    client.delete(*streams.values())
    for stream, load in zip(streams.values(), loads, strict=True):
        _append(client, stream, load.entries, real_ms() + (1 + first_round) * HOUR_MS)
    readings, counted = sum(load.readings for load in loads), np.sum([load.count for load in loads], axis=0)
    return Backlog(streams, readings, counted, BEGIN_MS + first_round * EVERY_MS, loads[0].end_ms)


@contextmanager
def redis_with(folder: Path, streams: Mapping[str, Sequence[city.Fields]]) -> Iterator[Client]:
    """A Redis of our own that holds these entries."""
    with _redis(folder) as (_, client):
        for stream, entries in streams.items():
            _append(client, stream, entries, real_ms())
        yield client


@contextmanager
def _redis(folder: Path) -> Iterator[tuple[RedisServer, Client]]:
    redis = start_redis(folder / "redis", free_port(), folder / "redis.log")
    client = connect(redis.url)
    yield redis, client
    client.close()
    redis.stop()


def _append(client: Client, stream: str, entries: Sequence[city.Fields], first_ms: int) -> None:
    """first_ms: of the ids."""
    pipe = client.pipeline()
    for number, fields in enumerate(entries):
        pipe.xadd(stream, dict(fields), id=f"{first_ms}-{number}")
        if number % 50 == 49:
            pipe.execute()
    pipe.execute()
