"""The thread that follows Redis for one web process: which scene, its frames, its values, who is alive.

It owns no state that others read: everything is handed to the event loop, in order.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import catalogue
from catalogue.declared import Declared
from catalogue.versions import in_force
from core.clock import monotonic_s, real_ms
from core.errors import DeclarationError, NeighbourDown, UnreadableEntry
from core.records import Scene, ValueBatch
from stream.adopted import adopted
from stream.beats import Beat, Probe, beat, last_probe, read_beats, read_counts, read_refusals
from stream.boards import frame_of, load_snapshot
from stream.codec import decode_values
from stream.connect import Client, Promise, connect, durability
from stream.definitions import definitions, held_definitions
from stream.entries import START, Entry
from stream.keys import CITY_SLOT, Keys
from stream.scenes import active_scene, keys_of
from stream.slot import definition_of
from stream.tail import Tail

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
MEASURE_EVERY_S = 60.0
BLOCK_MS = 500
AT_ONCE = 200
AGAIN_S = 0.5
ROWS_AT_ONCE = 1000  # about 3 ms of the event loop, so that no request waits for a day of history


@dataclass(frozen=True, slots=True)
class Vitals:
    """What was last read of the installation itself; read_ms is real time, ms UTC.

    clock_offset_s: how far this machine's clock is off, s; None when nobody knows.
    """

    read_ms: int
    promise: Promise
    beats: Mapping[str, Beat]
    probe: Probe | None
    counts: Mapping[str, int] = field(default_factory=dict)
    refusals: Mapping[str, int] = field(default_factory=dict)
    clock_offset_s: float | None = None


class Listener(Protocol):
    """Who is told; every method is called in the order in which things happened."""

    def scene_shown(self, scene: Scene, declared: Declared, keys: Keys, snapshot: bytes) -> None:
        """Another scene, or the same one anew."""

    def frame_came(self, frame: bytes) -> None:
        """A difference."""

    def values_came(self, batches: list[ValueBatch]) -> None:
        """Indicator values."""

    def looked(self, scene: Scene | None, vitals: Vitals) -> None:
        """Redis answers; the scene with its newest hold, None before the first."""

    def redis_lost(self, sentence: str) -> None:
        """Redis does not answer."""


ClockOffset = Callable[[], float | None]
Tell = Callable[[Callable[[Listener], None]], None]  # runs it on the listener's own thread, and returns then


class Follower(threading.Thread):
    """Follows Redis until stopped; a lost Redis is told and tried again."""

    def __init__(self, url: str, packs: Path, tell: Tell, clock_offset: ClockOffset) -> None:
        super().__init__(name="follower", daemon=True)
        self._client: Client = connect(url)
        self._packs, self._tell, self._clock_offset = packs, tell, clock_offset
        self._offset_s: float | None = None
        self._measured_s = float("-inf")
        self._stopping = threading.Event()
        self._anew = threading.Event()
        self._looked_s = float("-inf")
        self._promise: Promise | None = None
        self._lost = False

    def stop(self) -> None:
        """Return from `run` soon."""
        self._stopping.set()

    def begin_anew(self) -> None:
        """The listener missed a frame: show it the whole picture again."""
        self._anew.set()

    def run(self) -> None:
        """Follow until stopped."""
        while not self._stopping.is_set():
            try:
                scene = self._look(None)
                if scene is not None:
                    self._follow(scene)
            except NeighbourDown as lost:
                self._promise = None
                self._say_lost(str(lost))
            except (DeclarationError, UnreadableEntry) as wrong:
                log.error("%s", wrong)
            self._stopping.wait(AGAIN_S)

    def _follow(self, scene: Scene) -> None:
        """Follow one scene until it is replaced, or until its picture must be loaded again."""
        snapshot = load_snapshot(self._client, keys := keys_of(self._client, scene))
        if snapshot is None:
            return  # the Board has not drawn anything yet
        definition = definition_of(self._client, keys, CITY_SLOT)
        own = catalogue.load_fitting(self._packs, scene.city, adopted(self._client, scene.city))
        declared = in_force(held_definitions(self._client, keys), definitions(self._client, keys), own)
        self._anew.clear()
        self._tell(lambda listener: listener.scene_shown(scene, declared, keys, snapshot.frame))
        tail = Tail(self._client, {keys.board: snapshot.revision, keys.values: START})
        shown: Scene | None = scene
        while not self._stopping.is_set() and not self._anew.is_set() and shown is not None:
            for stream, entry in tail.read(AT_ONCE, BLOCK_MS):
                self._hand_over(stream == keys.board, entry)
            newest = self._look(keys)
            same = newest is not None and _identity(newest) == _identity(scene)
            now = definition_of(self._client, keys, CITY_SLOT)
            definition = definition or now  # at a start the engine may come later than we
            shown = newest if same and now == definition else None  # else the time of applied packs has come

    def _hand_over(self, is_frame: bool, entry: Entry) -> None:
        if is_frame:
            frame = frame_of(entry[1])
            self._tell(lambda listener: listener.frame_came(frame))
            return
        try:
            batches = decode_values(entry[1])
        except UnreadableEntry as why:
            log.error("values %s are left out: %s", entry[0], why)
            return
        for came in in_slices(batches, ROWS_AT_ONCE):
            self._tell(told_values(came))

    def _look(self, keys: Keys | None) -> Scene | None:
        """The active scene; once a second also what the installation says of itself."""
        scene = active_scene(self._client)
        if monotonic_s() - self._looked_s < LOOK_EVERY_S:
            return scene
        self._looked_s = monotonic_s()
        if keys is None and scene is not None:
            keys = keys_of(self._client, scene)
        vitals = self._vitals(keys)
        self._tell(lambda listener: listener.looked(scene, vitals))
        if self._lost:
            self._lost = False
            log.info("Redis answers again")
        return scene

    def _vitals(self, keys: Keys | None) -> Vitals:
        client = self._client
        if self._promise is None:
            self._promise = durability(client)
        if monotonic_s() - self._measured_s >= MEASURE_EVERY_S:
            self._measured_s, self._offset_s = monotonic_s(), self._clock_offset()
        if keys is None:
            return Vitals(real_ms(), self._promise, {}, None)
        beat(client, keys, "web")
        return Vitals(
            real_ms(),
            self._promise,
            read_beats(client, keys),
            last_probe(client, keys),
            read_counts(client, keys),
            read_refusals(client, keys),
            self._offset_s,
        )

    def _say_lost(self, sentence: str) -> None:
        self._tell(lambda listener: listener.redis_lost(sentence))
        if not self._lost:
            self._lost = True
            log.error("%s", sentence)


def in_slices(batches: list[ValueBatch], rows: int) -> Iterator[list[ValueBatch]]:
    """The batches in order, in lists of about so many rows; the first entry of a scene may hold a whole day."""
    slice_: list[ValueBatch] = []
    for batch in batches:
        slice_.append(batch)
        if sum(map(len, slice_)) >= rows:
            yield slice_
            slice_ = []
    if slice_:
        yield slice_


def told_values(came: list[ValueBatch]) -> Callable[[Listener], None]:
    """How to tell of values."""
    return lambda listener: listener.values_came(came)


def _identity(scene: Scene) -> tuple[str, str, str]:
    """What may not change while a scene is shown."""
    return scene.id, scene.city, scene.stamp
