"""The slots of one engine process: which of them has a turn."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks import engine_load as city
from core.settings import load
from stream.connect import Client
from stream.crew import Crew
from stream.keys import CITY_SLOT, Keys
from stream.scenes import declare_scene
from workers import turn
from workers.engine import Shift
from workers.telling import Telling
from workers.worker import Outage, Running, Stop

SERIES, PARTITIONS = 500, 2


@pytest.fixture
def running(redis_client: Client, monkeypatch: pytest.MonkeyPatch) -> Running:
    """What an engine is handed; each of its slots asks for a tick at every turn."""
    monkeypatch.setattr(turn, "IDLE_TICK_S", 0.0)
    monkeypatch.setattr(turn, "monotonic_s", iter(range(1_000_000)).__next__)
    keys = declare_scene(redis_client, city.SCENE, PARTITIONS)
    settings, declared = replace(load({}), tick_ms=10), city.declared(SERIES)
    return Running("engine", settings, city.SCENE, declared, keys, redis_client, Stop(), Outage())


def decided(client: Client, keys: Keys) -> bytes | None:
    return client.hget(keys.checkpoint(CITY_SLOT), "decided")


def test_the_city_waits_for_a_partition_of_the_same_process_that_is_behind(running: Running) -> None:
    client, keys = running.client, running.keys
    crew = Crew(client, keys, "one")
    crew.tell({}, 0, 0)
    shift = Shift(running, crew, Telling(crew))
    shift.settle()
    while decided(client, keys) is None:
        shift.turn()
    (part, _) = (city.load(SERIES, 100, numbers) for numbers in city.by_partition(SERIES, PARTITIONS))
    for fields in part.entries:
        client.xadd(keys.log("0"), dict(fields))
    before = decided(client, keys)
    for _ in range(len(part.entries) // turn.ENTRIES_A_TURN):
        shift.turn()
        assert decided(client, keys) == before
    for _ in range(5):
        shift.turn()
    assert decided(client, keys) != before
