"""Signs of life: when each worker last turned, the last round trip of the test reading 拨测, what was counted."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from core.clock import real_ms
from stream.connect import Client
from stream.keys import Keys

WELL = "ok"
LOOK_S = 0.2


@dataclass(frozen=True, slots=True)
class Beat:
    """A worker's last sign of life. beat_ms is real time, ms UTC; state: ok, or a word for what is wrong."""

    worker: str
    beat_ms: int
    state: str
    says: str


@dataclass(frozen=True, slots=True)
class Probe:
    """The last test reading that came back. Times are real time, ms UTC."""

    sent_ms: int
    seen_ms: int

    @property
    def round_trip_ms(self) -> int:
        """From the sensor's side of the broker to the Board, ms."""
        return self.seen_ms - self.sent_ms


def beat(client: Client, keys: Keys, worker: str, state: str = "ok", says: str = "") -> None:
    """Tell that a worker turned just now."""
    client.hset(keys.beats, worker, msgspec.msgpack.encode(Beat(worker, real_ms(), state, says)))


def read_beats(client: Client, keys: Keys) -> dict[str, Beat]:
    """Worker → its last sign of life."""
    return {name.decode(): msgspec.msgpack.decode(said, type=Beat) for name, said in client.hgetall(keys.beats).items()}


def wait_until_well(client: Client, keys: Keys, worker: str, stopping: Callable[[], bool]) -> bool:
    """Wait until a worker has ever told that all is well with it in this scene; False when `stopping` comes first."""
    while not stopping():
        told = read_beats(client, keys).get(worker)
        if told is not None and told.state == WELL:
            return True
        time.sleep(LOOK_S)
    return False


def note_probe(client: Client, keys: Keys, probe: Probe) -> None:
    """Keep the round trip of a test reading."""
    client.hset(keys.probe, mapping={"sent_ms": str(probe.sent_ms), "seen_ms": str(probe.seen_ms)})


def last_probe(client: Client, keys: Keys) -> Probe | None:
    """The last round trip, None when no test reading ever came back."""
    sent_ms, seen_ms = client.hmget(keys.probe, ["sent_ms", "seen_ms"])
    return None if sent_ms is None or seen_ms is None else Probe(int(sent_ms), int(seen_ms))


def read_counts(client: Client, keys: Keys) -> dict[str, int]:
    """`feed|what` → how many messages or readings were taken in since the scene began."""
    return {name.decode(): int(count) for name, count in client.hgetall(keys.counts).items()}


def read_refusals(client: Client, keys: Keys) -> dict[str, int]:
    """`feed|reason` → how many messages were refused since the scene began."""
    return {name.decode(): int(count) for name, count in client.hgetall(keys.dead_counts).items()}
