"""Breach at the device → painted on the wall, while 10,000 messages a second flow.

    python -m benchmarks.latency --json

The whole installation runs as a user starts it (`app.py run`, live scene, its own folder and ports), headless
Chromium shows the wall, a child process publishes the load, and one river station after another is taken over its
record stage and back. Published and painted are read from one machine's clock: the moment before the packet is
handed to the socket, and the first animation frame after the warning stands in the page.
"""

from __future__ import annotations

import json
import os
import platform
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page, sync_playwright

import catalogue
from benchmarks.load import free_port, publish_packet, publish_socket
from core.declared import Device

ROOT = Path(__file__).parents[1]
RATE_PER_S = 10_000
ENDS_AFTER_S = 55  # the promise is "within 60 s", start and stop of the installation included
WARM_UP_S = 3
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")
WATCH = """
window.cvPainted = {};
new MutationObserver(() => requestAnimationFrame(() => {
  const now = performance.timeOrigin + performance.now();
  for (const row of document.querySelectorAll('[data-subject]'))
    window.cvPainted[row.dataset.subject] = window.cvPainted[row.dataset.subject] || now;
})).observe(document.body, {childList: true, subtree: true, attributes: true});
"""


@contextmanager
def installation(var: Path) -> Iterator[tuple[str, int]]:
    """A running installation without simulator: its address and its broker's port."""
    web, redis, mqtt = free_port(), free_port(), free_port()
    environ = {
        **os.environ,
        "CITYVITALS_VAR": str(var),
        "CITYVITALS_PORT": str(web),
        "CITYVITALS_REDIS_PORT": str(redis),
        "CITYVITALS_MQTT_PORT": str(mqtt),
        "CITYVITALS_SIMULATE": "0",
    }
    log = (var / "run.log").open("wb")
    process = subprocess.Popen([sys.executable, "app.py", "run"], cwd=ROOT, env=environ, stdout=log, stderr=log)
    try:
        address = f"http://127.0.0.1:{web}/"
        _wait_until_up(address, process)
        yield address, mqtt
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


def _wait_until_up(address: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise SystemExit("the installation did not start; see run.log")
        try:
            urllib.request.urlopen(address + "wall", timeout=1)
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the installation did not answer within 30 s")


def publish_stage(link: socket.socket, station: Device, stage_m: float, packet_id: int) -> float:
    """One reading of one river station; returns when it was handed over, ms since the epoch."""
    at_ms = time.time() * 1000
    body = json.dumps({"t": int(at_ms), "values": {"stage": stage_m}}).encode()
    link.sendall(publish_packet(f"city/{station.feed}/{station.id}/readings", body, packet_id))
    return at_ms


def measure(page: Page, link: socket.socket, stations: list[Device], until_s: float) -> list[float]:
    """Latencies in ms, one a breach, until the time is over. A breach that is never painted ends the run."""
    latencies, packet_id = [], 1
    while time.monotonic() < until_s:
        station = stations[len(latencies) % len(stations)]
        record_m = max(reference.value for reference in station.references)
        page.evaluate("window.cvPainted = {}")
        sent_ms = publish_stage(link, station, record_m + 0.5, packet_id)
        painted = page.wait_for_function("subject => window.cvPainted[subject]", arg=station.id, timeout=10_000)
        latencies.append(float(painted.json_value()) - sent_ms)
        publish_stage(link, station, record_m - 5.0, packet_id + 1)
        gone = "subject => !document.querySelector(`[data-subject='${subject}']`)"
        page.wait_for_function(gone, arg=station.id, timeout=10_000)
        packet_id = packet_id % 60_000 + 2
    return latencies


def run(started_s: float) -> dict[str, Any]:
    """The whole measurement."""
    declared = catalogue.load(ROOT / "packs", "茂名")
    stations = [device for device in declared.devices.values() if device.references]
    with tempfile.TemporaryDirectory() as folder, installation(Path(folder)) as (address, mqtt_port):
        command = [sys.executable, "-m", "benchmarks.load", str(mqtt_port), str(RATE_PER_S), str(ENDS_AFTER_S)]
        load = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
                page = browser.new_page(viewport={"width": 1920, "height": 1080})
                page.goto(address + "wall")
                page.wait_for_selector("body.is-live", timeout=20_000)
                page.evaluate(WATCH)
                time.sleep(WARM_UP_S)
                link = publish_socket(mqtt_port, "benchmark-breach")
                latencies = measure(page, link, stations, started_s + ENDS_AFTER_S - 10)
                browser.close()
        finally:
            load.send_signal(signal.SIGINT)
            told = load.communicate()[0]
    return report(latencies, float(told.split()[-1]))


def report(latencies: list[float], messages_per_s: float) -> dict[str, Any]:
    """The figures with the machine they were measured on."""
    p50, p95, p99 = np.percentile(latencies, [50, 95, 99])
    return {
        "p50_ms": round(float(p50), 1),
        "p95_ms": round(float(p95), 1),
        "p99_ms": round(float(p99), 1),
        "breaches": len(latencies),
        "messages_per_s": round(messages_per_s),
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "python": platform.python_version(),
    }


if __name__ == "__main__":
    print(json.dumps(run(time.monotonic())))
