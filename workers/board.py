"""The Board: one owner folds what was decided into the picture, and what changed becomes one frame."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from board import frames
from board.canvas import Sections, apply
from board.frames import Stance
from board.picture import Picture
from core.clock import monotonic_s, real_ms
from core.errors import UnreadableEntry
from core.settings import Settings
from stream.acts import ACTS, decode_act
from stream.adopted import RELAXED, adopted
from stream.beats import last_probe, read_beats, read_counts
from stream.boards import Snapshot, frame_of, load_snapshot, newest_revision, take_board
from stream.boards import frames as frames_after
from stream.codec import decode_panes, decode_values, decode_warnings
from stream.entries import START, Entry, order
from stream.tail import Tail
from workers.worker import Running, run_worker

log = logging.getLogger(__name__)

ASSETS = Path(__file__).resolve().parent.parent / "assets"
FRAME_EVERY_S = 0.1
LOOK_EVERY_S = 1.0  # beats, probe and counters are hashes, which nobody can wait for
SAVE_EVERY_S = 5.0
FRAMES_KEPT = 1000
AT_ONCE = 500  # entries a stream and turn


def run(settings: Settings) -> int:
    """Draw the active scene until a signal. Exit code."""
    return run_worker("board", settings, serve)


def serve(running: Running) -> None:
    """Draw one scene until it is replaced."""
    drawing = Drawing(running)
    drawing.resume()
    while not running.stopping():
        drawing.turn()
        running.beat()
    drawing.save()


class Drawing:
    """One scene's picture in the hands of its owner. Raises NotOwner as soon as another worker took it."""

    def __init__(self, running: Running) -> None:
        keys = running.keys
        self._running = running
        self._owner = take_board(running.client, keys)
        self._picture = Picture(running.declared, running.scene, running.settings.language)
        self._assets = frames.assets_version(ASSETS)
        self._tail = Tail(running.client, {keys.values: START, keys.warnings: START, ACTS: START, **self._panes(START)})
        self._revision = 0
        self._kept: deque[int] = deque(maxlen=FRAMES_KEPT)
        self._looked_s = self._saved_s = self._framed_s = float("-inf")

    def resume(self) -> None:
        """Continue where the last owner stopped, then catch up before anything is shown."""
        client, keys = self._running.client, self._running.keys
        snapshot = load_snapshot(client, keys)
        held: Sections = {}
        if snapshot is not None:
            held = frames.read(snapshot.frame)["set"]
            self._revision = order(snapshot.revision)[0]
            for _, fields in frames_after(client, keys, snapshot.revision):
                apply(held, frames.difference_of(frames.read(frame_of(fields))))
            if self._picture.restore(msgspec.msgpack.decode(snapshot.memory), held):
                self._remember_day(snapshot.positions.get(keys.values, START))
                self._tail.positions.update(
                    {stream: at for stream, at in snapshot.positions.items() if stream in self._tail.positions}
                )
        self._revision = max(self._revision, order(newest_revision(client, keys))[0])
        while len(self._read(0)) >= AT_ONCE:
            self._running.beat()
        self._look()
        self._show()
        self.save()

    def turn(self) -> None:
        """Wait for something to happen, at most until the next look; fold it, and show what changed."""
        self._read(int(1000 * max(0.01, min(LOOK_EVERY_S, self._looked_s + LOOK_EVERY_S - monotonic_s()))))
        pause_s = self._framed_s + FRAME_EVERY_S - monotonic_s()
        if pause_s > 0:
            time.sleep(pause_s)
            self._read(0)
        if monotonic_s() - self._looked_s >= LOOK_EVERY_S:
            self._look()
        self._show()
        if monotonic_s() - self._saved_s >= SAVE_EVERY_S:
            self.save()

    def save(self) -> None:
        """Keep the whole picture and how far each stream was folded."""
        self._saved_s = monotonic_s()
        frame = frames.snap(self._stance(), self._revision, self._picture.sections)
        memory = msgspec.msgpack.encode(self._picture.snapshot())
        self._owner.save(Snapshot(f"{self._revision}-0", dict(self._tail.positions), frame, memory))

    def _read(self, block_ms: int) -> list[tuple[str, Entry]]:
        found = self._tail.read(AT_ONCE, block_ms)
        for stream, (entry_id, fields) in found:
            with _leaving_out(stream, entry_id):
                self._fold(stream, fields)
        return found

    def _fold(self, stream: str, fields: Mapping[bytes, bytes]) -> None:
        keys, picture = self._running.keys, self._picture
        if stream == keys.values:
            picture.fold_values(decode_values(fields))
        elif stream == keys.warnings:
            picture.fold_warnings(decode_warnings(fields))
        elif stream == ACTS:
            picture.fold_act(*decode_act(fields))
        else:
            picture.fold_panes(decode_panes(fields))

    def _look(self) -> None:
        """Read what is kept in hashes: heartbeats, the test reading, counters."""
        client, keys = self._running.client, self._running.keys
        self._looked_s = monotonic_s()
        self._picture.fold_beats(
            {name: (beat.beat_ms, beat.state, beat.says) for name, beat in read_beats(client, keys).items()}
        )
        probe = last_probe(client, keys)
        if probe is not None:
            self._picture.fold_probe(probe.round_trip_ms, probe.seen_ms)
        self._picture.fold_counts(read_counts(client, keys), real_ms())
        self._picture.fold_relaxed(adopted(client, self._running.scene.city).get(RELAXED, {}))

    def _show(self) -> None:
        """Append one frame with what changed, if anything did."""
        self._picture.tick(self._running.now_ms(), real_ms())
        difference = self._picture.difference()
        if difference is None:
            return
        prev, self._revision = self._revision, frames.next_revision(self._revision, real_ms())
        frame = frames.diff(self._stance(), self._revision, prev, difference)
        self._owner.append(frame, f"{self._revision}-0")
        self._framed_s = monotonic_s()
        self._kept.append(self._revision)
        if len(self._kept) == FRAMES_KEPT:
            self._owner.trim(f"{self._kept[0]}-0")

    def _stance(self) -> Stance:
        scene = self._running.scene
        return Stance(scene.id, self._assets, real_ms(), self._running.now_ms(), scene.speed)

    def _remember_day(self, upto: str) -> None:
        """Fold the values of the last day into the history, as far as the snapshot has seen them."""
        tail = Tail(self._running.client, {self._running.keys.values: START})
        while found := tail.read(AT_ONCE, 0):
            for stream, (entry_id, fields) in found:
                if order(entry_id) > order(upto):
                    return
                with _leaving_out(stream, entry_id):
                    for batch in decode_values(fields):
                        self._picture.history.fold(batch)
            self._running.beat()

    def _panes(self, position: str) -> dict[str, Any]:
        keys = self._running.keys
        return {keys.panes(slot): position for slot in keys.slots}


@contextmanager
def _leaving_out(stream: str, entry_id: str) -> Iterator[None]:
    """An entry that cannot be read is missing in the picture; the others are not."""
    try:
        yield
    except UnreadableEntry as why:
        log.error("%s %s is left out: %s", stream, entry_id, why)
