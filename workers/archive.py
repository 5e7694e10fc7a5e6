"""The archive worker: what the streams hold becomes files of the history, each entry once; files are put together."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from core.clock import monotonic_s, real_ms
from core.errors import NeighbourDown, UnreadableEntry
from core.messages import text
from core.records import Event, ReadingBatch, Stamp, ValueBatch
from core.settings import Settings
from store.history.compaction import Keeping, compact
from store.history.manifest import Folder
from store.history.writer import Archive
from stream.archived import note_archived
from stream.codec import EVENTS, READINGS, VALUES, decode_events, decode_panes, decode_readings, decode_values
from stream.entries import START, order
from stream.scenes import declared_scenes
from stream.slot import decided, owners
from stream.tail import Tail
from workers.redecided import Redecided
from workers.worker import Running, run_worker

log = logging.getLogger(__name__)

ENTRIES_A_TURN = 500
BLOCK_MS = 500
ROWS = 1_000_000  # gathered rows are written at the latest at so many, some 100 MB
COMPACT_S = 600.0
DECIDED_S = 3.0  # so long it waits for what the engine has to say against the readings that came last
LOOK_S = 0.05
AGAIN_S = 5.0  # after the disk took nothing

Entry = list[ValueBatch] | ReadingBatch | list[Event]


def run(settings: Settings) -> int:
    """Serve the active scene until a signal. Exit code."""
    return run_worker("archive", settings, serve)


def serve(running: Running) -> None:
    """Archive one scene until it is over; what was read by then is written."""
    _forget_replays(running)
    archiving = Archiving(running)
    try:
        while not running.stopping():
            archiving.turn()
    except NeighbourDown:  # Redis may never hold again what was read from it
        archiving.write()
        raise
    archiving.write()


def keeping(settings: Settings) -> Keeping:
    """How long what is kept."""
    return Keeping(settings.raw_days, settings.window_days, settings.hour_days, 366 * settings.value_years)


class Archiving:
    """Follows the streams of one scene. While the disk takes nothing it reads nothing: the streams keep it."""

    def __init__(self, running: Running) -> None:
        self._running, keys = running, running.keys
        self._folder = Folder(running.settings.history_folder / running.scene.id)
        self._archive = Archive(self._folder)
        redecided = Redecided(running.declared.indicators, self._folder.manifest().decided_ms)
        self._decoders: Mapping[bytes, Callable[[Mapping[bytes, bytes]], Entry]] = {
            VALUES: lambda fields: redecided.whole(decode_values(fields)),
            READINGS: decode_readings,
            EVENTS: decode_events,
        }
        streams = [keys.values, *(key(slot) for slot in keys.slots for key in (keys.readings, keys.events))]
        self._tail = Tail(running.client, {stream: self._archive.positions.get(stream, START) for stream in streams})
        read = self._tail.positions  # from where there is something to be said against readings
        told = {
            keys.panes(slot): self._archive.positions.get(keys.panes(slot), read[keys.readings(slot)])
            for slot in keys.slots
        }
        self._told = Tail(running.client, told)
        note_archived(running.client, keys, self._positions)
        self._tried_s = self._compacted_s = monotonic_s()
        self._trouble = ""  # what the disk said when it took nothing
        self._unreadable = 0
        self._rows = 0

    def turn(self) -> None:
        """Read what came, write when it is time, put files together now and then."""
        waited_s = monotonic_s() - self._tried_s
        if self._trouble:
            time.sleep(BLOCK_MS / 1000)
        else:
            for _, (entry_id, fields) in self._tail.read(ENTRIES_A_TURN, BLOCK_MS):
                self._take(entry_id, fields)
        due_s = AGAIN_S if self._trouble else self._running.settings.archive_s
        if waited_s >= due_s or self._archive.rows >= ROWS:
            self.write()
        if monotonic_s() - self._compacted_s >= COMPACT_S and not self._trouble:
            self._put_together()
        self._beat()

    def write(self) -> None:
        """Write what was read; while the disk takes nothing it stays in memory, and in the streams."""
        with suppress(NeighbourDown):  # what was gathered is written all the same
            self._hear_doubts()
        self._tried_s = monotonic_s()
        try:
            self._rows += self._archive.flush(self._positions, real_ms())
        except OSError as refused:
            if not self._trouble:
                log.error("%s takes nothing, the streams keep it: %s", self._folder.path, refused)
            self._trouble = str(refused)
            return
        if self._trouble:
            log.info("%s takes files again", self._folder.path)
        self._trouble = ""
        note_archived(self._running.client, self._running.keys, self._archive.positions)

    @property
    def _positions(self) -> dict[str, str]:
        return {**self._tail.positions, **self._told.positions}

    def _hear_doubts(self) -> None:
        """Read what the engine has against the readings that were gathered, when one is there to decide on them."""
        client, keys, begun_s = self._running.client, self._running.keys, monotonic_s()
        owner = owners(client, keys)
        read = {slot: order(self._tail.positions[keys.readings(slot)]) for slot in keys.slots if owner[slot]}
        while monotonic_s() - begun_s < DECIDED_S:
            if all(order(decided(client, keys, slot)) >= upto for slot, upto in read.items()):
                break
            time.sleep(LOOK_S)
        while found := self._told.read(ENTRIES_A_TURN, 0):
            for _, (_, fields) in found:
                with suppress(UnreadableEntry):  # the city counts it
                    self._archive.doubts.fold(decode_panes(fields))

    def _take(self, entry_id: str, fields: Mapping[bytes, bytes]) -> None:
        decode = self._decoders.get(fields.get(b"k", b""))
        if decode is None:
            return  # a tick
        try:
            self._archive.take(entry_id, decode(fields))
        except UnreadableEntry as why:
            self._unreadable += 1
            if self._unreadable == 1:
                log.error("%s is left out of the history, as any other that cannot be read: %s", entry_id, why)

    def _put_together(self) -> None:
        running = self._running
        self._compacted_s = monotonic_s()
        try:
            steps = compact(self._folder, keeping(running.settings), running.now_ms(), self._interrupted)
        except OSError as refused:  # what was done stays done; a full disk will be told by the next write
            log.warning("files of the history could not be put together: %s", refused)
        else:
            log.log(logging.INFO if steps else logging.DEBUG, "files of the history put together, %d steps", steps)

    def _interrupted(self) -> bool:
        self._beat()
        return self._running.stopping()

    def _beat(self) -> None:
        language, folder = self._running.settings.language, self._folder.path
        if self._trouble:
            self._running.beat("down", text("history.unwritable", language, folder=folder, why=self._trouble))
        else:
            self._running.beat("ok", text("history.archiving", language, rows=self._rows, waiting=self._archive.rows))


def _forget_replays(running: Running) -> None:
    """A replay that was forgotten (`stream.scenes.forget_replays`) leaves no history behind either."""
    known = {scene.id for scene in declared_scenes(running.client)}
    for folder in running.settings.history_folder.glob(f"{Stamp.REPLAY}-*"):
        if folder.name not in known:
            shutil.rmtree(folder, ignore_errors=True)
