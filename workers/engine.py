"""The engine worker: owns every partition's slot and the city's, and turns them one after the other."""

from __future__ import annotations

from collections.abc import Sequence

from core.messages import text
from core.settings import Settings
from stream.boards import renew_board
from stream.slot import Slot, wait_for_news
from workers.rates import Rate
from workers.stages import STATE_VERSION, CityStage, PartitionStage
from workers.turn import Stage, Turning
from workers.worker import Running, run_worker

RATE_S = 2.0


def run(settings: Settings) -> int:
    """Serve the active scene until a signal. Exit code."""
    return run_worker("engine", settings, serve)


def serve(running: Running) -> None:
    """Fold and decide one scene until it is over; leave a checkpoint.

    The city decides as of the time that every partition has reached. Were it ahead of one, as it is while a day of
    past or a backlog is read, that partition's panes would come too late for it.
    """
    slots, turnings = _taken(running)
    *partitions, city = turnings
    rate = Rate(RATE_S)
    while not running.stopping():
        now_ms = running.now_ms()
        came = [partition.turn(now_ms) for partition in partitions]
        level_ms = min(partition.level_ms for partition in partitions)
        if level_ms:
            came.append(city.turn(level_ms))
        running.beat("ok", _says(turnings, rate, running.settings.language))
        if not any(came):
            wait_for_news(slots, min(turning.patience_s for turning in turnings))
    for turning in turnings:
        turning.commit()


def _taken(running: Running) -> tuple[list[Slot], list[Turning]]:
    """Every slot taken, the partitions first: the city looks at what they just put out.

    What a slot or the Board holds from another definition, or in a state that we cannot read, is made anew.
    """
    client, keys, declared = running.client, running.keys, running.declared
    definition = f"{STATE_VERSION}-{declared.fingerprint}"
    stages: list[Stage] = [PartitionStage(slot, keys, declared) for slot in keys.slots]
    stages.append(CityStage(keys, declared, running.scene))
    slots = [Slot.take(client, keys, stage.slot, definition) for stage in stages]
    renew_board(client, keys, definition)
    return slots, [Turning(slot, stage, running.settings) for slot, stage in zip(slots, stages, strict=True)]


def _says(turnings: Sequence[Turning], rate: Rate, language: str) -> str:
    readings = rate.of(sum(turning.readings for turning in turnings))
    unreadable = sum(turning.unreadable for turning in turnings)
    if unreadable:
        return text("engine.turning-past", language, readings=readings, count=unreadable)
    return text("engine.turning", language, readings=readings)
