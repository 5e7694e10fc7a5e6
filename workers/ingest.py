"""The ingest worker: from the broker into the streams of the active scene."""

from __future__ import annotations

from dataclasses import replace

from core.clock import monotonic_s
from core.messages import text
from core.records import Stamp
from core.settings import Settings
from ingest.known import Known
from ingest.transports.mqtt import MqttIntake
from stream.appender import Appender
from workers.worker import Running, run_worker

SAY_S = 1.0
REPLAY_AHEAD_S = 10 * 366 * 86_400


def run(settings: Settings) -> int:
    """Serve the active scene until a signal. Exit code."""
    return run_worker("ingest", settings, serve)


def serve(running: Running) -> None:
    """Take in the messages of one scene until it is over; what was read by then is appended and acknowledged."""
    settings = running.settings
    url = settings.mqtt_url or f"mqtt://127.0.0.1:{settings.mqtt_port}"
    intake = MqttIntake(url, known(running), Appender(running.client, running.keys, settings.stream_limit))
    rates = _Rates(intake)
    try:
        while not running.stopping():
            intake.turn(running.now_ms())
            trouble = intake.trouble()
            code, values = trouble or ("ingest.running", rates.now())
            running.beat("down" if trouble else "ok", text(code, settings.language, **values))
    finally:
        intake.close()


def known(running: Running) -> Known:
    """What ingest must know of the scene that is served."""
    declared, feeds = running.declared, running.declared.feeds
    if running.scene.stamp is Stamp.REPLAY:  # its clock waits for its readings, so they are always ahead of it
        feeds = {name: replace(feed, ahead_s=REPLAY_AHEAD_S) for name, feed in feeds.items()}
    return Known(running.scene, feeds, declared.devices, declared.metrics, running.settings.payload_limit_kb * 1024)


class _Rates:
    """Messages and readings a second, over the last whole `SAY_S`."""

    def __init__(self, intake: MqttIntake) -> None:
        self._intake, self._since_s, self._before = intake, monotonic_s(), (0, 0)
        self._says: dict[str, object] = {"messages": 0, "readings": 0}

    def now(self) -> dict[str, object]:
        passed_s = monotonic_s() - self._since_s
        if passed_s >= SAY_S:
            counted = (self._intake.messages, self._intake.readings)
            messages, readings = (round((n - b) / passed_s) for n, b in zip(counted, self._before, strict=True))
            self._says = {"messages": messages, "readings": readings}
            self._since_s, self._before = monotonic_s(), counted
        return self._says
