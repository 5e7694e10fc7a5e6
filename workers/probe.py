"""拨测: a marked test reading through every real part, and back as a frame to a real client of the live feed."""

from __future__ import annotations

import logging
import time
from typing import Any

import orjson
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from accounts.own_token import own_token
from board.picture import PROBE
from board.values import key_of
from core.clock import from_ms, monotonic_s, real_ms
from core.messages import text
from core.settings import Settings
from ingest.transports.publish import Publisher
from stream.beats import Probe, note_probe
from workers.own_site import near_address, near_trust
from workers.worker import Running, mqtt_url, run_worker

log = logging.getLogger(__name__)

EVERY_S = 10.0
LATE_S = 30.0
WAIT_S = 0.5
AGAIN_S = 1.0
LARGEST_FRAME_BYTES = 64 * 1024 * 1024


def run(settings: Settings) -> int:
    """Send and await test readings until a signal. Exit code."""
    return run_worker("probe", settings, serve)


def serve(running: Running) -> None:
    """Probe one scene until it is replaced."""
    with Publisher(mqtt_url(running.settings), f"cityvitals-probe-{running.scene.id}") as publisher:
        Rounds(running, publisher).go()


class Rounds:
    """Test readings of one scene, and how long each took until a client of the website had it."""

    def __init__(self, running: Running, publisher: Publisher) -> None:
        self._running, self._publisher = running, publisher
        self._key = key_of(PROBE, running.declared.city.code)
        self._sent_s = float("-inf")
        self._told_ms = 0
        self._seen_s = monotonic_s()
        self._newest_ms = real_ms() - 1  # what was sent before this process began is not its own
        self._language = running.settings.language
        self._trusted = near_trust(running.settings)
        asks = running.settings.accounts
        self._shown = {"Authorization": f"Bearer {own_token(running.settings)}"} if asks else {}

    def go(self) -> None:
        """Connect to the website, again and again, and listen."""
        while not self._running.stopping():
            try:
                with connect(
                    f"{near_address(self._running.settings, 'ws')}live/ws",
                    additional_headers=self._shown,
                    ssl=self._trusted,
                    max_size=LARGEST_FRAME_BYTES,
                    open_timeout=AGAIN_S,
                ) as socket:
                    self._listen(socket)
            except (OSError, WebSocketException) as lost:
                log.debug("the live feed does not answer: %s", lost)
                self._turn()
                time.sleep(WAIT_S)

    def _listen(self, socket: ClientConnection) -> None:
        while not self._running.stopping():
            self._turn()
            try:
                frame = orjson.loads(socket.recv(WAIT_S))
            except TimeoutError:
                continue
            self._look(frame)

    def _turn(self) -> None:
        """Send when it is time, and say how it stands."""
        now_s = monotonic_s()
        if now_s - self._sent_s >= EVERY_S:
            self._sent_s = now_s
            self._send()
        late = now_s - self._seen_s > LATE_S
        if late:
            self._running.beat("late", text("health.probe-late", self._language))
        else:
            self._running.beat()

    def _send(self) -> None:
        scene = self._running.scene
        self._told_ms = max(self._told_ms + 1, self._running.now_ms())  # a held clock stands; a repeat counts once
        at = from_ms(self._told_ms).isoformat(timespec="milliseconds")
        reading = {"t": at, "values": {"sent_ms": real_ms()}}
        self._publisher.publish(f"{scene.topic_root}/probe/probe-1/readings", orjson.dumps(reading))

    def _look(self, frame: dict[str, Any]) -> None:
        """Note the round trip when a frame brings a test reading of ours that was not seen before."""
        if frame.get("scene") != self._running.scene.id:
            return
        record = frame.get("set", {}).get("values", {}).get(self._key)
        sent_ms = int(record["value"] or 0) if record else 0
        if sent_ms > self._newest_ms:
            self._newest_ms, self._seen_s = sent_ms, monotonic_s()
            note_probe(self._running.client, self._running.keys, Probe(sent_ms, real_ms()))
