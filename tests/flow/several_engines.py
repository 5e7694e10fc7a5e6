"""Several engine processes on one Redis, a backlog fed to them at a pace, and what must come out of it.

City and load are those of `benchmarks/engine_load.py`: five metrics a device, averaged over five minutes.
"""

from __future__ import annotations

import json
import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from forked_worker import StartWorker, forked_code
from prerequisites import ANSWER_S, eventually

from benchmarks import engine_load as city
from benchmarks.engine_crew import SERVE
from core.records import Tick
from stream.codec import READINGS, decode_panes, decode_values
from stream.connect import Client
from stream.crew import read_crew
from stream.embedded.children import Child
from stream.entries import entries, order
from stream.keys import CITY_SLOT, Keys
from stream.scenes import declare_scene, hold_until
from stream.slot import owners
from workers.stages import CityStage, PartitionStage

APP = forked_code(("benchmarks.engine_load", "workers.engine"), SERVE)
PARTITIONS = 4
MINUTE_MS = 60_000
Value = dict[tuple[str, int, str], float]


@dataclass
class Engines:
    """Engine processes by number; each has a folder of its own, as if it ran on a machine of its own.

    at_once: how many of them share the slots, however few cores there are.
    """

    client: Client
    folder: Path
    series: int
    start_worker: StartWorker
    running: dict[int, Child] = field(default_factory=dict)
    at_once: int = 8

    def __post_init__(self) -> None:
        self.keys = declare_scene(self.client, city.SCENE, PARTITIONS)

    def start(self, number: int) -> None:
        """Start one, or start it again."""
        where = self.client.connection_pool.connection_kwargs
        folder = self.folder / str(number)
        folder.mkdir(parents=True, exist_ok=True)
        told = {
            "REDIS_URL": f"redis://{where['host']}:{where['port']}",
            "CITYVITALS_VAR": str(folder),
            "CITYVITALS_CHECKPOINT_S": "2",
            "CITYVITALS_ENGINES_AT_ONCE": str(self.at_once),
        }
        self.running[number] = self.start_worker(str(self.series), folder / "log", told)

    def signal(self, number: int, what: signal.Signals) -> None:
        """Send one a signal; of one that ends by it, wait for the end."""
        self.running[number].send_signal(what)
        if what in (signal.SIGKILL, signal.SIGTERM):
            self.running.pop(number).wait(ANSWER_S)

    def name(self, number: int) -> str:
        """Under which name the others see it."""
        drawn = (self.folder / str(number) / "engine-1.lock").read_text()
        return f"{socket.gethostname()}-engine-1-{drawn}"

    def said(self, number: int) -> str:
        """Everything that it logged."""
        log = (self.folder / str(number) / "log").read_text("utf-8")
        return "\n".join(json.loads(line)["says"] for line in log.splitlines())

    def owned(self, number: int) -> list[str]:
        """The slots that it owns."""
        name = self.name(number)
        return [slot for slot, owner in owners(self.client, self.keys).items() if owner == name]

    def all_share(self) -> bool:
        """True once every slot is owned by one of those that run, and each of them has its share."""
        if any(not (self.folder / str(number) / "engine-1.lock").exists() for number in self.running):
            return False
        names = {self.name(number) for number in self.running}
        held = owners(self.client, self.keys)
        telling = {slot for name, member in read_crew(self.client, self.keys).items() for slot in member.cursors}
        return set(held.values()) == names and telling == set(held)

    def backlog(self, number: int) -> int:
        """Reading batches behind the checkpoints of its slots: what it holds in memory only."""
        found = 0
        for slot in self.owned(number):
            position = self.client.hget(self.keys.checkpoint(slot), "position") or b"0-0"
            after = self.client.xrange(self.keys.log(slot), b"(" + position)
            found += sum(fields[b"k"] == READINGS for _, fields in after)
        return found

    def decided(self) -> bool:
        """True when everything in the logs is decided, and the city has seen all panes as of the end of its clock."""
        keys, held = self.keys, {}
        for slot in (*keys.slots, CITY_SLOT):
            found = self.client.hmget(keys.checkpoint(slot), "decided", "decided_ms", "decided_upto")
            if None in found:
                return False
            held[slot] = (found[0].decode(), int(found[1]), json.loads(found[2]))
        hold_ms = int(self.client.hget(f"{keys.scene}:scene", "hold_ms"))
        return held[CITY_SLOT][1] >= hold_ms and all(
            order(held[slot][0]) >= order(self._newest(keys.readings(slot)))
            and held[slot][1] >= hold_ms
            and order(held[CITY_SLOT][2][f"pane:{slot}"]) >= order(self._newest(keys.panes(slot)))
            for slot in keys.slots
        )

    def _newest(self, stream: str) -> str:
        found = self.client.xrevrange(stream, count=1)
        return found[0][0].decode() if found else "0-0"

    def values(self) -> Value:
        """The last that was told of each value."""
        told: Value = {}
        for _, fields in entries(self.client.xrange(self.keys.values)):
            _note(told, fields)
        return told

    def counted(self) -> np.ndarray:
        """(minutes, series): how many readings each pane holds in the end."""
        number_of = {name: number for number, name in enumerate(city.names(self.series))}
        counts = np.zeros((0, self.series), np.int64)
        for slot in self.keys.slots:
            for _, fields in self.client.xrange(self.keys.panes(slot)):
                panes = decode_panes(fields)
                device = np.array([number_of[name] for name in panes.devices], np.int64)
                metric = np.array([int(name[1:]) for name in panes.metrics], np.int64)
                minute = (panes.pane_end_ms - city.BEGIN_MS) // MINUTE_MS - 1
                if len(minute) and minute.max() >= len(counts):
                    grown = np.zeros((int(minute.max()) + 1, self.series), np.int64)
                    grown[: len(counts)] = counts
                    counts = grown
                counts[minute, device[panes.device] * city.METRICS + metric[panes.metric]] = panes.count
        return counts


@dataclass
class Feeding:
    """Appends a load round by round at a pace; every tenth entry comes up to 20 rounds late, every twentieth twice."""

    engines: Engines
    rounds: int
    rounds_a_second: float

    def __post_init__(self) -> None:
        keys, series = self.engines.keys, self.engines.series
        self.loads = [city.load(series, self.rounds, numbers) for numbers in city.by_partition(series, PARTITIONS)]
        rng = np.random.default_rng(3)
        arriving: list[tuple[int, str, city.Fields]] = []
        for slot, load in zip(keys.slots, self.loads, strict=True):
            a_round = len(load.entries) // self.rounds
            for number, fields in enumerate(load.entries):
                told = number // a_round
                late = int(rng.integers(1, 20)) if number % 10 == 3 else 0
                arriving.append((told + late, slot, fields))
                if number % 20 == 7:
                    arriving.append((told + int(rng.integers(0, 5)), slot, fields))
        self.arriving = sorted(arriving, key=lambda one: one[0])
        self.readings = sum(load.readings for load in self.loads)
        self.count = sum(load.count for load in self.loads)

    def play(self) -> Iterator[int]:
        """Feed one round after the other; yields the number of each that is in.

        The city decides from its first tick on. Where that came after the first minute was fed, as it did once on an
        overloaded machine, the window that ends where the clock begins, without any reading, was never decided.
        """
        eventually(self.engines.decided, 20)
        begun_s, at = time.monotonic(), 0
        last = self.arriving[-1][0]
        for number in range(last + 1):
            pipe = self.engines.client.pipeline()
            while at < len(self.arriving) and self.arriving[at][0] == number:
                _, slot, fields = self.arriving[at]
                pipe.xadd(self.engines.keys.readings(slot), dict(fields))
                at += 1
            pipe.execute()
            hold_until(self.engines.client, city.SCENE.id, city.BEGIN_MS + (number + 1) * city.EVERY_MS)
            yield number
            time.sleep(max(0.0, begun_s + (number + 1) / self.rounds_a_second - time.monotonic()))  # the pace
        hold_until(self.engines.client, city.SCENE.id, city.BEGIN_MS + (last + 1) * city.EVERY_MS + 10 * MINUTE_MS)

    def finish(self, within_s: float = 60) -> None:
        """Wait until everything is decided."""
        eventually(self.engines.decided, within_s)

    def undisturbed(self) -> Value:
        """What one pass of both stages says, without Redis, processes or crashes."""
        declared = city.declared(self.engines.series)
        keys = Keys("undisturbed", PARTITIONS)
        stages = [PartitionStage(slot, keys, declared) for slot in keys.slots]
        whole = CityStage(keys, declared, city.SCENE)
        told: Value = {}
        last, at = self.arriving[-1][0], 0
        ends_ms = [city.BEGIN_MS + (number + 1) * city.EVERY_MS for number in range(last + 1)]
        for number, end_ms in enumerate([*ends_ms, ends_ms[-1] + 10 * MINUTE_MS]):
            while at < len(self.arriving) and self.arriving[at][0] == number:
                _, slot, fields = self.arriving[at]
                stages[int(slot)].fold(fields)
                at += 1
            for stage in stages:
                for _, fields in stage.decide(Tick(end_ms, {})):
                    whole.fold_beside(fields)
            for stream, fields in whole.decide(Tick(end_ms, {})):
                if stream == keys.values:
                    _note(told, fields)
        return told

    def check(self) -> str:
        """Nothing lost, nothing doubled, every value that of the undisturbed run; what was compared, in words."""
        counted = self.engines.counted()
        assert (counted == self.count[: len(counted)]).all() and counted.sum() == self.count.sum()
        expected, told = self.undisturbed(), self.engines.values()
        assert expected.keys() == told.keys()
        wrong = [row for row, value in expected.items() if not np.array_equal(value, told[row], equal_nan=True)]
        assert not wrong, f"{len(wrong)} of {len(expected)} values differ: {wrong[:5]}"
        return f"{self.readings:,} readings, {len(expected):,} values equal to the bit"


def _note(told: Value, fields: city.Fields) -> None:
    for batch in decode_values(fields):
        rows = zip(batch.areas, batch.value.tolist(), strict=True)
        told.update(((batch.indicator, batch.window_end_ms, area), value) for area, value in rows)
