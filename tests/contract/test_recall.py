"""What the history holds of the weeks before is known to the city from its first hour on."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import engine_load as city
from core.records import HOUR_MS, Status, ValueBatch
from core.settings import load
from indicators.beside import HOUR_OF_WEEK, WEEK_MS
from store.history.manifest import Folder
from store.history.writer import add_values
from stream.codec import decode_values
from stream.connect import Client
from stream.crew import Crew
from stream.entries import entries
from stream.keys import CITY_SLOT
from stream.scenes import declare_scene
from workers import engine, turn
from workers.engine import Shift
from workers.telling import Telling
from workers.worker import Outage, Running, Stop

NAME, END_MS = "load.m0", city.BEGIN_MS + HOUR_MS
PAST = [10.0, 14.0, 12.0, 11.0]  # of this hour of the week, one to four weeks ago
MINUTE_MS = 60_000


@pytest.fixture
def running(redis_client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Running:
    """An engine is handed a city with something usual; its slots ask for a tick at every turn."""
    monkeypatch.setattr(turn, "IDLE_TICK_S", 0.0)
    monkeypatch.setattr(turn, "monotonic_s", iter(range(1_000_000)).__next__)
    monkeypatch.setattr(engine, "RECALL_S", 0.0)
    monkeypatch.setattr(engine, "LOOK_S", 0.0)
    declared = city.declared(5)
    usual = replace(declared.indicators[NAME], baseline=HOUR_OF_WEEK)
    declared = replace(declared, indicators={NAME: usual})
    keys = declare_scene(redis_client, city.SCENE, 1)
    settings = replace(load({}), tick_ms=10, var=tmp_path)
    return Running("engine", settings, city.SCENE, declared, keys, redis_client, Stop(), Outage())


@pytest.fixture
def shift(running: Running) -> Iterator[Shift]:
    yield begun(running)


def begun(running: Running) -> Shift:
    crew = Crew(running.client, running.keys, "one")
    crew.tell({}, 0, 0)
    return Shift(running, crew, Telling(crew))


def value(end_ms: int, value: float, version: str = "1") -> ValueBatch:
    """Of the whole city."""
    one, newest_ms = np.ones(1, np.int32), np.array([end_ms], np.int64)
    status = np.array([Status.UNKNOWN if math.isnan(value) else Status.FINAL], np.uint8)
    return ValueBatch(NAME, version, end_ms, end_ms, ("990000",), np.array([value]), one, one, newest_ms, status, ("",))


def keep(running: Running, *values: ValueBatch) -> None:
    folder = Folder(running.settings.history_folder / running.scene.id)
    add_values(folder, [(batch.window_end_ms, batch) for batch in values], "test")


def usual_at(running: Running, shift: Shift, end_ms: int) -> float:
    """What was told as usual of the city in a window, which is decided at its end."""
    running.scene = replace(running.scene, hold_ms=end_ms)
    for _ in range(200):
        shift.settle()
        shift.turn()
        for _, fields in entries(running.client.xrange(running.keys.values)):
            for batch in decode_values(fields):
                if batch.window_end_ms == end_ms:
                    return float(batch.beside["baseline"][batch.areas.index("990000")])
    raise AssertionError("never decided")


@pytest.mark.claim("ENGINE", "What is usual is known from the first hour on where the history holds the weeks before")
def test_the_first_hour_knows_what_is_usual(running: Running, shift: Shift) -> None:
    weeks = [value(END_MS - (n + 1) * WEEK_MS, one) for n, one in enumerate(PAST)]
    other = [value(END_MS - 5 * WEEK_MS, 99.0, "0"), value(END_MS - WEEK_MS + MINUTE_MS, 99.0)]
    keep(running, *weeks, *other, value(END_MS - 6 * WEEK_MS, math.nan))
    assert usual_at(running, shift, END_MS - 2 * MINUTE_MS) == 11.5
    shift.end()
    assert usual_at(running, begun(running), END_MS) == 11.5  # the checkpoint holds it


def test_values_that_are_computed_later_are_recalled_then(running: Running, shift: Shift) -> None:
    assert math.isnan(usual_at(running, shift, END_MS))
    before = running.client.xlen(running.keys.log(CITY_SLOT))
    keep(running, *(value(END_MS + HOUR_MS - (n + 1) * WEEK_MS, one) for n, one in enumerate(PAST)))
    assert usual_at(running, shift, END_MS + HOUR_MS) == 11.5
    told = running.client.xrange(running.keys.log(CITY_SLOT))
    assert sum(fields[b"k"] == b"v" for _, fields in told) == len(PAST) and len(told) > before  # and not again
