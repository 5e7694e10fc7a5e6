"""One flush into four partitions: everything stands, or the caller knows that it does not."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np
import pytest

from core.errors import NeighbourDown, StreamFull
from core.records import Event, Phase, ReadingBatch, Rejected, Stamp
from stream import appender
from stream.appender import Appender, Flush, RawMessage, dead_letters, raw_message
from stream.beats import read_counts, read_refusals
from stream.codec import decode_events, decode_readings
from stream.connect import Client, connect
from stream.keys import Keys, partition_of

KEYS = Keys("test-440900", 4)
DEVICES = tuple(f"station-{number}" for number in range(40))


def readings(devices: tuple[str, ...] = DEVICES) -> ReadingBatch:
    rows = len(devices)
    return ReadingBatch(
        feed="air",
        stamp=Stamp.DEMO,
        received_ms=1000,
        devices=devices,
        metrics=("pm25",),
        device=np.arange(rows, dtype=np.int32),
        metric=np.zeros(rows, np.uint16),
        event_ms=np.arange(rows, dtype=np.int64),
        value=np.arange(rows, dtype=np.float64),
        quality=np.zeros(rows, np.uint16),
    )


def event(number: int) -> Event:
    return Event(f"e{number}", "video", "car", Phase.NEW, f"camera-{number}", 1, 1, None, Stamp.DEMO)


def letter(payload: bytes, reason: str = "malformed", feed: str = "air") -> Rejected:
    return Rejected(reason, "city/air/a/readings", payload, "why", feed, 77)


@pytest.fixture
def append(redis_client: Client) -> Callable[..., None]:
    taken = Appender(redis_client, KEYS, 1000)
    return lambda **parts: taken.append(Flush(**parts))


def test_readings_land_in_the_partition_of_their_device(redis_client: Client, append: Callable[..., None]) -> None:
    append(readings=[readings()])
    found: dict[str, tuple[int, float]] = {}
    for slot in KEYS.slots:
        (entry,) = redis_client.xrange(KEYS.readings(slot))
        part = decode_readings(entry[1])
        found |= {part.devices[d]: (int(slot), float(v)) for d, v in zip(part.device, part.value, strict=True)}
    assert found == {device: (partition_of(device, 4), float(n)) for n, device in enumerate(DEVICES)}
    assert {slot for slot, _ in found.values()} == {0, 1, 2, 3}


def test_events_land_beside_them(redis_client: Client, append: Callable[..., None]) -> None:
    told = [event(number) for number in range(20)]
    append(events=told)
    for slot in KEYS.slots:
        (entry,) = redis_client.xrange(KEYS.events(slot))
        assert decode_events(entry[1]) == [e for e in told if partition_of(e.device, 4) == int(slot)]


def test_the_newest_message_of_a_device_is_kept_as_it_came(redis_client: Client, append: Callable[..., None]) -> None:
    older, newer = (RawMessage("city/air/a/readings", body, at) for body, at in ((b"\xff1", 1), (b"\x002", 2)))
    append(raw={"a": older})
    append(raw={"a": newer})
    assert raw_message(redis_client, KEYS, "a") == newer
    assert raw_message(redis_client, KEYS, "nobody") is None


def test_messages_of_invented_devices_are_bounded(
    redis_client: Client, append: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(appender, "UNDECLARED", 3)
    invented = [f"invented-{number}" for number in range(100)]
    append(raw_undeclared={name: RawMessage("t", b"1", 1) for name in invented})
    kept = [name for name in invented if raw_message(redis_client, KEYS, name)]
    assert len(kept) == 3 * 4
    append(raw={"a": RawMessage("t", b"2", 2)}, raw_undeclared={kept[-1]: RawMessage("t", b"2", 2)})
    for name in ("a", kept[-1]):
        found = raw_message(redis_client, KEYS, name)
        assert found is not None and found.payload == b"2"


def test_of_a_large_message_64_kb_are_kept(redis_client: Client, append: Callable[..., None]) -> None:
    payload = bytes(range(256)) * 1024
    append(raw={"a": RawMessage("t", payload, 1)})
    assert raw_message(redis_client, KEYS, "a") == RawMessage("t", payload[: 64 * 1024], 1)


def test_a_dead_letter_keeps_64_kb_the_length_and_the_hash_of_the_whole(
    redis_client: Client, append: Callable[..., None]
) -> None:
    payload = bytes(range(256)) * 1024
    append(rejected=[letter(b"{"), letter(payload, "too-large", "")])
    large, small = dead_letters(redis_client, KEYS, 10)
    assert (small.payload, small.length, small.detail, small.feed, small.received_ms) == (b"{", 1, "why", "air", 77)
    assert large.payload == payload[: 64 * 1024]
    assert (large.length, large.sha256) == (len(payload), hashlib.sha256(payload).hexdigest())
    assert (large.topic, large.reason) == ("city/air/a/readings", "too-large")
    assert read_refusals(redis_client, KEYS) == {"air|malformed": 1, "|too-large": 1}


def test_dead_letters_are_bounded_and_their_counts_are_not(
    redis_client: Client, append: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(appender, "DEAD_LETTERS", 200)
    for _ in range(10):
        append(rejected=[letter(b"x")] * 100)
    assert 200 <= redis_client.xlen(KEYS.dead) < 400
    assert read_refusals(redis_client, KEYS) == {"air|malformed": 1000}


def test_large_dead_letters_are_bounded_by_memory(redis_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appender, "LOOK_S", 0.0)  # look at every append
    monkeypatch.setattr(appender, "DEAD_BYTES", 2_000_000)
    taken = Appender(redis_client, KEYS, 1000)
    for _ in range(10):
        taken.append(Flush(rejected=[letter(bytes(64 * 1024))] * 10))
    taken.append(Flush())
    assert redis_client.memory_usage(KEYS.dead) < 3_000_000
    assert redis_client.xlen(KEYS.dead) >= 20


def test_a_broken_topic_does_not_stop_a_dead_letter(redis_client: Client, append: Callable[..., None]) -> None:
    append(rejected=[Rejected("bad-text", "city/\udcff", b"\xff", "byte \udcff", "air", 1)])
    (kept,) = dead_letters(redis_client, KEYS, 10)
    assert kept.payload == b"\xff"


def test_counts_add_up(redis_client: Client, append: Callable[..., None]) -> None:
    append(counts={"air|messages": 3, "air|readings": 10})
    append(counts={"air|messages": 4})
    assert read_counts(redis_client, KEYS) == {"air|messages": 7, "air|readings": 10}


def test_a_stream_over_its_limit_takes_nothing_more_until_it_was_trimmed(
    redis_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(appender, "LOOK_S", 0.0)  # look at every append
    small = Appender(redis_client, KEYS, 5)
    one = Flush(readings=[readings(DEVICES[:1])], counts={"air|messages": 1})
    for _ in range(6):
        small.append(one)
    with pytest.raises(StreamFull, match="holds 6 entries, more than the 5 allowed"):
        small.append(one)
    assert read_counts(redis_client, KEYS) == {"air|messages": 6}
    for slot in KEYS.slots:
        redis_client.xtrim(KEYS.readings(slot), maxlen=2, approximate=False)
    small.append(one)
    assert read_counts(redis_client, KEYS) == {"air|messages": 7}


def test_a_silent_redis_is_a_neighbour_down(free_port: int) -> None:
    lonely = Appender(connect(f"redis://:secret@127.0.0.1:{free_port}"), KEYS, 5)
    with pytest.raises(NeighbourDown, match=f"Redis at 127.0.0.1:{free_port} does not answer") as told:
        lonely.append(Flush(counts={"air|messages": 1}))
    assert "secret" not in str(told.value)
