"""The slots of one engine process: which of them has a turn."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks import engine_load as city
from benchmarks.engine_load import BEGIN_MS
from core.records import Tick
from core.settings import load
from stream.codec import encode_tick
from stream.connect import Client
from stream.crew import Crew
from stream.entries import START, order
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


def decided(client: Client, keys: Keys, slot: str = CITY_SLOT) -> bytes | None:
    return client.hget(keys.checkpoint(slot), "decided")


def at(entry_id: bytes | None) -> tuple[int, int]:
    return order(entry_id.decode() if entry_id else START)


@pytest.fixture
def shift(running: Running) -> Shift:
    """The only engine there is, with a city that has decided."""
    crew = Crew(running.client, running.keys, "one")
    crew.tell({}, 0, 0)
    made = Shift(running, crew, Telling(crew))
    made.settle()
    while decided(running.client, running.keys) is None:
        made.turn()
    return made


def test_the_city_waits_for_a_partition_of_the_same_process_that_is_behind(running: Running, shift: Shift) -> None:
    client, keys = running.client, running.keys
    (part, _) = (city.load(SERIES, 100, numbers) for numbers in city.by_partition(SERIES, PARTITIONS))
    ends = [client.xadd(keys.log("0"), dict(fields)) for fields in part.entries]
    client.xadd(keys.log(CITY_SLOT), dict(encode_tick(Tick(BEGIN_MS, {}))))  # it was asked for before the backlog came
    before = decided(client, keys)
    while at(decided(client, keys, "0")) < at(ends[-1]):
        assert decided(client, keys) == before
        shift.turn()
    for _ in range(5):
        shift.turn()
    assert decided(client, keys) != before


@pytest.mark.claim("ENGINE", "A city that an engine left far behind its checkpoint is decided to its end")
def test_a_city_that_is_behind_itself_goes_on(running: Running, shift: Shift) -> None:
    client, keys = running.client, running.keys
    ticks = 3 * turn.ENTRIES_A_TURN  # as many as lie behind its checkpoint when its owner was killed
    asked = [client.xadd(keys.log(CITY_SLOT), dict(encode_tick(Tick(BEGIN_MS + n, {})))) for n in range(ticks)]
    for _ in range(5):
        shift.turn()
    assert at(decided(client, keys)) >= at(asked[-1])
