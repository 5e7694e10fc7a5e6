"""The demonstration city and the load on the real broker."""

from __future__ import annotations

import threading
from pathlib import Path
from urllib.parse import urlsplit

import orjson
import pytest
from machine import Moment, since
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from prerequisites import ANSWER_S

import catalogue
from core.clock import monotonic_s, real_ms
from simulator.city import Course, Declarations, city_of
from simulator.load import Beat, Load
from simulator.message import Message, reading
from simulator.publisher import run
from simulator.weather import Scenario
from stream.embedded.broker import start_broker

PACKS = Path(__file__).resolve().parents[2] / "packs"


class Listener:
    """Everything below a root, in the order in which it came; not the copies of a broker that waited 5 s for us."""

    def __init__(self, url: str, root: str, wait_for) -> None:
        self.messages: list[tuple[str, bytes]] = []
        subscribed = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=f"listener-{root.replace('/', '-')}")
        self._client.on_subscribe = lambda *_: subscribed.set()
        self._client.on_connect = lambda client, *_: client.subscribe(f"{root}/#", qos=1)
        self._client.on_message = lambda _c, _u, m: m.dup or self.messages.append((m.topic, m.payload))
        self._client.connect(urlsplit(url).hostname, urlsplit(url).port)
        self._client.loop_start()
        wait_for(subscribed.is_set)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


class Clockwork:
    """A source that tells one message each 10 ms, of its own time."""

    def __init__(self, began_ms: int) -> None:
        self.began_ms = began_ms

    def told(self, after_ms: int, upto_ms: int) -> list[Message]:
        times = range(after_ms // 10 * 10 + 10, upto_ms + 1, 10)
        return [reading("river", "r", at_ms, {"stage": 1.0}) for at_ms in times]


class Running:
    """The publisher in a thread."""

    def __init__(self, source: Clockwork, url: str, root: str) -> None:
        self.stop = threading.Event()
        self.thread = threading.Thread(
            target=run, args=(source, url, root), kwargs={"now_ms": real_ms, "stopping": self.stop.is_set}
        )
        self.thread.start()

    def end(self) -> None:
        self.stop.set()
        self.thread.join(timeout=ANSWER_S)
        assert not self.thread.is_alive()


def test_each_message_leaves_at_its_time_and_once(broker, wait_for):
    listener = Listener(broker, "pub1", wait_for)
    began_ms = real_ms()
    city = Running(Clockwork(began_ms), broker, "pub1")
    try:
        wait_for(lambda: len(listener.messages) >= 100)
        assert real_ms() - began_ms > 900, "nothing is sent before its time"
    finally:
        city.end()
        listener.close()
    stamps = [orjson.loads(payload)["t"] for _, payload in listener.messages]
    assert stamps == sorted(set(stamps))
    assert {topic for topic, _ in listener.messages} == {"pub1/river/r/readings"}


@pytest.mark.claim(
    "PULSE", "what the demonstration city tells arrives whole at the broker, nothing more and nothing less"
)
def test_a_whole_city_arrives(broker, wait_for):
    found = catalogue.load(PACKS, "茂名")
    declared = Declarations(found.metrics, found.feeds, found.devices, {"440902": (110.9, 21.6)})
    course = Course(7, Scenario.TYPHOON, real_ms())
    city = city_of(course, declared)  # asked here while its twin speaks
    listener = Listener(broker, "pub3", wait_for)
    running = Running(city_of(course, declared), broker, "pub3")
    try:
        here: set[tuple[str, bytes]] = set()

        def enough_is_told() -> bool:
            until_ms = real_ms() - 500
            told = [(m.address("pub3"), m.payload) for m in city.told(city.began_ms, until_ms) if m.send_ms <= until_ms]
            here.update(message for message in told if message[0].startswith("pub3/"))
            return len(here) >= 30

        wait_for(enough_is_told, 20)
        wait_for(lambda: here <= set(listener.messages))
    finally:
        running.end()
        listener.close()
    assert set(listener.messages) <= {(m.address("pub3"), m.payload) for m in city.told(city.began_ms, real_ms())}


def test_a_broker_that_goes_away_is_waited_for(server_folder, free_port, wait_for):
    folder, log_file = server_folder / "broker-away", server_folder / "broker-away.log"
    server = start_broker(folder, free_port, log_file)
    city = Running(Clockwork(real_ms()), server.url, "pub2")
    listener = Listener(server.url, "pub2", wait_for)
    try:
        wait_for(lambda: len(listener.messages) >= 10)
        server.stop()
        before = len(listener.messages)
        server = start_broker(folder, free_port, log_file)
        wait_for(lambda: len(listener.messages) > before + 50, within_s=20)
    finally:
        city.end()
        listener.close()
        server.stop()


@pytest.mark.claim("PULSE", "the simulator sustains 10,000 messages a second on the real broker")
def test_the_load_keeps_its_rate(broker):
    beats = [Beat(f"camera/cam-{number}/readings") for number in range(40)]
    load = Load(broker, "load1", beats, per_s=10_000)
    begun = Moment.now()
    while load.answered < 20_000 and monotonic_s() - begun.at_s < ANSWER_S:
        load.pump(real_ms())
        threading.Event().wait(0.002)
    passed = since(begun)
    load.close()
    assert load.answered >= 20_000 and passed.within(3), str(passed)


def test_loaded_packets_are_whole_messages_with_distinct_times(broker, wait_for):
    listener = Listener(broker, "load2", wait_for)
    beats = [Beat(f"camera/{name}/readings") for name in ("a", "a-much-longer-name", "茂名-3")]
    load = Load(broker, "load2", beats, per_s=1_000)
    began_ms = real_ms()
    for passed_ms in range(0, 400, 7):  # a clock of our own: 400 ms of load, as fast as it goes
        load.pump(began_ms + passed_ms)
    wait_for(lambda: len(listener.messages) >= load.sent)
    load.close()
    listener.close()
    told = [(topic.split("/")[2], orjson.loads(payload)) for topic, payload in listener.messages]
    assert len(told) == load.sent > 350
    assert {device for device, _ in told} == {"a", "a-much-longer-name", "茂名-3"}
    assert all(body["values"] == {"online": 1} for _, body in told)
    assert len({(device, body["t"]) for device, body in told}) == len(told)
    assert all(began_ms <= body["t"] <= began_ms + 400 for _, body in told)


def test_too_few_devices_for_a_rate_are_refused():
    with pytest.raises(ValueError, match="need at least 11 devices, not 2"):
        Load("mqtt://127.0.0.1:1", "x", [Beat("a/b/readings"), Beat("a/c/readings")], per_s=10_000)
