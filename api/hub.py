"""The frames of one web process and its clients: the same bytes for all, resumed by revision, beats of its own."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from itertools import dropwhile

from api.follower import Vitals
from board import frames
from board.frames import Stance
from board.reader import PictureReader
from catalogue.declared import Declared
from core.clock import city_ms, real_ms
from core.records import Scene, ValueBatch
from stream.keys import Keys

log = logging.getLogger(__name__)

KEPT = 1000  # frames that a client may have missed
WAITING = 64  # frames that wait for one slow client; then it is dropped and comes back with its revision
BEAT_S = 1.0
SILENT_MS = 3000  # Redis that was not heard for so long is down, also when no error said so


class Client:
    """One connection: frames that wait to be sent to it, beginning with what it missed. Ends with None."""

    def __init__(self, missed: Sequence[bytes]) -> None:
        self._frames: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._room = WAITING + len(missed)
        for frame in missed:
            self._frames.put_nowait(frame)

    def offer(self, frame: bytes) -> bool:
        """Let a frame wait; False when too many do already, and then none will follow."""
        if self._frames.qsize() >= self._room:
            self.end()
            return False
        self._frames.put_nowait(frame)
        return True

    def end(self) -> None:
        """No frame will follow."""
        self._frames.put_nowait(None)

    async def next(self) -> bytes | None:
        """The next frame as soon as there is one; None at the end."""
        return await self._frames.get()

    def waiting(self) -> list[bytes]:
        """All frames that wait now."""
        found = []
        while not self._frames.empty():
            frame = self._frames.get_nowait()
            if frame is not None:
                found.append(frame)
        return found


class Hub:
    """Listens to the follower and relays to clients; lives on one event loop."""

    def __init__(self, reader: PictureReader, assets: str, begin_anew: Callable[[], None]) -> None:
        self._mirror = reader
        self.as_seen: Callable[[PictureReader], PictureReader] = lambda whole: whole
        self.raw_is_seen: Callable[[str], bool] = lambda device: True  # whether its messages may be read as they came
        self.keys: Keys | None = None
        self.vitals: Vitals | None = None
        self.scene: Scene | None = None  # with its newest hold
        self.dropped = 0  # clients that were too slow
        self.assets = assets
        self._begin_anew = begin_anew
        self._clients: set[Client] = set()
        self._frames: deque[tuple[int, int, bytes]] = deque(maxlen=KEPT)  # (revision, the one before, bytes)
        self._snap: tuple[int, bytes] | None = None
        self._heard_ms = 0
        self._waiting_anew = True

    @property
    def reader(self) -> PictureReader:
        """The picture as whoever sent the present request may see it."""
        return self.as_seen(self._mirror)

    @property
    def clients(self) -> int:
        """How many are connected."""
        return len(self._clients)

    @property
    def redis(self) -> str:
        """Whether Redis answers: ok or down."""
        return "ok" if real_ms() - self._heard_ms <= SILENT_MS else "down"

    def join(self, revision: int | None) -> Client:
        """A client that holds a revision (None: nothing): it gets what it misses, then every frame."""
        client = Client([*self.missed(revision), self.beat()])
        self._clients.add(client)
        return client

    def leave(self, client: Client) -> None:
        """The connection is gone."""
        self._clients.discard(client)

    def close(self) -> None:
        """End every connection."""
        for client in list(self._clients):
            client.end()
        self._clients.clear()

    def missed(self, revision: int | None) -> list[bytes]:
        """What somebody with a revision has not seen: later frames, or the whole picture; [] when nothing."""
        if self.scene is None or revision == self._mirror.revision:
            return []
        later = dropwhile(lambda kept: kept[1] != revision, self._frames)
        return [frame for _, _, frame in later] or [self._whole()]

    def beat(self) -> bytes:
        """A sign of life of this process, as of now."""
        return frames.beat(self._stance(), self._mirror.revision, self.redis)

    async def beat_forever(self) -> None:
        """Tell every client once a second that this process lives, whatever else does."""
        while True:
            await asyncio.sleep(BEAT_S)
            if self._clients:
                self._broadcast(self.beat())

    # What the follower tells, in its order.

    def scene_shown(self, scene: Scene, declared: Declared, keys: Keys, snapshot: bytes) -> None:
        """Another scene, or the same one anew: everyone gets the whole picture."""
        self.scene, self.keys = scene, keys
        self._mirror.show_scene(scene, declared)
        self._mirror.load(snapshot)
        self._frames.clear()
        self._snap = None
        self._waiting_anew = False
        self._broadcast(self._whole())

    def frame_came(self, frame: bytes) -> None:
        """A difference: into the mirror, and as it is to everyone."""
        content = frames.read(frame)
        if self._waiting_anew:
            return
        if not self._mirror.take(content):
            log.warning("frame %s does not follow %s; loading the whole picture", content["rev"], self._mirror.revision)
            self._waiting_anew = True
            self._begin_anew()
            return
        self._frames.append((content["rev"], content["prev"], frame))
        self._broadcast(frame)

    def values_came(self, batches: list[ValueBatch]) -> None:
        """Indicator values, for the day's history."""
        self._mirror.fold_values(batches)

    def looked(self, scene: Scene | None, vitals: Vitals) -> None:
        """Redis answers."""
        self._heard_ms = vitals.read_ms
        self.vitals = vitals
        if scene is not None and self.scene is not None and scene.id == self.scene.id:
            self.scene = scene

    def redis_lost(self, sentence: str) -> None:
        """Redis does not answer; the picture stays, and says so with every beat."""
        self._heard_ms = 0

    def _broadcast(self, frame: bytes) -> None:
        slow = [client for client in self._clients if not client.offer(frame)]
        for client in slow:
            self._clients.discard(client)
            self.dropped += 1

    def _whole(self) -> bytes:
        """The whole picture, encoded once a revision."""
        if self._snap is None or self._snap[0] != self._mirror.revision:
            self._snap = (
                self._mirror.revision,
                frames.snap(self._stance(), self._mirror.revision, self._mirror.sections),
            )
        return self._snap[1]

    def _stance(self) -> Stance:
        now_ms = real_ms()
        if self.scene is None:
            return Stance("", self.assets, now_ms, now_ms, 1.0)
        return Stance(self.scene.id, self.assets, now_ms, city_ms(self.scene, now_ms), self.scene.speed)
