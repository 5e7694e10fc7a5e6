"""Redis killed -9 while another process keeps the disk busy: what it acknowledged is there again after its start."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from prerequisites import unused_port

from core.errors import NeighbourDown
from core.records import ReadingBatch, Stamp
from stream.appender import Appender, Flush
from stream.codec import decode_readings
from stream.connect import Client, connect
from stream.embedded.redis_server import start_redis
from stream.keys import Keys

KEYS = Keys("test-440900", 4)
DEVICES = tuple(f"gauge-{number:03d}" for number in range(200))
BUSY = """
import os, sys
block = os.urandom(1 << 20)
while True:
    with open(sys.argv[1], "wb") as file:
        for _ in range(64):
            file.write(block)
            file.flush()
            os.fsync(file.fileno())
"""


@pytest.fixture
def busy_disk(tmp_path: Path) -> Iterator[None]:
    """A process that writes and syncs without end, on the disk on which Redis writes."""
    process = subprocess.Popen([sys.executable, "-c", BUSY, str(tmp_path / "busy")])
    yield
    process.kill()
    process.wait()


def batch(number: int) -> ReadingBatch:
    """A batch that knows its number: the value of every reading is that."""
    count = len(DEVICES)
    device, metric = np.arange(count, dtype=np.int32), np.zeros(count, np.uint16)
    event_ms, value = np.full(count, number, np.int64), np.full(count, float(number))
    return ReadingBatch(
        "gauge", Stamp.TEST, 1, DEVICES, ("level",), device, metric, event_ms, value, np.zeros(count, np.uint16)
    )


class Appending(threading.Thread):
    """Appends batch after batch as ingest does; what was not acknowledged goes again, and may stand twice."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.client = connect(url)
        self.acknowledged = 0
        self.stop = threading.Event()

    def run(self) -> None:
        appender = Appender(self.client, KEYS, 10_000_000)
        while not self.stop.is_set():
            try:
                appender.append(Flush(readings=(batch(self.acknowledged + 1),)))
            except NeighbourDown:
                self.stop.wait(0.02)
            else:
                self.acknowledged += 1
        self.client.close()


def standing(client: Client) -> dict[int, int]:
    """Number of a batch → how many different devices of it stand in the streams."""
    found: dict[int, set[str]] = {}
    for slot in KEYS.slots:
        for _, fields in client.xrange(KEYS.readings(slot)):
            read = decode_readings(fields)
            for number in np.unique(read.event_ms).tolist():
                mine = read.device[read.event_ms == number]
                found.setdefault(number, set()).update(read.devices[i] for i in mine.tolist())
    return {number: len(devices) for number, devices in found.items()}


@pytest.mark.claim("ENGINE", "Redis killed -9 while another process keeps the disk busy: no acknowledged reading lost")
@pytest.mark.parametrize("kills", [2, pytest.param(10, marks=pytest.mark.long)])
def test_what_redis_acknowledged_survives_its_kills(
    tmp_path: Path,
    busy_disk: None,
    wait_for: Callable[..., None],
    kills: int,
    record_property: Callable[..., None],
) -> None:
    port = unused_port()
    server = start_redis(tmp_path / "redis", port, tmp_path / "redis.log")
    appending = Appending(server.url)
    appending.start()
    try:
        for _ in range(kills):
            before = appending.acknowledged
            wait_for(lambda before=before: appending.acknowledged >= before + 30, 60)
            server.process.kill()
            server.process.wait()
            server = start_redis(tmp_path / "redis", port, tmp_path / "redis.log")
    finally:
        appending.stop.set()
        appending.join()
    client = connect(server.url)
    found = standing(client)
    client.close()
    server.stop()
    assert appending.acknowledged >= 30 * kills
    lost = [n for n in range(1, appending.acknowledged + 1) if found.get(n) != len(DEVICES)]
    assert not lost
    record_property("figure", f"{kills} kills, {appending.acknowledged * len(DEVICES):,} acknowledged readings stand")
