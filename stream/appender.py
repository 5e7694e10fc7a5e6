"""What ingest hands over: one flush, one round trip; when Redis has answered, it may be acknowledged."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec
import numpy as np

from core.clock import monotonic_s
from core.errors import StreamFull
from core.records import Event, ReadingBatch, Rejected
from stream.codec import encode_events, encode_readings
from stream.connect import Client, Pipeline
from stream.keys import Keys, partition_of
from stream.pictures import Picture, keep

DEAD_LETTERS = 100_000  # kept, about; the oldest go first
DEAD_PAYLOAD_BYTES = 64 * 1024
DEAD_BYTES = 512 * 1024 * 1024  # and no more memory than this, whatever their number
RAW_PAYLOAD_BYTES = 64 * 1024  # of the newest message of a device
UNDECLARED = 250  # devices a slot whose newest message is kept though nobody declared them: names can be invented
LOOK_S = 1.0  # how old a known length of a stream may be

_KEEP_THE_FIRST = """
for i = 2, #ARGV, 2 do
    if redis.call('HLEN', KEYS[1]) < tonumber(ARGV[1]) or redis.call('HEXISTS', KEYS[1], ARGV[i]) == 1 then
        redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
    end
end
"""


@dataclass(frozen=True, slots=True)
class RawMessage:
    """A message as it came; of its payload at most 64 KB are kept."""

    topic: str
    payload: bytes
    received_ms: int


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A refused message 拒收报文: at most 64 KB of its payload, with the length and SHA-256 of the whole."""

    id: str
    feed: str
    topic: str
    reason: str
    detail: str
    received_ms: int
    payload: bytes
    length: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Flush:
    """What ingest gathered since its last append.

    raw, raw_undeclared: device → its newest message, apart for those that nobody declared; pictures: camera → its
    newest one; counts: `feed|what` → how many.
    """

    readings: Sequence[ReadingBatch] = ()
    events: Sequence[Event] = ()
    raw: Mapping[str, RawMessage] = field(default_factory=dict)
    raw_undeclared: Mapping[str, RawMessage] = field(default_factory=dict)
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    rejected: Sequence[Rejected] = ()
    counts: Mapping[str, int] = field(default_factory=dict)


class Appender:
    """Appends flushes to the streams of one scene. Threads may share one: at worst two of them look at once."""

    def __init__(self, client: Client, keys: Keys, limit_entries: int) -> None:
        self._client, self._keys, self._limit_entries = client, keys, limit_entries
        self._looked_s, self._longest = float("-inf"), ("", 0)

    def append(self, flush: Flush) -> None:
        """Append everything in one round trip; on return Redis holds it as durably as it ever will.

        Raises:
            NeighbourDown: Redis did not take all of it. Append it again later; what stood already is a double.
            StreamFull: The engine is too far behind; nothing was appended.
        """
        self._refuse_when_full()
        pipe = self._client.pipeline()
        for batch in flush.readings:
            for partition, part in split(batch, self._keys.partitions):
                pipe.xadd(self._keys.readings(str(partition)), dict(encode_readings(part)))
        self._add_events(pipe, flush.events)
        for slot, messages in self._raw_by_slot(flush.raw):
            pipe.hset(self._keys.raw(slot), mapping=messages)
        for slot, messages in self._raw_by_slot(flush.raw_undeclared):
            pairs = (part for pair in messages.items() for part in pair)
            pipe.eval(_KEEP_THE_FIRST, 1, self._keys.raw_undeclared(slot), UNDECLARED, *pairs)
        keep(pipe, self._keys, flush.pictures)
        self._add_dead_letters(pipe, flush.rejected)
        for name, count in flush.counts.items():
            pipe.hincrby(self._keys.counts, name, count)
        pipe.execute()

    def _add_events(self, pipe: Pipeline, events: Sequence[Event]) -> None:
        by_slot: dict[str, list[Event]] = defaultdict(list)
        for event in events:
            by_slot[str(partition_of(event.device, self._keys.partitions))].append(event)
        for slot, told in by_slot.items():
            pipe.xadd(self._keys.events(slot), dict(encode_events(told)))

    def _raw_by_slot(self, raw: Mapping[str, RawMessage]) -> Iterable[tuple[str, dict[str, bytes]]]:
        """For one command a slot: one a device took 60 % of the time of a flush of 400 devices."""
        by_slot: dict[str, dict[str, bytes]] = defaultdict(dict)
        for device, message in raw.items():
            small = len(message.payload) <= RAW_PAYLOAD_BYTES
            kept = message if small else replace(message, payload=message.payload[:RAW_PAYLOAD_BYTES])
            by_slot[str(partition_of(device, self._keys.partitions))][device] = msgspec.msgpack.encode(kept)
        return by_slot.items()

    def _add_dead_letters(self, pipe: Pipeline, rejected: Sequence[Rejected]) -> None:
        for letter in rejected:
            fields = {
                b"topic": letter.topic.encode("utf-8", "surrogatepass"),
                b"feed": letter.feed.encode(),
                b"reason": letter.reason.encode(),
                b"detail": letter.detail.encode("utf-8", "replace"),
                b"received_ms": str(letter.received_ms).encode(),
                b"payload": letter.payload[:DEAD_PAYLOAD_BYTES],
                b"length": str(len(letter.payload)).encode(),
                b"sha256": hashlib.sha256(letter.payload).hexdigest().encode(),
            }
            pipe.xadd(self._keys.dead, dict(fields), maxlen=DEAD_LETTERS, approximate=True)
        for name, count in Counter(f"{letter.feed}|{letter.reason}" for letter in rejected).items():
            pipe.hincrby(self._keys.dead_counts, name, count)

    def _refuse_when_full(self) -> None:
        """Look at the streams once a second; between two looks the last verdict holds."""
        if monotonic_s() - self._looked_s >= LOOK_S:
            self._looked_s = monotonic_s()
            self._look()
        stream, length = self._longest
        if length > self._limit_entries:
            raise StreamFull(f"stream {stream} holds {length} entries, more than the {self._limit_entries} allowed")

    def _look(self) -> None:
        """The longest stream; and dead letters that are many and large make room."""
        streams = [key(slot) for slot in self._keys.slots for key in (self._keys.readings, self._keys.events)]
        pipe = self._client.pipeline()
        for stream in (*streams, self._keys.dead):
            pipe.xlen(stream)
        pipe.memory_usage(self._keys.dead)
        *lengths, letters, dead_bytes = pipe.execute()
        self._longest = max(zip(streams, lengths, strict=True), key=lambda pair: int(pair[1]))
        if dead_bytes and dead_bytes > DEAD_BYTES:
            self._client.xtrim(self._keys.dead, maxlen=letters * DEAD_BYTES // dead_bytes, approximate=False)


def split(batch: ReadingBatch, partitions: int) -> Iterator[tuple[int, ReadingBatch]]:
    """The batch by partition of the device, empty parts left out; rows keep their order."""
    of_device = np.array([partition_of(device, partitions) for device in batch.devices], np.int64)
    of_row = of_device[batch.device]
    for partition in np.unique(of_row).tolist():
        mine = of_device == partition
        renumbered = (np.cumsum(mine) - 1).astype(np.int32)
        rows = np.flatnonzero(of_row == partition)
        yield (
            partition,
            ReadingBatch(
                feed=batch.feed,
                stamp=batch.stamp,
                received_ms=batch.received_ms,
                devices=tuple(batch.devices[i] for i in np.flatnonzero(mine)),
                metrics=batch.metrics,
                device=renumbered[batch.device[rows]],
                metric=batch.metric[rows],
                event_ms=batch.event_ms[rows],
                value=batch.value[rows],
                quality=batch.quality[rows],
            ),
        )


def raw_message(client: Client, keys: Keys, device: str) -> RawMessage | None:
    """The newest message of a device as it came, None when there was none, or when it was one undeclared too many."""
    slot = str(partition_of(device, keys.partitions))
    found = client.hget(keys.raw(slot), device) or client.hget(keys.raw_undeclared(slot), device)
    return None if found is None else msgspec.msgpack.decode(found, type=RawMessage)


def dead_letters(client: Client, keys: Keys, count: int) -> list[DeadLetter]:
    """The newest refused messages, newest first."""
    return [_dead_letter(entry_id, fields) for entry_id, fields in client.xrevrange(keys.dead, count=count)]


def _dead_letter(entry_id: bytes, fields: Mapping[bytes, bytes]) -> DeadLetter:
    return DeadLetter(
        id=entry_id.decode(),
        feed=fields[b"feed"].decode(),
        topic=fields[b"topic"].decode("utf-8", "replace"),
        reason=fields[b"reason"].decode(),
        detail=fields[b"detail"].decode(),
        received_ms=int(fields[b"received_ms"]),
        payload=fields[b"payload"],
        length=int(fields[b"length"]),
        sha256=fields[b"sha256"].decode(),
    )
