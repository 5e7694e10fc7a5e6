"""The ingest worker: from the broker into the streams of the active scene."""

from __future__ import annotations

from dataclasses import replace

from core.messages import text
from core.records import Stamp
from core.settings import Settings
from ingest.known import Known
from ingest.transports.mqtt import MqttIntake
from ingest.transports.session import abandoned
from stream.appender import Appender
from stream.scenes import declared_scenes
from workers.rates import Rate
from workers.worker import Running, mqtt_url, run_worker

RATE_S = 1.0
REPLAY_AHEAD_S = 10 * 366 * 86_400


def run(settings: Settings) -> int:
    """Serve the active scene until a signal. Exit code."""
    return run_worker("ingest", settings, serve)


def serve(running: Running) -> None:
    """Take in the messages of one scene until it is over; what was read by then is appended and acknowledged."""
    settings, client = running.settings, running.client
    appender = Appender(client, running.keys, settings.stream_limit)
    others = abandoned(running.scene, declared_scenes(client))
    intake = MqttIntake(mqtt_url(settings), known(running), appender, others)
    messages, readings = Rate(RATE_S), Rate(RATE_S)
    try:
        while not running.stopping():
            intake.turn(running.now_ms())
            rates = {"messages": messages.of(intake.messages), "readings": readings.of(intake.readings)}
            trouble = intake.trouble()
            code, values = trouble or ("ingest.running", rates)
            running.beat("down" if trouble else "ok", text(code, settings.language, **values))
    finally:
        intake.close()


def known(running: Running) -> Known:
    """What ingest must know of the scene that is served."""
    declared, feeds = running.declared, running.declared.feeds
    if running.scene.stamp is Stamp.REPLAY:  # its clock waits for its readings, so they are always ahead of it
        feeds = {name: replace(feed, ahead_s=REPLAY_AHEAD_S) for name, feed in feeds.items()}
    return Known(running.scene, feeds, declared.devices, declared.metrics, running.settings.payload_limit_kb * 1024)
