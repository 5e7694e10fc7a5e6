"""A made-up picture in a real Redis, written as the Board writes it: the website shows it as it shows any other."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from prerequisites import REPOSITORY

from board import frames
from board.canvas import Difference, Sections, apply
from board.frames import Stance
from catalogue.declared import Declared
from core.clock import real_ms
from core.records import Scene, Stamp
from stream.beats import beat
from stream.boards import Snapshot, take_board
from stream.connect import connect
from stream.scenes import declare_scene
from tests.frames import board_snapshot

BEATING = ("ingest", "engine", "board", "probe")
BEAT_S = 1.0


class HungPicture:
    """The picture of one scene. `show` hangs up another one, `change` turns single records of it."""

    def __init__(self, redis_url: str, declared: Declared, stamp: Stamp = Stamp.DEMO) -> None:
        self.declared = declared
        self._client = connect(redis_url)
        scene = Scene(f"{stamp}-{declared.city.code}", declared.city.code, stamp, "city")
        self._scene, self.keys = scene, declare_scene(self._client, scene, 2)
        self._owner = take_board(self._client, self.keys)
        self._lock, self._ending = threading.Lock(), threading.Event()
        self._assets = frames.assets_version(REPOSITORY / "assets")
        self.sections: Sections = {}
        self.revision = 0
        self.show("calm")
        self._beats = threading.Thread(target=self._beat_forever, daemon=True)
        self._beats.start()

    def show(self, situation: str, warnings: int = 0) -> None:
        """Hang up a picture of `tests/frames/board_snapshot.py`: calm, typhoon, unknown, silent, empty."""
        wanted = board_snapshot.picture(self.declared, situation, real_ms(), warnings)
        with self._lock:
            gone = {
                name: [key for key in held if key not in wanted.get(name, {})] for name, held in self.sections.items()
            }
            self._turn(Difference(wanted, gone))
            stored = frames.snap(self._stance(), self.revision, self.sections)
            self._owner.save(Snapshot(f"{self.revision}-0", {}, stored))

    def change(self, changed: Mapping[str, Mapping[str, Any]], drop: Mapping[str, list[str]] | None = None) -> None:
        """Set and drop records by section, as one frame."""
        with self._lock:
            self._turn(Difference(changed, drop or {}))

    def close(self) -> None:
        """Nobody turns it any more."""
        self._ending.set()
        self._beats.join()
        self._client.close()

    def _turn(self, difference: Difference) -> None:
        apply(self.sections, difference)
        before, self.revision = self.revision, frames.next_revision(self.revision, real_ms())
        self._owner.append(frames.diff(self._stance(), self.revision, before, difference), f"{self.revision}-0")

    def _stance(self) -> Stance:
        now_ms = real_ms()
        return Stance(self._scene.id, self._assets, now_ms, now_ms, 1.0)

    def _beat_forever(self) -> None:
        """All parts live, or the page would say that they do not."""
        while not self._ending.wait(BEAT_S):
            now_ms = real_ms()
            for part in BEATING:
                beat(self._client, self.keys, part)
            told = {part: one | {"beat_ms": now_ms} for part, one in self.sections["workers"].items()}
            probe = self.sections["probe"]["main"] | {"seen_ms": now_ms - 2000}
            self.change({"workers": told, "probe": {"main": probe}})
