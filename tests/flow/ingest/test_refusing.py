"""What is bad is refused by reason, counted and kept, over MQTT and over HTTP; the intake goes on."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from ingest_stage import intake_of, send, turn_until, values_in
from PIL import Image
from prerequisites import ANSWER_S

from core.clock import real_ms
from core.errors import NeighbourDown
from core.records import Rejected
from ingest.known import Known
from ingest.transports.http import Accepted, Pushed, push
from ingest.transports.publish import Publisher
from stream import pictures
from stream.appender import Appender, RawMessage, dead_letters, raw_message
from stream.beats import read_counts, read_refusals
from stream.codec import decode_events
from stream.connect import Client, connect
from stream.keys import Keys
from stream.pictures import Picture

FRAMES = Path(__file__).resolve().parents[2] / "frames"
FRAMES_MS = 1_772_319_600_000  # the city clock at which the frames are good


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
    assert publisher.wait(ANSWER_S)
    sent = good.total() + refused.total()
    turn_until(intake, lambda: intake.messages >= sent, now_ms=FRAMES_MS)
    copies = intake.messages - sent  # of a broker that waited 5 s for an acknowledgement
    found = Counter(read_refusals(redis_client, keys))
    assert refused <= found and (found - refused).total() <= copies
    assert 0 <= read_counts(redis_client, keys)["air|messages"] - good["native"] <= copies
    events = [
        event
        for slot in keys.slots
        for _, fields in redis_client.xrange(keys.events(slot))
        for event in decode_events(fields)
    ]
    assert 0 <= Counter(event.feed for event in events)["frigate"] - good["frigate"] <= copies
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
    turn_until(intake, lambda: set(values_in(redis_client, keys)) == set(range(3)))
    turn_until(intake, lambda: dead_letters(redis_client, keys, 10))
    letter = dead_letters(redis_client, keys, 10)[0]
    assert (letter.topic, letter.feed, letter.reason) == (topic, "air", "too-large")
    assert (letter.payload, letter.length) == (large[: 64 * 1024], len(large))
    assert letter.sha256 == hashlib.sha256(large).hexdigest()
    assert before_ms <= letter.received_ms <= real_ms()
    intake.close()


def test_the_newest_message_of_a_device_is_kept_as_it_came(
    broker: str, publisher: Publisher, known: Known, keys: Keys, redis_client: Client
) -> None:
    def newest() -> RawMessage | None:
        return raw_message(redis_client, keys, "a1")

    intake = intake_of(broker, known, redis_client)
    topic = f"{known.scene.topic_root}/air/a1/readings"
    for value in (1, 2):
        publisher.publish(topic, f'{{"t": {real_ms()},  "values": {{"pm25": {value}}}}}')
        body = b',  "values": {"pm25": %d}}' % value
        turn_until(intake, lambda body=body: (raw := newest()) and raw.payload.endswith(body))
    assert newest().topic == topic
    intake.close()


def test_the_newest_picture_of_a_camera_is_kept(
    any_broker: str, publisher: Publisher, known: Known, keys: Keys, redis_client: Client
) -> None:
    def newest() -> Picture | None:
        return pictures.newest(redis_client, keys, "a1")

    intake, made = intake_of(any_broker, known, redis_client), []
    topic = known.feeds["frigate"].snapshots[1:].replace("+", "a1", 1).replace("+", "car", 1)
    for shade in (10, 200):
        picture = BytesIO()
        Image.new("L", (64, 48), shade).save(picture, "JPEG")
        made.append(picture.getvalue())
        publisher.publish(topic, made[-1])
        turn_until(intake, lambda: (kept := newest()) and kept.content == made[-1])
    publisher.publish(topic, made[0][:-9])
    turn_until(intake, lambda: read_refusals(redis_client, keys))
    kept = newest()
    assert kept is not None and kept.content == made[1]
    assert pictures.received_ms(redis_client, keys, ["a1", "b1"]) == {"a1": kept.received_ms}
    assert set(read_refusals(redis_client, keys)) == {"frigate|no-picture"}
    assert intake.trouble() is None, "the broker grants all filters of a session"
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
        assert publisher.wait(ANSWER_S)
    with Publisher(f"mqtt://127.0.0.1:{free_port}", "nobody-there") as publisher:
        publisher.publish("says/x", b"1")
        assert not publisher.wait(0.2)
