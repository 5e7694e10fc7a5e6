"""One frame a second to 500 clients: how long until each has it, and what the web process pays.

    python -m benchmarks.fanout --json

A real Redis, a real web process (`app.py web`), real WebSocket clients. The Board's frames are of the demonstration
city: each second 30 values change. A frame's delay is from the moment before it is appended to the moment a client
has received it, on one machine's clock; the clients share one process and their own cost is inside.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
from websockets.asyncio.client import connect as ws_connect

import catalogue
from benchmarks.load import free_port
from benchmarks.neighbours import used_s
from board import frames
from board.frames import Stance
from board.picture import Picture
from core.clock import real_ms
from core.records import Scene, Stamp, Status, ValueBatch
from stream.boards import BoardOwner, Snapshot, take_board
from stream.connect import connect
from stream.embedded.redis_server import start_redis
from stream.scenes import declare_scene

ROOT = Path(__file__).parents[1]
SCENE = Scene("demo-440900", "440900", Stamp.DEMO, "city")
CLIENTS = 500
SECONDS = 20
CHANGED = 30
SERVER_MS = re.compile(rb'"server_ms":(\d+)')  # parsing whole frames 500 times a second would measure the clients
PERIOD_S = 1.05  # figures wait for their second; a frame asked for a millisecond before it would be empty


class Source:
    """A Board that changes some values each second."""

    def __init__(self, owner: BoardOwner) -> None:
        self._declared = catalogue.load(ROOT / "packs", SCENE.city)
        self._picture = Picture(self._declared, SCENE, "zh")
        self._owner, self._rng, self._revision = owner, np.random.default_rng(7), real_ms()
        self._areas = ("440900", *(county.id for county in self._declared.areas.counties))
        for indicator in self._declared.indicators:
            self._fold(indicator)
        self._picture.tick(real_ms(), real_ms())
        self._picture.difference()
        whole = frames.snap(self._stance(), self._revision, self._picture.sections)
        owner.save(Snapshot(f"{self._revision}-0", {}, whole))
        self.snapshot_bytes = len(whole)

    def next(self) -> int:
        """Append one frame; its size in bytes."""
        names = list(self._declared.indicators)
        for indicator in self._rng.choice(names, CHANGED // len(self._areas), replace=False):
            self._fold(str(indicator))
        self._picture.tick(real_ms(), real_ms())
        difference = self._picture.difference()
        assert difference is not None
        prev, self._revision = self._revision, frames.next_revision(self._revision, real_ms())
        frame = frames.diff(self._stance(), self._revision, prev, difference)
        self._owner.append(frame, f"{self._revision}-0")
        return len(frame)

    def _fold(self, indicator: str) -> None:
        now_ms, n = real_ms(), len(self._areas)
        self._picture.fold_values(
            [
                ValueBatch(
                    indicator=indicator,
                    version="1",
                    window_end_ms=now_ms,
                    decided_ms=now_ms,
                    areas=self._areas,
                    value=self._rng.uniform(0, 300, n),
                    reported=np.ones(n, np.int32),
                    expected=np.ones(n, np.int32),
                    newest_ms=np.full(n, now_ms, np.int64),
                    status=np.full(n, Status.FINAL, np.uint8),
                    detail=("",) * n,
                )
            ]
        )

    def _stance(self) -> Stance:
        return Stance(SCENE.id, "benchmark", real_ms(), real_ms(), 1.0)


async def client(address: str, delays_ms: list[float], sizes: list[int], joined: asyncio.Semaphore) -> None:
    """Receive until cancelled; a frame's delay counts from its own `server_ms`."""
    async with ws_connect(address, max_size=None, compression=None) as socket:
        joined.release()
        while True:
            frame = await socket.recv(decode=False)
            now_ms = time.time() * 1000
            sizes.append(len(frame))
            if frame.startswith(b'{"k":"diff"'):
                delays_ms.append(now_ms - int(SERVER_MS.search(frame, 0, 200)[1]))


async def measure(port: int, web: int, source: Source) -> dict[str, Any]:
    """Delays of all frames at all clients, ms."""
    delays_ms: list[float] = []
    sizes: list[int] = []
    joined = asyncio.Semaphore(0)
    address = f"ws://127.0.0.1:{port}/live/ws"
    tasks = [asyncio.create_task(client(address, delays_ms, sizes, joined)) for _ in range(CLIENTS)]
    for _ in tasks:
        await joined.acquire()
    await asyncio.sleep(2)  # the whole pictures are through
    delays_ms.clear()
    sizes.clear()
    cpu_s = used_s([web])
    begun_s = time.monotonic()
    for _ in range(SECONDS):
        await asyncio.to_thread(source.next)
        await asyncio.sleep(PERIOD_S)  # after it: one that came late must not make the next one come too early
    elapsed_s = time.monotonic() - begun_s
    cpu_s = used_s([web]) - cpu_s
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert len(delays_ms) == CLIENTS * SECONDS, f"{len(delays_ms)} of {CLIENTS * SECONDS} frames arrived"
    p50, p95, p99 = np.percentile(delays_ms, [50, 95, 99])
    return {
        "clients": CLIENTS,
        "frames": SECONDS,
        "p50_ms": round(float(p50), 1),
        "p95_ms": round(float(p95), 1),
        "p99_ms": round(float(p99), 1),
        "bytes_s_each": round(sum(sizes) / CLIENTS / elapsed_s),
        "web_cores": round(cpu_s / elapsed_s, 3),
        "snapshot_bytes": source.snapshot_bytes,
    }


def run() -> dict[str, Any]:
    """The whole measurement."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (8192, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    with tempfile.TemporaryDirectory() as folder:
        redis = start_redis(Path(folder) / "redis", free_port(), Path(folder) / "redis.log")
        port = free_port()
        environ = {**os.environ, "REDIS_URL": redis.url, "CITYVITALS_PORT": str(port), "CITYVITALS_VAR": folder}
        environ["CITYVITALS_ACCOUNTS"] = "0"
        client_of_redis = connect(redis.url)
        source = Source(take_board(client_of_redis, declare_scene(client_of_redis, SCENE, 1)))
        with (Path(folder) / "web.log").open("wb") as log:
            web = subprocess.Popen([sys.executable, "app.py", "web"], cwd=ROOT, env=environ, stdout=log, stderr=log)
        try:
            wait_until_up(port)
            return asyncio.run(measure(port, web.pid, source)) | {"python": platform.python_version()}
        finally:
            web.send_signal(signal.SIGTERM)
            web.wait(10)
            redis.stop()


def wait_until_up(port: int) -> None:
    """Until the website shows the picture."""
    for _ in range(200):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/warnings", timeout=1)
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the website did not answer within 20 s")


if __name__ == "__main__":
    figures = run()
    if "--json" not in sys.argv:
        print(f"{figures['clients']} clients, 1 frame/s: p99 {figures['p99_ms']} ms, {figures['web_cores']} cores")
    print(json.dumps(figures))
