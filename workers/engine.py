"""The engine worker: owns every partition's slot and the city's, and turns them one after the other."""

from __future__ import annotations

import time

from core.clock import monotonic_s
from core.messages import text
from core.settings import Settings
from stream.slot import Slot
from workers.stages import CityStage, PartitionStage
from workers.turn import Stage, Turning
from workers.worker import Running, run_worker

NOTHING_CAME_S = 0.005  # then look again; half of it is what waiting adds to the way of a reading
RATE_S = 2.0


def run(settings: Settings) -> int:
    """Serve the active scene until a signal. Exit code."""
    return run_worker("engine", settings, serve)


def serve(running: Running) -> None:
    """Fold and decide one scene until it is over; leave a checkpoint.

    The city decides as of the time that every partition has reached. Were it ahead of one, as it is while a day of
    past or a backlog is read, that partition's panes would come too late for it.
    """
    turnings = [_turning(running, stage) for stage in _stages(running)]
    *partitions, city = turnings
    rate = _Rate()
    while not running.stopping():
        now_ms = running.now_ms()
        came = [partition.turn(now_ms) for partition in partitions]
        level_ms = min(partition.level_ms for partition in partitions)
        if level_ms:
            came.append(city.turn(level_ms))
        readings_per_s = rate.of(sum(turning.readings for turning in turnings))
        running.beat("ok", text("engine.turning", running.settings.language, readings=readings_per_s))
        if not any(came):
            time.sleep(NOTHING_CAME_S)
    for turning in turnings:
        turning.commit()


def _stages(running: Running) -> list[Stage]:
    """The partitions first: the city looks at what they just put out."""
    keys, declared = running.keys, running.declared
    return [*(PartitionStage(slot, keys, declared) for slot in keys.slots), CityStage(keys, declared, running.scene)]


def _turning(running: Running, stage: Stage) -> Turning:
    slot = Slot.take(running.client, running.keys, stage.slot, running.declared.fingerprint)
    return Turning(slot, stage, running.settings)


class _Rate:
    """Readings a second over the last whole `RATE_S`."""

    def __init__(self) -> None:
        self._since_s, self._before, self._rate = monotonic_s(), 0, 0

    def of(self, readings: int) -> int:
        passed_s = monotonic_s() - self._since_s
        if passed_s >= RATE_S:
            self._rate = round((readings - self._before) / passed_s)
            self._since_s, self._before = monotonic_s(), readings
        return self._rate
