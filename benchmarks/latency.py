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
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from playwright.sync_api import Page, sync_playwright

import catalogue
from benchmarks.load import free_port, publish_socket
from core.declared import Device
from simulator.packets import publish_packet

ROOT = Path(__file__).parents[1]
RATE_PER_S = 10_000
ENDS_AFTER_S = 55  # the promise is "within 60 s", start and stop of the installation included
WARM_UP_S = 3
BREACHES_MAX = 150
PAUSE_S = 0.1  # between a painted warning and the next breach
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")
WATCH = """
window.cvPainted = {};
const title = document.getElementById('wall-warnings-title');
new MutationObserver(() => requestAnimationFrame(() => {
  const count = parseInt(title.querySelector('b').textContent, 10);
  window.cvPainted[count] = window.cvPainted[count] || performance.timeOrigin + performance.now();
})).observe(title, {childList: true, subtree: true, characterData: true});
"""


def packs_with_many_rivers(folder: Path) -> Path:
    """The shipped packs, with as many river stations in Maoming as there will be breaches."""
    packs = folder / "packs"
    shutil.copytree(ROOT / "packs", packs)
    page = packs / "cities" / "maoming.yaml"
    city = yaml.safe_load(page.read_text("utf-8"))
    model = city["devices"]["mm-river-01"]
    city["devices"] |= {f"mm-river-{number}": model for number in range(100, 100 + BREACHES_MAX)}
    page.write_text(yaml.dump(city, Dumper=_Plain, allow_unicode=True), "utf-8")
    return packs


class _Plain(yaml.SafeDumper):
    """Packs allow no aliases."""

    def ignore_aliases(self, data: object) -> bool:
        return True


@contextmanager
def installation(var: Path, packs: Path) -> Iterator[tuple[str, int]]:
    """A running installation without simulator: its address and its broker's port."""
    web, redis, mqtt = free_port(), free_port(), free_port()
    environ = {
        **os.environ,
        "CITYVITALS_VAR": str(var),
        "CITYVITALS_PACKS": str(packs),
        "CITYVITALS_PORT": str(web),
        "CITYVITALS_REDIS_PORT": str(redis),
        "CITYVITALS_MQTT_PORT": str(mqtt),
        "CITYVITALS_SIMULATE": "0",
        "CITYVITALS_ACCOUNTS": "0",  # who looks is not measured here
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
    """Latencies in ms, one a breach, until the time or the stations are over. One never painted ends the run.

    Every breach opens one more warning: painted means that the wall's count of warnings says so.
    """
    latencies = []
    for number, station in enumerate(stations, start=1):
        if time.monotonic() > until_s:
            break
        record_m = max(reference.value for reference in station.references)
        sent_ms = publish_stage(link, station, record_m + 0.5, number)
        painted = page.wait_for_function("count => window.cvPainted[count]", arg=number, timeout=10_000)
        latencies.append(float(painted.json_value()) - sent_ms)
        time.sleep(PAUSE_S)
    return latencies


def run(started_s: float) -> dict[str, Any]:
    """The whole measurement."""
    chromium = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if chromium is None:
        raise SystemExit("Chromium is not installed (apt-get install chromium-headless-shell)")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        packs = packs_with_many_rivers(folder)
        stations = [device for device in catalogue.load(packs, "茂名").devices.values() if device.references]
        address, mqtt_port = stack.enter_context(installation(folder, packs))
        command = [sys.executable, "-m", "benchmarks.load", str(mqtt_port), str(RATE_PER_S), str(ENDS_AFTER_S)]
        load = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
                page = browser.new_page(viewport={"width": 1920, "height": 1080})
                page.goto(address + "wall")
                page.wait_for_selector("ol.counts", timeout=20_000)
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
