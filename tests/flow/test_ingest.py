"""From real brokers into a real Redis: what is acknowledged is on disk, and what is not comes again."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.clock import real_ms
from core.declared import Device, Feed, Metric, Words
from core.errors import NeighbourDown
from core.records import Rejected, Scene, Stamp
from ingest.known import Known
from ingest.transports.burst import BurstClient
from ingest.transports.http import Accepted, Pushed, push
from ingest.transports.mqtt import MqttIntake
from ingest.transports.publish import Publisher
from stream.appender import Appender, Flush, dead_letters, raw_message
from stream.beats import read_counts, read_refusals
from stream.codec import decode_events, decode_readings
from stream.connect import Client, connect
from stream.embedded.broker import start_broker
from stream.embedded.redis_server import start_redis
from stream.keys import Keys

NAME = Words("测试", "test")
FRAMES = Path(__file__).resolve().parents[1] / "frames"
FRAMES_MS = 1_772_319_600_000  # the city clock at which the frames are good
LIMIT_BYTES = 1024 * 1024


@pytest.fixture
def known(request: pytest.FixtureRequest) -> Known:
    """A scene of its own for each test: sessions and messages of brokers outlive tests."""
    scene_id = f"test-{hashlib.sha1(request.node.nodeid.encode()).hexdigest()[:12]}-{os.getpid()}"
    feeds = (
        Feed("air", NAME, "air/+/+"),
        Feed("frigate", NAME, f"/{scene_id}-frigate/events", decoder="frigate", kind="camera"),
    )
    return Known(
        Scene(scene_id, "440900", Stamp.DEMO, f"{scene_id}/city"),
        {feed.id: feed for feed in feeds},
        {"a1": Device("a1", "air", NAME, "440902", None, ("pm25",))},
        {"pm25": Metric("pm25", NAME, "µg/m³", 0.0, 1000.0)},
        LIMIT_BYTES,
    )


@pytest.fixture
def keys(known: Known) -> Keys:
    return Keys(known.scene.id, 4)


@pytest.fixture(params=["nats", pytest.param("mosquitto", marks=pytest.mark.mosquitto)])
def any_broker(request: pytest.FixtureRequest) -> str:
    """Each of the brokers that we promise to work with."""
    return str(request.getfixturevalue("broker" if request.param == "nats" else "mosquitto"))


@pytest.fixture
def publisher(request: pytest.FixtureRequest, known: Known) -> Iterator[Publisher]:
    url = request.getfixturevalue("any_broker" if "any_broker" in request.fixturenames else "broker")
    with Publisher(url, f"publisher-{known.scene.id}") as made:
        yield made


@pytest.fixture
def own_redis(tmp_path: Path, free_port: int) -> Iterator[Callable[[], object]]:
    """Starts a Redis that the test may kill; called again, it comes back with what was on its disk."""
    servers = []

    def start() -> object:
        servers.append(start_redis(tmp_path / "redis", free_port, tmp_path / "redis.log"))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


def intake_of(url: str, known: Known, client: Client, limit_entries: int = 100_000) -> MqttIntake:
    """A connected and subscribed intake."""
    intake = MqttIntake(url, known, Appender(client, Keys(known.scene.id, 4), limit_entries))
    turn_until(intake, lambda: intake.trouble() is None)
    for _ in range(3):
        intake.turn(real_ms())
    return intake


def turn_until(intake: MqttIntake, condition: Callable[[], object], within_s: float = 10.0, now_ms: int = 0) -> float:
    """Turn until a condition holds; how long that took, s."""
    begun_s = time.monotonic()
    while not condition():
        assert time.monotonic() - begun_s < within_s, f"not within {within_s} s; trouble: {intake.trouble()}"
        intake.turn(now_ms or real_ms())
    return time.monotonic() - begun_s


def send(publisher: Publisher, known: Known, values: range) -> None:
    """One reading a message; its value is its identity."""
    for value in values:
        body = f'{{"t":{real_ms()},"values":{{"pm25":{value}}}}}'
        publisher.publish(f"{known.scene.topic_root}/air/d{value % 7}/readings", body)
    assert publisher.wait(10)


def values_in(client: Client, keys: Keys) -> Counter[int]:
    """How often each value stands in the streams."""
    entries = [fields for slot in keys.slots for _, fields in client.xrange(keys.readings(slot))]
    return Counter(int(value) for fields in entries for value in decode_readings(fields).value)


def crash(intake: MqttIntake) -> None:
    """What a kill −9 does to the connection."""
    intake._client.socket().shutdown(socket.SHUT_RDWR)


@pytest.mark.claim(
    "PULSE", "A message is acknowledged only after its append is on disk; else the broker sends it again"
)
def test_what_redis_did_not_take_is_sent_again_after_a_crash(
    any_broker: str, publisher: Publisher, known: Known, keys: Keys, own_redis: Callable[[], object]
) -> None:
    redis = own_redis()
    client = connect(redis.url)
    first = intake_of(any_broker, known, client)
    send(publisher, known, range(50))
    turn_until(first, lambda: first.messages == 50)

    redis.process.kill()  # not stopped: what it acknowledged must be on its disk by now
    redis.process.wait()
    send(publisher, known, range(50, 65))  # fewer than Mosquitto's 20 in flight, so that all reach us
    turn_until(first, lambda: first._intake.batcher.messages == 15 and first.trouble() is not None)
    assert first.trouble()[0] == "ingest.redis-down"
    crash(first)

    own_redis()
    second = intake_of(any_broker, known, client)
    turn_until(second, lambda: second.messages >= 15)
    turn_for_a_while(second)
    assert second.messages == 15, "the first 50 were acknowledged and must not come again"
    assert values_in(client, keys) == Counter(range(65))
    second.close()


def turn_for_a_while(intake: MqttIntake) -> None:
    """Enough turns for a broker on this machine to send what it still holds."""
    for _ in range(10):
        intake.turn(real_ms())


def test_redis_may_come_back_and_nothing_is_lost_or_owed(
    any_broker: str, publisher: Publisher, known: Known, keys: Keys, own_redis: Callable[[], object]
) -> None:
    redis = own_redis()
    client = connect(redis.url)
    intake = intake_of(any_broker, known, client)
    ledger = Ledger(intake)
    redis.process.kill()
    redis.process.wait()
    send(publisher, known, range(300))
    turn_until(intake, lambda: intake.trouble() is not None)
    own_redis()
    turn_until(intake, lambda: len(values_in(client, keys)) == 300)
    assert intake.trouble() is None
    assert ledger.acknowledged == ledger.arrived
    intake.close()


class FailsUntilTold(Appender):
    """Redis away, and back when `works` is set."""

    works = False

    def append(self, flush: Flush) -> None:
        if not self.works:
            raise NeighbourDown("away")
        super().append(flush)


@pytest.mark.claim("PULSE", "An acknowledgement belongs to the connection on which its message came")
def test_nothing_of_an_old_connection_is_acknowledged_on_a_new_one(
    broker: str, publisher: Publisher, known: Known, keys: Keys, redis_client: Client
) -> None:
    appender = FailsUntilTold(redis_client, keys, 100_000)
    intake = MqttIntake(broker, known, appender)
    turn_until(intake, lambda: intake.trouble() is None)
    turn_for_a_while(intake)
    first = Ledger(intake)
    send(publisher, known, range(20))
    turn_until(intake, lambda: len(first.arrived) == 20)
    crash(intake)
    turn_until(intake, lambda: not intake._client.usable())
    turn_until(intake, intake._client.usable)

    second = Ledger(intake)
    appender.works = True
    turn_until(intake, lambda: intake.messages >= 20)
    turn_until(intake, lambda: len(second.arrived) == 20)
    turn_until(intake, lambda: second.acknowledged == second.arrived)
    assert not first.acknowledged
    assert not second.unearned
    assert set(values_in(redis_client, keys)) == set(range(20))
    intake.close()


class Ledger:
    """The packet ids that came since it was opened, those acknowledged, and those that had not come."""

    def __init__(self, intake: MqttIntake) -> None:
        self.arrived: set[bytes] = set()
        self.acknowledged: set[bytes] = set()
        self.unearned: set[bytes] = set()
        self._client = intake._client
        self._loop, self._acknowledge = BurstClient.loop, BurstClient.acknowledge
        intake._client.loop = self._noting_loop
        intake._client.acknowledge = self._noting_acknowledge

    def _noting_loop(self, timeout: float = 1.0) -> object:
        rc = self._loop(self._client, timeout)
        self.arrived |= {packet.packet_id for packet in self._client.arrived if packet.packet_id}
        return rc

    def _noting_acknowledge(self, packet_ids: list[bytes]) -> None:
        self.unearned |= set(packet_ids) - self.arrived
        self.acknowledged |= set(packet_ids)
        self._acknowledge(self._client, packet_ids)


def test_a_full_stream_stops_the_acknowledgements_until_there_is_room(
    broker: str, publisher: Publisher, known: Known, keys: Keys, redis_client: Client
) -> None:
    for slot in keys.slots:
        for _ in range(3):
            redis_client.xadd(keys.readings(slot), {"k": "t"})
    intake = intake_of(broker, known, redis_client, limit_entries=2)
    send(publisher, known, range(5))
    turn_until(intake, lambda: intake.trouble() is not None)
    assert intake.trouble()[0] == "ingest.stream-full"
    for slot in keys.slots:
        redis_client.delete(keys.readings(slot))
    turn_until(intake, lambda: intake.messages == 5)
    assert values_in(redis_client, keys) == Counter(range(5))
    intake.close()


@pytest.mark.claim("PULSE", "Every frame of bad input sent over MQTT is counted by its reason; the intake goes on")
def test_hostile_frames_are_counted_by_reason_and_the_intake_goes_on(
    any_broker: str, publisher: Publisher, known: Known, keys: Keys, redis_client: Client
) -> None:
    intake = intake_of(any_broker, known, redis_client)
    refused: Counter[str] = Counter()
    good = Counter({"frigate": 0, "native": 0})
    for file in sorted(FRAMES.glob("native/*.json")) + sorted(FRAMES.glob("frigate/*.json")):
        shape, outcome = file.stem.split("__")[:2]
        native = file.parent.name == "native"
        topic = f"{known.scene.topic_root}/air/a1/{shape}" if native else known.feeds["frigate"].topic[1:]
        publisher.publish(topic, file.read_bytes())
        if outcome == "good":
            good[file.parent.name] += 1
        else:
            refused[f"{'air' if native else 'frigate'}|{outcome}"] += 1
    publisher.publish(f"{known.scene.topic_root}/nobody/x/readings", b"{}")
    publisher.publish(f"{known.scene.topic_root}/air/a\u00a6b/readings", b"{}")
    refused.update({"|unknown-topic": 1, "|bad-name": 1})
    assert publisher.wait(10)
    turn_until(intake, lambda: intake.messages == good.total() + refused.total(), now_ms=FRAMES_MS)
    assert read_refusals(redis_client, keys) == refused
    assert read_counts(redis_client, keys)["air|messages"] == good["native"]
    events = [
        event
        for slot in keys.slots
        for _, fields in redis_client.xrange(keys.events(slot))
        for event in decode_events(fields)
    ]
    assert Counter(event.feed for event in events)["frigate"] == good["frigate"]
    assert intake.trouble() is None
    intake.close()


@pytest.mark.claim("PULSE", "Refused messages keep topic, 64 KB of payload, length, SHA-256, reason and time")
def test_five_megabytes_are_refused_and_kept_as_64_kb_with_length_and_hash(
    broker: str, publisher: Publisher, known: Known, keys: Keys, redis_client: Client
) -> None:
    intake = intake_of(broker, known, redis_client)
    large = b'{"t":1,"values":{' + b"x" * (5 * 1024 * 1024)
    topic = f"{known.scene.topic_root}/air/a1/readings"
    publisher.publish(topic, large)
    send(publisher, known, range(3))
    before_ms = real_ms() - 20_000
    turn_until(intake, lambda: intake.messages == 4)
    (letter,) = dead_letters(redis_client, keys, 10)
    assert (letter.topic, letter.feed, letter.reason) == (topic, "air", "too-large")
    assert (letter.payload, letter.length) == (large[: 64 * 1024], len(large))
    assert letter.sha256 == hashlib.sha256(large).hexdigest()
    assert before_ms <= letter.received_ms <= real_ms()
    assert values_in(redis_client, keys) == Counter(range(3))
    intake.close()


def test_the_newest_message_of_a_device_is_kept_as_it_came(
    broker: str, publisher: Publisher, known: Known, keys: Keys, redis_client: Client
) -> None:
    intake = intake_of(broker, known, redis_client)
    topic = f"{known.scene.topic_root}/air/a1/readings"
    for value in (1, 2):
        publisher.publish(topic, f'{{"t": {real_ms()},  "values": {{"pm25": {value}}}}}')
        turn_until(intake, lambda wanted=value: intake.messages == wanted)
    raw = raw_message(redis_client, keys, "a1")
    assert raw is not None
    assert raw.topic == topic
    assert raw.payload.endswith(b',  "values": {"pm25": 2}}')
    intake.close()


def test_what_is_published_while_we_are_away_waits_for_us(
    any_broker: str, publisher: Publisher, known: Known, keys: Keys, redis_client: Client
) -> None:
    intake = intake_of(any_broker, known, redis_client)
    intake.close()
    send(publisher, known, range(30))
    again = intake_of(any_broker, known, redis_client)
    turn_until(again, lambda: again.messages == 30)
    assert values_in(redis_client, keys) == Counter(range(30))
    again.close()


@pytest.mark.claim("PULSE", "A broker that stops, with or without a word, is noticed by ingest within 4 s")
def test_a_stopped_broker_is_noticed_and_its_return_too(
    tmp_path: Path, free_port: int, started: list[subprocess.Popen[bytes]], known: Known, redis_client: Client
) -> None:
    server = start_broker(tmp_path / "broker", free_port, tmp_path / "broker.log")
    started.append(server.process)
    intake = intake_of(server.url, known, redis_client)
    server.process.send_signal(signal.SIGSTOP)
    try:
        assert turn_until(intake, lambda: intake.trouble() is not None, within_s=4.0) > 0.5
        assert intake.trouble()[0] in ("ingest.silent", "ingest.broker-down")
    finally:
        server.process.send_signal(signal.SIGCONT)
    turn_until(intake, lambda: intake.trouble() is None)

    server.process.kill()
    server.process.wait()
    turn_until(intake, lambda: intake.trouble() is not None, within_s=1.0)
    assert intake.trouble()[0] == "ingest.broker-down"
    server = start_broker(tmp_path / "broker", free_port, tmp_path / "broker.log")
    started.append(server.process)
    turn_until(intake, lambda: intake.trouble() is None)
    with Publisher(server.url, "after") as publisher:
        send(publisher, known, range(5))
    turn_until(intake, lambda: intake.messages == 5)
    intake.close()


def test_a_push_over_http_is_appended_before_its_answer(
    known: Known, keys: Keys, own_redis: Callable[[], object]
) -> None:
    redis = own_redis()
    client = connect(redis.url)
    appender = Appender(client, keys, 100_000)
    body = f'{{"t":{real_ms()},"values":{{"pm25":7,"bad":"x"}}}}'.encode()
    found = push(appender, known, Pushed("air", "a1", body), real_ms())
    assert isinstance(found, Accepted)
    assert (found.readings, found.events) == (1, 0)
    assert found.rejected is not None
    for pushed, reason in (
        (Pushed("air", "a1", b"{"), "malformed"),
        (Pushed("air", "a1", b" " * (5 * 1024 * 1024)), "too-large"),
        (Pushed("nobody", "a1", body), "unknown-topic"),
        (Pushed("air", "a|1", body), "bad-name"),
    ):
        refused = push(appender, known, pushed, real_ms())
        assert isinstance(refused, Rejected)
        assert refused.reason == reason
    redis.process.kill()
    redis.process.wait()
    with pytest.raises(NeighbourDown):
        push(appender, known, Pushed("air", "a1", body), real_ms())
    own_redis()
    assert values_in(client, keys) == Counter([7])
    assert read_refusals(client, keys) == {
        "air|wrong-type": 1,
        "air|malformed": 1,
        "air|too-large": 1,
        "|unknown-topic": 1,
        "|bad-name": 1,
    }


def test_a_publisher_says_whether_the_broker_has_taken_everything(broker: str, free_port: int) -> None:
    with Publisher(broker, "says") as publisher:
        publisher.publish("says/x", b"1")
        assert publisher.wait(5)
    with Publisher(f"mqtt://127.0.0.1:{free_port}", "nobody-there") as publisher:
        publisher.publish("says/x", b"1")
        assert not publisher.wait(0.2)
