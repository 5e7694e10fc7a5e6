"""The real ingest and engine on a real Redis and broker: started, killed, started again, read when all is decided."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from forked_worker import StartWorker
from prerequisites import REPOSITORY, eventually

from core.clock import real_ms
from core.records import Scene, Stamp, Status, Tick
from core.settings import as_environment, load
from simulator.message import Message
from simulator.replay.player import Gate, Pace, play
from stream.beats import read_beats
from stream.codec import decode_panes, decode_readings, decode_tick, decode_values
from stream.connect import Client
from stream.embedded.children import stop_child
from stream.entries import order
from stream.keys import CITY_SLOT, Keys
from stream.landed import Landed
from stream.scenes import declare_scene, hold_until

WORKERS = ("ingest", "engine")
MINUTE_MS, HOUR_MS = 60_000, 3_600_000


class Value(NamedTuple):
    """What is known in the end of one indicator in one area over one window. value None: unknown."""

    value: float | None
    reported: int
    expected: int
    detail: str


class Reading(NamedTuple):
    """One reading as it stands in the streams."""

    device: str
    metric: str
    event_ms: int
    value: float


@dataclass
class Reader:
    """What stands in the streams of a scene, decoded."""

    client: Client
    keys: Keys

    def readings(self) -> list[Reading]:
        """Every reading in the streams, doubles included."""
        found = []
        for slot in self.keys.slots:
            for _, fields in self.client.xrange(self.keys.readings(slot)):
                if fields[b"k"] == b"r":
                    batch = decode_readings(fields)
                    devices = (batch.devices[i] for i in batch.device.tolist())
                    metrics = (batch.metrics[i] for i in batch.metric.tolist())
                    found += map(Reading, devices, metrics, batch.event_ms.tolist(), batch.value.tolist())
        return found

    def pane_counts(self) -> dict[tuple[str, str, int], int]:
        """(device, metric, pane end) → how many readings the engine counted in it, in the end."""
        counts = {}
        for slot in self.keys.slots:
            for _, fields in self.client.xrange(self.keys.panes(slot)):
                panes = decode_panes(fields)
                devices = (panes.devices[i] for i in panes.device.tolist())
                metrics = (panes.metrics[i] for i in panes.metric.tolist())
                keys = zip(devices, metrics, panes.pane_end_ms.tolist(), strict=True)
                counts.update(zip(keys, panes.count.tolist(), strict=True))
        return counts

    def late_and_doubled(self) -> tuple[int, int]:
        """How many readings and tellings the engine left out as late, and how many readings as doubled."""
        panes = [decode_panes(f) for slot in self.keys.slots for _, f in self.client.xrange(self.keys.panes(slot))]
        return sum(p.late for p in panes), sum(p.doubled for p in panes)

    def values(self, indicator: str) -> dict[tuple[str, int], Value]:
        """(area, window end) → the last that was told of it."""
        told = {}
        for _, fields in self.client.xrange(self.keys.values):
            for batch in decode_values(fields):
                if batch.indicator != indicator:
                    continue
                columns = (batch.value, batch.reported, batch.expected, batch.status)
                rows = zip(batch.areas, batch.detail, *(column.tolist() for column in columns), strict=True)
                for area, detail, value, reported, expected, status in rows:
                    assert (status == Status.UNKNOWN) == math.isnan(value)
                    known = None if math.isnan(value) else value
                    told[area, batch.window_end_ms] = Value(known, reported, expected, detail)
        return told


@dataclass
class Installation:
    """One scene on one Redis and one broker, with the workers that serve it as processes of their own."""

    redis: Client
    mqtt_url: str
    folder: Path
    name: str
    start_worker: StartWorker

    def __post_init__(self) -> None:
        address = self.redis.connection_pool.connection_kwargs
        self.settings = replace(
            load({}),
            redis_url=f"redis://{address['host']}:{address['port']}",
            mqtt_url=self.mqtt_url,
            var=self.folder,
            packs=REPOSITORY / "packs",
            checkpoint_s=1,
        )
        self.scene_id = f"{self.name}-{os.getpid()}-{real_ms()}"
        self.root = f"{self.scene_id}/city"
        self.processes = {}
        self.kills = 0

    def show(self, city: str, pace: Pace, stamp: Stamp = Stamp.REPLAY) -> Keys:
        """Declare the scene, its clock held at the start of the pace, as a replay does."""
        return self.declare(
            Scene(
                self.scene_id, city, stamp, self.root, pace.start_ms, real_ms(), pace.clock_speed, hold_ms=pace.start_ms
            )
        )

    def declare(self, scene: Scene) -> Keys:
        """Make a scene of this installation the active one."""
        self.keys = declare_scene(self.redis, scene, self.settings.partitions)
        self.told = Reader(self.redis, self.keys)
        self.landed = Landed(self.redis, self.keys)
        return self.keys

    def start(self, *workers: str) -> None:
        """Start workers, or whatever else is a command of app.py; nothing is waited for."""
        for worker in workers:
            log_file = self.folder / f"{worker}.log"
            self.processes[worker] = self.start_worker(worker, log_file, as_environment(self.settings))

    def serving(self) -> bool:
        """True once every started worker says that it serves."""
        beats = read_beats(self.redis, self.keys)
        return all(worker in beats and beats[worker].state == "ok" for worker in self.processes)

    def kill(self, worker: str) -> None:
        """kill −9, and start it again as the supervisor would."""
        self.processes[worker].kill()
        self.processes[worker].wait()
        self.kills += 1
        self.start(worker)

    def stop(self) -> None:
        """End all workers in order."""
        for process in self.processes.values():
            stop_child(process, 10)

    def play(self, messages: Iterable[Message], pace: Pace, gate: Gate | None = None) -> int:
        """Play a timeline over MQTT as `app.py replay` does; how many distinct messages it held."""
        return play(messages, self.mqtt_url, self.root, pace=pace, gate=gate or self.gate())

    def gate(self) -> Gate:
        """City time waits for what landed in the streams."""
        return Gate(self.landed, self.hold, progress=lambda _: None, stopping=lambda: False)

    def hold(self, hold_ms: int) -> None:
        """City time may run up to here."""
        hold_until(self.redis, self.scene_id, hold_ms)

    def decide_all(self, upto_ms: int, within_s: float = 60.0) -> None:
        """Let city time reach `upto_ms`, and wait until everything that stands in the streams is decided as of it."""
        self.hold(upto_ms)

        def everything_is_decided() -> bool:
            return all(self._partition_decided(slot, upto_ms) for slot in self.keys.slots) and self._city_decided(
                upto_ms
            )

        eventually(everything_is_decided, within_s)

    def undecided(self) -> int:
        """Reading batches behind the committed position of their partition: what a killed engine must fold again."""
        return sum(
            fields[b"k"] == b"r"
            for slot in self.keys.slots
            for _, fields in self.redis.xrange(self.keys.readings(slot), f"({self._position(slot)}")
        )

    def _position(self, slot: str) -> str:
        found = self.redis.hget(self.keys.checkpoint(slot), "position")
        return found.decode() if found else "0-0"

    def _tick(self, slot: str) -> Tick | None:
        """The tick up to which a slot is committed."""
        position = self._position(slot)
        found = self.redis.xrange(self.keys.log(slot), position, position)
        return decode_tick(found[0][1]) if found else None

    def _partition_decided(self, slot: str, upto_ms: int) -> bool:
        tick = self._tick(slot)
        if tick is None or tick.now_ms < upto_ms:  # seen at once; what follows reads whole streams
            return False
        after = self.redis.xrange(self.keys.readings(slot), f"({self._position(slot)}")
        readings_follow = any(fields[b"k"] == b"r" for _, fields in after)
        return not readings_follow and order(tick.upto["evt"]) >= order(self._newest(self.keys.events(slot)))

    def _city_decided(self, upto_ms: int) -> bool:
        tick = self._tick(CITY_SLOT)
        return (
            tick is not None
            and tick.now_ms >= upto_ms
            and all(
                order(tick.upto[f"pane:{slot}"]) >= order(self._newest(self.keys.panes(slot)))
                for slot in self.keys.slots
            )
        )

    def _newest(self, stream: str) -> str:
        found = self.redis.xrevrange(stream, count=1)
        return found[0][0].decode() if found else "0-0"
