"""`app.py explain` on a real Redis behind a real engine: the chain down to stream entry and raw message."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from forked_worker import StartWorker
from prerequisites import REPOSITORY
from typer.testing import CliRunner

import app
import catalogue
from api.hub import Hub
from api.page_reader import PageReader
from board.explained import Evidence, Why, why
from catalogue.versions import Definitions
from core.clock import real_ms
from core.records import HOUR_MS, MINUTE_MS, ReadingBatch, Scene, Stamp
from stream.appender import Appender, Flush, RawMessage
from stream.codec import decode_readings, decode_values
from stream.connect import Client
from stream.keys import Keys
from stream.past import Past
from stream.scenes import declare_scene, hold_until

BEGIN_MS = 1_795_305_600_000 // HOUR_MS * HOUR_MS
END_MS = BEGIN_MS + 2 * HOUR_MS


@pytest.fixture
def environ(redis_server: str, tmp_path: Path) -> dict[str, str]:
    ours = {"REDIS_URL": redis_server, "CITYVITALS_TICK_MS": "10", "CITYVITALS_CHECKPOINT_S": "1"}
    ours |= {"CITYVITALS_PACKS": str(REPOSITORY / "packs"), "CITYVITALS_VAR": str(tmp_path / "var")}
    return ours | {"CITYVITALS_LANGUAGE": "en"}


@pytest.fixture
def scene(redis_client: Client) -> Scene:
    return Scene("replay-why", "440900", Stamp.REPLAY, "replay/city", BEGIN_MS, real_ms(), 1e6, BEGIN_MS)


def fill(client: Client, keys: Keys, devices: list[str]) -> None:
    """Rain of two hours, each five minutes, and the newest message of each gauge as it came."""
    appender, rng = Appender(client, keys, 100_000), np.random.default_rng(4)
    for device in devices:
        times_ms = np.arange(BEGIN_MS + MINUTE_MS, END_MS, 5 * MINUTE_MS)
        rows = np.zeros(len(times_ms), dtype=np.int32)
        columns = (rows, rows.astype(np.uint16), times_ms, rng.gamma(0.6, 2.5, len(times_ms)).round(1))
        good = np.zeros(len(times_ms), dtype=np.uint16)
        batch = ReadingBatch("rain", Stamp.REPLAY, 1, (device,), ("rain_mm",), *columns, good)
        raw = RawMessage(f"city/rain/{device}/readings", json.dumps({"rain_mm": 1.5}).encode(), END_MS)
        appender.append(Flush(readings=(batch,), raw={device: raw}))


def decided_upto_ms(client: Client, keys: Keys) -> int:
    """City time of the newest decision that valued anything."""
    newest = client.xrevrange(keys.values, count=1)
    return decode_values(newest[0][1])[0].decided_ms if newest else 0


def page_lines(client: Client, keys: Keys, scene: Scene, indicator: str, device: str) -> list[str]:
    """What the detail page is told at a time that the scene's log still explains."""
    declared = catalogue.load(REPOSITORY / "packs", "440900")
    still = replace(scene, hold_ms=END_MS - 5 * MINUTE_MS)
    hub = SimpleNamespace(
        reader=SimpleNamespace(declared=declared, language="en"), scene=still, keys=keys, raw_is_seen=bool
    )
    asked = PageReader(cast(Hub, hub), client).explain(indicator, device)
    with ThreadPoolExecutor(1) as thread:  # browser tests of this process leave a loop running in its main thread
        return list(thread.submit(asyncio.run, asked).result())


@pytest.mark.claim("ENGINE", "explain follows a value down to stream entry and raw message, and to what was told")
def test_a_value_is_explained_down_to_its_entries(
    redis_client: Client,
    scene: Scene,
    environ: dict[str, str],
    start_worker: StartWorker,
    tmp_path: Path,
    wait_for: Callable[..., None],
) -> None:
    declared = catalogue.load(REPOSITORY / "packs", "440900")
    keys = declare_scene(redis_client, scene, 2)
    gauges = sorted(device.id for device in declared.devices.values() if device.feed == "rain")
    fill(redis_client, keys, gauges)
    start_worker("engine", tmp_path / "engine.log", environ)
    hold_until(redis_client, scene.id, END_MS + HOUR_MS)
    name = next(i.id for i in declared.indicators.values() if i.metrics == ("rain_mm",) and "station" in i.levels)
    past = Past(redis_client, keys, scene)

    def explained(area: str) -> Why:
        evidence = Evidence(Definitions(declared), keys.slots, past.held_from_ms(), past.log, past.told)
        return why(evidence, name, area, END_MS - 5 * MINUTE_MS)

    wait_for(lambda: decided_upto_ms(redis_client, keys) >= END_MS, 30)
    of_city, of_station = explained(declared.city.code), explained(gauges[0])
    assert of_city.agrees and of_city.explanation.expected == len(gauges) and of_city.explanation.value is not None
    assert len(of_city.explanation.stations) == len(gauges)
    assert of_station.agrees
    (station,) = of_station.explanation.stations
    assert station.readings
    for reading in station.readings:
        ((_, fields),) = redis_client.xrange(keys.readings(reading.partition), reading.entry, reading.entry)
        batch = decode_readings(fields)
        assert reading.value in batch.value[batch.event_ms == reading.event_ms]

    on_page = page_lines(redis_client, keys, scene, name, gauges[0])
    assert name in on_page[0] and any("partition" in line for line in on_page)
    assert any(f"city/rain/{gauges[0]}/readings" in line for line in on_page)

    at = "--at=" + "2026-11-22T09:55+08:00"
    said = CliRunner().invoke(app.cli, ["explain", name, gauges[0], at], env=environ)
    assert said.exit_code == 0, said.output
    assert "the same as was told" in said.stdout
    assert f"city/rain/{gauges[0]}/readings" in said.stdout
    unknown = CliRunner().invoke(app.cli, ["explain", "nothing", gauges[0], at], env=environ)
    assert unknown.exit_code == 1 and "not declared" in str(unknown.exception)
