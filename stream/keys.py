"""The names of all keys in Redis. The `{…}` in a name keeps one partition's keys in one slot of a cluster."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

ACTIVE_SCENE = "cityvitals:scene"
CITY_SLOT = "city"


def partition_of(device: str, partitions: int) -> int:
    """The partition of a device: stable over processes, machines and versions (CRC-32 of its name).

    >>> partition_of("maoming-air-01", 4)
    0
    """
    return zlib.crc32(device.encode()) % partitions


def scene_key(scene_id: str) -> str:
    """What is fixed about a scene, and how far its clock may run."""
    return f"{scene_id}:scene"


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one scene. `slot` is a partition's number as text, or `CITY_SLOT`."""

    scene: str
    partitions: int

    @property
    def slots(self) -> tuple[str, ...]:
        """The slots of the first stage, one a partition."""
        return tuple(str(p) for p in range(self.partitions))

    def readings(self, slot: str) -> str:
        """Reading batches of one partition, with the engine's ticks between them."""
        return f"{self.scene}:obs:{{{slot}}}"

    def events(self, slot: str) -> str:
        """Event batches of one partition."""
        return f"{self.scene}:evt:{{{slot}}}"

    def panes(self, slot: str) -> str:
        """What the first stage changed, one entry a tick."""
        return f"{self.scene}:pane:{{{slot}}}"

    def log(self, slot: str) -> str:
        """The log that a slot is folded from: the readings of a partition, the ticks of the city."""
        return f"{self.scene}:log:{{{slot}}}" if slot == CITY_SLOT else self.readings(slot)

    @property
    def values(self) -> str:
        """Indicator values, one entry a tick of the city."""
        return f"{self.scene}:val:{{{CITY_SLOT}}}"

    @property
    def warnings(self) -> str:
        """Warnings as they change, one entry a tick of the city."""
        return f"{self.scene}:wrn:{{{CITY_SLOT}}}"

    def decided(self, slot: str) -> tuple[str, ...]:
        """What a slot makes out of what came in, and could make again: never a stream that ingest writes."""
        return (self.log(slot), self.values, self.warnings) if slot == CITY_SLOT else (self.panes(slot),)

    def checkpoint(self, slot: str) -> str:
        """State and position of a slot, as one hash."""
        return f"{self.scene}:ckpt:{{{slot}}}"

    def told_by(self, stream: str) -> str | None:
        """The partition whose output a stream is; None for streams that others write."""
        return next((slot for slot in self.slots if self.panes(slot) == stream), None)

    def raw(self, slot: str) -> str:
        """The newest message of each declared device as it came."""
        return f"{self.scene}:raw:{{{slot}}}"

    def raw_undeclared(self, slot: str) -> str:
        """The same of devices that nobody declared, of the first so many of them."""
        return f"{self.scene}:raw:{{{slot}}}:undeclared"

    def picture(self, slot: str, camera: str) -> str:
        """The newest picture of one camera."""
        return f"{self.scene}:pic:{{{slot}}}:{camera}"

    @property
    def dead(self) -> str:
        """Refused messages 拒收报文."""
        return f"{self.scene}:dead"

    @property
    def dead_counts(self) -> str:
        """How many were refused, by `feed|reason`."""
        return f"{self.scene}:dead:counts"

    @property
    def counts(self) -> str:
        """How many messages and readings were taken in, by `feed|what`."""
        return f"{self.scene}:counts"

    @property
    def archived(self) -> str:
        """Up to where the history holds each stream."""
        return f"{self.scene}:archived"

    @property
    def board(self) -> str:
        """Frames of the Board; the id of an entry is the revision."""
        return f"{self.scene}:{{brd}}"

    @property
    def board_snapshot(self) -> str:
        """The last whole picture with its revision and the positions it was folded from."""
        return f"{self.scene}:{{brd}}:snap"

    @property
    def board_lease(self) -> str:
        """Epoch of the one owner of the Board."""
        return f"{self.scene}:{{brd}}:lease"

    @property
    def beats(self) -> str:
        """When each worker last turned."""
        return f"{self.scene}:beats"

    @property
    def definitions(self) -> str:
        """The definitions that follow each other in the logs, by fingerprint."""
        return f"{self.scene}:definitions"

    @property
    def engines(self) -> str:
        """The engine processes that share the slots, and what each tells of itself."""
        return f"{self.scene}:engines"

    @property
    def probe(self) -> str:
        """The last round trip of the test reading 拨测."""
        return f"{self.scene}:probe"
