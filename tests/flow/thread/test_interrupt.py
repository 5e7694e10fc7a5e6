"""Ctrl-C of the whole city while devices publish, and again: what the broker acknowledged is counted, once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from installation import Reader
from whole_city import WholeCity

from core.clock import real_ms
from stream.beats import read_beats
from stream.connect import connect
from stream.scenes import active_scene, keys_of

DEVICES = [f"gauge-{number}" for number in range(20)]
METRIC = "rain_mm"
PACE_S = 0.005


class Devices:
    """Publishes one reading after the other with QoS 1, and notes which the broker acknowledged.

    Without a lock of its own: paho calls `on_publish` while it holds the lock that `publish` waits for.
    """

    def __init__(self, port: int) -> None:
        self._readings: dict[int, tuple[str, str, int]] = {}  # by packet id; they begin anew after 65,535
        self._answered: set[int] = set()
        self._over = threading.Event()
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2, "devices-of-a-test")
        self._client.reconnect_delay_set(1, 1)
        self._client.on_publish = lambda _client, _userdata, packet_id, *_: self._answered.add(packet_id)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    @property
    def published(self) -> int:
        """How many readings were handed to MQTT."""
        return len(self._readings)

    def acknowledged(self) -> set[tuple[str, str, int]]:
        """Device, metric and event time of all that the broker answered."""
        return {self._readings[packet_id] for packet_id in self._answered.copy() if packet_id in self._readings}

    def waiting(self) -> int:
        """How many messages the broker has not answered yet."""
        return len(self._readings) - len(self._answered)

    def stop(self) -> None:
        """Publish nothing more; what is open may still be answered."""
        self._over.set()
        self._thread.join()

    def close(self) -> None:
        """Leave the broker."""
        self.stop()
        self._client.disconnect()
        self._client.loop_stop()

    def _run(self) -> None:
        while not self._over.wait(PACE_S):
            device, at_ms = DEVICES[self.published % len(DEVICES)], real_ms()
            payload = f'{{"t": {at_ms}, "values": {{"{METRIC}": 0.1}}}}'
            told = self._client.publish(f"city/rain/{device}/readings", payload, qos=1)
            self._readings[told.mid] = (device, METRIC, at_ms)


@pytest.fixture
def city(tmp_path: Path) -> Iterator[WholeCity]:
    """Without what accounts need: that is no part of a reading's way, and a third of a start."""
    made = WholeCity(tmp_path, CITYVITALS_SIMULATE="0", CITYVITALS_CHECKPOINT_S="1", CITYVITALS_ACCOUNTS="0")
    yield made
    made.end()


def ready(city: WholeCity, wait_for: Callable[..., None]) -> Reader:
    """The streams of the running city, once it takes messages."""
    city.said.unlink(missing_ok=True)  # the words of an earlier start
    city.start().wait_until_ready()
    client = connect(city.redis_url)
    keys = keys_of(client, active_scene(client))
    wait_for(lambda: "ingest" in (beats := read_beats(client, keys)) and beats["ingest"].state == "ok", 20)
    return Reader(client, keys)


def landed(streams: Reader) -> set[tuple[str, str, int]]:
    """Every reading of ours in the streams: device, metric, event time."""
    return {reading[:3] for reading in streams.readings() if reading.metric == METRIC}


def counted(streams: Reader) -> int:
    """How many readings of ours the engine counted."""
    return sum(count for (_, metric, _), count in streams.pane_counts().items() if metric == METRIC)


@pytest.mark.claim("PULSE", "Ctrl-C loses no acknowledged reading, and what was open comes after the next start, once")
def test_what_was_acknowledged_is_counted_once_over_two_stops(
    city: WholeCity, wait_for: Callable[..., None], record_property
) -> None:
    ready(city, wait_for)
    devices = Devices(city.mqtt_port)
    try:
        wait_for(lambda: len(devices.acknowledged()) > 300, 30)
        assert city.interrupt() == 0
        before = len(devices.acknowledged())
        wait_for(lambda: devices.waiting() > 100)

        streams = ready(city, wait_for)
        wait_for(lambda: len(devices.acknowledged()) > before + 500, 40)
        devices.stop()
        wait_for(lambda: not devices.waiting(), 20)
        wait_for(lambda: devices.acknowledged() <= landed(streams), 20)
        wait_for(lambda: counted(streams) >= len(devices.acknowledged()), 20)
        in_streams, in_panes = landed(streams), counted(streams)
    finally:
        devices.close()
    assert city.interrupt() == 0

    assert len(devices.acknowledged()) == devices.published
    assert in_streams == devices.acknowledged(), "and nothing that nobody published"
    assert in_panes == len(devices.acknowledged())
    record_property("figure", f"{devices.published} published over two Ctrl-C, {in_panes} counted")
