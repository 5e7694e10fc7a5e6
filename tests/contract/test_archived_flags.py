"""What the engine has against readings stands on them in the history, also when it was told before they came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from core.records import MINUTE_MS, PaneBatch, Quality, ReadingBatch, Scene, Stamp
from core.settings import load
from store.history.compaction import Keeping, compact
from store.history.manifest import Folder
from store.history.reader import History
from stream.appender import Appender, Flush
from stream.codec import encode_panes
from stream.connect import Client
from stream.keys import Keys, partition_of
from stream.scenes import declare_scene
from workers.archive import Archiving
from workers.worker import Outage, Running, Stop

SCENE = Scene("demo-440900", "440900", Stamp.DEMO, "city")
NOON_MS = 1_795_320_000_000
PARTITIONS = 2
PUMP, CLOCK, CALM = "pump-1", "clock-1", "calm-1"
LONG = Keeping(raw_days=90, window_days=400, hour_days=1830, value_days=7300)


@pytest.fixture
def running(redis_client: Client, redis_server: str, tmp_path: Path) -> Running:
    keys = declare_scene(redis_client, SCENE, PARTITIONS)
    settings, nothing = replace(load({"REDIS_URL": redis_server}), var=tmp_path), SimpleNamespace(indicators={})
    return Running("archive", settings, SCENE, nothing, keys, redis_client, Stop(), Outage())  # type: ignore[arg-type]


def tell(running: Running, minute: int) -> None:
    """One reading of each device."""
    devices = (PUMP, CLOCK, CALM)
    columns = np.arange(3, dtype=np.int32), np.zeros(3, np.uint16), np.full(3, NOON_MS + minute * MINUTE_MS)
    batch = ReadingBatch("f", Stamp.DEMO, NOON_MS, devices, ("m",), *columns, np.full(3, 1.0), np.zeros(3, np.uint16))
    Appender(running.client, running.keys, 1000).append(Flush(readings=[batch]))


def doubt(keys: Keys, client: Client, device: str, told: Mapping[str, object]) -> None:
    """What a tick tells of a device."""
    slot = partition_of(device, PARTITIONS)
    whole, figures = np.zeros(0, np.int64), np.zeros(0)
    columns = whole.astype(np.int32), whole.astype(np.uint16), whole, whole, figures, figures, figures, whole, figures
    panes = PaneBatch(slot, NOON_MS, NOON_MS, (device,), (), *columns, **told)  # type: ignore[arg-type]
    client.xadd(keys.panes(str(slot)), dict(encode_panes(panes)))


def archive(running: Running) -> None:
    """A process that reads what there is, writes it and ends."""
    archiving = Archiving(running)
    archiving.turn()
    archiving.write()


def flags(running: Running, device: str) -> list[int]:
    history = History(running.settings.history_folder, SCENE.id)
    return history.readings(device, 0, 2 * NOON_MS)["quality"].to_pylist()  # type: ignore[no-any-return]


@pytest.mark.claim("ENGINE", "Archived readings carry that their device settled 上电, or that its clock was wrong")
def test_what_is_told_against_readings_stands_on_them(running: Running) -> None:
    client, keys = running.client, running.keys
    for minute in (0, 1):
        tell(running, minute)
    doubt(keys, client, PUMP, {"settling": {PUMP: (NOON_MS, NOON_MS + 3 * MINUTE_MS)}})
    doubt(keys, client, CLOCK, {"clock_s": {CLOCK: 600}})
    archive(running)
    for minute in (2, 3, 4):
        tell(running, minute)
    archive(running)  # another process: nothing is told again
    doubt(keys, client, CLOCK, {"clock_s": {CLOCK: 0}})
    tell(running, 5)
    tell(running, 5)  # twice over the wire
    archive(running)
    settles, skewed = int(Quality.SETTLING), int(Quality.CLOCK_SKEWED)
    assert flags(running, PUMP) == [settles] * 4 + [0] * 3
    assert flags(running, CLOCK) == [skewed] * 5 + [0] * 2
    assert flags(running, CALM) == [0] * 7
    compact(Folder(running.settings.history_folder / SCENE.id), LONG, NOON_MS + 40 * 24 * 60 * MINUTE_MS)
    assert flags(running, CLOCK) == [skewed] * 5 + [0]
