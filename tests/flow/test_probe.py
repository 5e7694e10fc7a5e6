"""拨测 with a real broker, Redis and website; in the place of ingest and engine stands a relay of a few lines."""

from __future__ import annotations

import json
import threading

import paho.mqtt.client as mqtt
import pytest
from live_city import City, served, settings_of, values
from paho.mqtt.enums import CallbackAPIVersion
from prerequisites import ANSWER_S

from core.clock import monotonic_s, real_ms
from ingest.transports.address import aim
from ingest.transports.publish import Publisher
from stream.beats import last_probe
from stream.codec import encode_values
from stream.connect import Client
from workers import probe
from workers.probe import Rounds


def relay(city: City, url: str) -> mqtt.Client:
    """Turns each test reading into a value and shows it."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="relay")
    lock = threading.Lock()

    def on_message(_client: object, _userdata: object, message: mqtt.MQTTMessage) -> None:
        sent_ms = json.loads(message.payload)["values"]["sent_ms"]
        batch = values("system.probe", real_ms(), {"440900": float(sent_ms)})
        with lock:
            city.client.xadd(city.keys.values, dict(encode_values([batch])))
            city.drawing.turn()

    client.on_message = on_message
    client.on_connect = lambda *_: client.subscribe("city/probe/probe-1/readings", 1)
    aim(client, url, 10)
    client.loop_start()
    return client


class Watched:
    """What the probe is handed; ends after a round trip, or when one is late."""

    def __init__(self, city: City) -> None:
        self._until_s = monotonic_s() + ANSWER_S
        self.said: list[str] = []
        running = city.running
        self.settings, self.scene, self.declared = running.settings, running.scene, running.declared
        self.keys, self.client = running.keys, running.client

    def now_ms(self) -> int:
        return real_ms()

    def stopping(self) -> bool:
        over = "late" in self.said or last_probe(self.client, self.keys) is not None
        return over or monotonic_s() > self._until_s

    def beat(self, state: str = "ok", says: str = "") -> None:
        self.said.append(state)


@pytest.mark.claim("PULSE", "The test reading's round trip is measured by a real client of the live feed")
def test_a_test_reading_comes_back(
    redis_client: Client, redis_server: str, broker: str, monkeypatch: pytest.MonkeyPatch, free_port: int
) -> None:
    monkeypatch.setattr(probe, "LATE_S", 2 * ANSWER_S)  # a slow machine may take its time
    settings = settings_of(redis_server, free_port, MQTT_URL=broker)
    city = City(redis_client, settings)
    relaying = relay(city, broker)
    try:
        with served(settings), Publisher(broker, "probe-under-test") as publisher:
            begun_ms = real_ms()
            watched = Watched(city)
            Rounds(watched, publisher).go()  # type: ignore[arg-type]
    finally:
        relaying.disconnect()
        relaying.loop_stop()
    found = last_probe(redis_client, city.keys)
    assert found is not None
    assert begun_ms <= found.sent_ms <= found.seen_ms <= real_ms()
    assert set(watched.said) == {"ok"}


def test_without_an_answer_the_probe_says_late(
    redis_client: Client, redis_server: str, broker: str, monkeypatch: pytest.MonkeyPatch, free_port: int
) -> None:
    monkeypatch.setattr(probe, "LATE_S", 0.2)
    settings = settings_of(redis_server, free_port)
    city = City(redis_client, settings)
    watched = Watched(city)
    with Publisher(broker, "probe-alone") as publisher:
        Rounds(watched, publisher).go()  # type: ignore[arg-type]
    assert watched.said[-1] == "late"
