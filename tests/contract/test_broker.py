"""The embedded broker keeps what it acknowledged, for clients that are away and through its own death."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
import pytest
from prerequisites import ANSWER_S

from core.errors import StartError
from stream.embedded.broker import start_broker

Started = list[subprocess.Popen[bytes]]
TOPIC = "city/air/a/readings"


class Reader:
    """A client with a lasting session; it acknowledges only what it is told to."""

    def __init__(self, url: str, acknowledge: bool = True) -> None:
        self.seen: list[bytes] = []
        self.subscribed = threading.Event()
        self._acknowledge = acknowledge
        version = mqtt.CallbackAPIVersion.VERSION2
        self.client = mqtt.Client(version, client_id="reader", clean_session=False, manual_ack=True)
        self.client.on_connect = lambda client, *_: client.subscribe("city/#", qos=1)
        self.client.on_subscribe = lambda *_: self.subscribed.set()
        self.client.on_message = self._take
        parts = urlsplit(url)
        self.client.connect(str(parts.hostname), int(parts.port or 1883))
        self.client.loop_start()
        assert self.subscribed.wait(ANSWER_S)

    def _take(self, client: mqtt.Client, userdata: object, message: mqtt.MQTTMessage) -> None:
        self.seen.append(message.payload)
        if self._acknowledge:
            client.ack(message.mid, message.qos)

    def leave(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


def publish(url: str, payloads: list[bytes]) -> None:
    """Publish at QoS 1 and wait for every PUBACK."""
    parts = urlsplit(url)
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="publisher")
    client.max_inflight_messages_set(1000)
    client.connect(str(parts.hostname), int(parts.port or 1883))
    client.loop_start()
    told = [client.publish(TOPIC, payload, qos=1) for payload in payloads]
    for message in told:
        message.wait_for_publish(ANSWER_S)
        assert message.is_published()
    client.disconnect()
    client.loop_stop()


@pytest.mark.claim("PULSE", "5,000 acknowledged messages survive kill -9 of the embedded broker")
def test_acknowledged_messages_survive_kill_9(
    tmp_path: Path, free_port: int, started: Started, wait_for: Callable[..., None]
) -> None:
    first = start_broker(tmp_path / "broker", free_port, tmp_path / "log")
    started.append(first.process)
    Reader(first.url).leave()  # the session stands; nobody reads
    payloads = [f"{number}".encode() for number in range(5000)]
    publish(first.url, payloads)
    first.process.kill()
    first.process.wait()
    second = start_broker(tmp_path / "broker", free_port, tmp_path / "log")
    started.append(second.process)
    reader = Reader(second.url)
    wait_for(lambda: len(set(reader.seen)) == 5000, 20)
    reader.leave()
    assert set(reader.seen) == set(payloads)
    assert second.stop()


@pytest.mark.claim("PULSE", "what ingest did not acknowledge comes again")
def test_what_was_not_acknowledged_comes_again(broker: str, wait_for: Callable[..., None]) -> None:
    careless = Reader(broker, acknowledge=False)
    publish(broker, [b"one", b"two"])
    wait_for(lambda: len(careless.seen) >= 2)
    careless.leave()
    careful = Reader(broker)
    wait_for(lambda: {b"one", b"two"} <= set(careful.seen))
    careful.leave()


def test_a_message_of_5_mb_passes(broker: str, wait_for: Callable[..., None]) -> None:
    reader = Reader(broker)
    large = bytes(5 * 1024 * 1024)
    publish(broker, [large])
    wait_for(lambda: large in reader.seen)
    reader.leave()


def test_a_taken_port_is_one_sentence(tmp_path: Path, broker: str) -> None:
    port = int(broker.rsplit(":", 1)[1])
    with pytest.raises(StartError, match=f"port {port} on 127.0.0.1.*set CITYVITALS_MQTT_PORT to a free port"):
        start_broker(tmp_path, port, tmp_path / "log")
