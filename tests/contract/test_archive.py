"""What the streams hold lies in the history, each entry once, wherever the archive was killed."""

from __future__ import annotations

import random
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from forked_worker import fork_server, forked_code
from prerequisites import ANSWER_S

from core.clock import real_ms
from core.records import MINUTE_MS, Event, Phase, ReadingBatch, Scene, Stamp, Status, ValueBatch
from core.settings import Settings, load
from store.history import manifest
from store.history.reader import History
from stream.appender import Appender, Flush
from stream.archived import archived, note_archived
from stream.beats import read_beats
from stream.codec import encode_values
from stream.connect import Client
from stream.embedded.children import Child
from stream.entries import order
from stream.keys import CITY_SLOT, Keys
from stream.scenes import declare_scene
from stream.slot import Slot
from workers.archive import Archiving
from workers.worker import Outage, Running, Stop

SCENE = Scene("demo-440900", "440900", Stamp.DEMO, "city")
NOON_MS = 1_795_320_000_000
DEVICES = tuple(f"d{n}" for n in range(6))
ARCHIVE = """
import os, sys
from core.settings import load
from store.history import compaction
from workers import archive
compaction.LOOSE = 4
archive.ROWS, archive.BLOCK_MS, archive.ENTRIES_A_TURN, archive.COMPACT_S = 1, 20, 3, 0.1
sys.exit(archive.run(load(os.environ)))
"""


class Crash(BaseException):
    """What kill −9 is to code: nothing after it runs, and nothing catches it."""


@pytest.fixture
def keys(redis_client: Client) -> Keys:
    return declare_scene(redis_client, SCENE, 2)


@pytest.fixture
def settings(tmp_path: Path, redis_server: str) -> Settings:
    return replace(load({"REDIS_URL": redis_server}), var=tmp_path)


def running(client: Client, keys: Keys, settings: Settings) -> Running:
    nothing = SimpleNamespace(indicators={})
    return Running("archive", settings, SCENE, nothing, keys, client, Stop(), Outage())  # type: ignore[arg-type]


def readings(n: int) -> ReadingBatch:
    """One reading of each device, some minutes before midnight and some after."""
    count = len(DEVICES)
    at_ms = np.full(count, NOON_MS + n * 7 * MINUTE_MS, np.int64)
    numbers = (np.arange(count, dtype=np.int32), np.zeros(count, np.uint16), at_ms, np.arange(count) + n / 1000)
    return ReadingBatch("air", Stamp.DEMO, NOON_MS + n, DEVICES, ("pm25",), *numbers, np.zeros(count, np.uint16))


def values(n: int) -> ValueBatch:
    """Each window is decided twice: the second time corrects the first."""
    end_ms = NOON_MS + (n // 2) * 10 * MINUTE_MS
    ones, status = np.ones(2, np.int32), np.full(2, Status.FINAL, np.uint8)
    newest_ms = np.full(2, end_ms, np.int64)
    return ValueBatch(
        "air.aqi",
        "1",
        end_ms,
        end_ms + n,
        ("a", "b"),
        np.array([n, -n], float),
        ones,
        ones,
        newest_ms,
        status,
        ("", ""),
    )


def tell(client: Client, keys: Keys, first: int, upto: int) -> None:
    """Append to every stream as ingest and engine do."""
    appender = Appender(client, keys, 100_000)
    for n in range(first, upto):
        event = Event(
            f"k:{n}", "k", "hotline.noise", Phase.NEW, DEVICES[n % 6], NOON_MS + n, NOON_MS + n, None, Stamp.DEMO
        )
        appender.append(Flush(readings=[readings(n)], events=[event]))
        client.xadd(keys.values, dict(encode_values([values(n)])))


def assert_holds_once(settings: Settings, count: int) -> None:
    history = History(settings.history_folder, SCENE.id)
    told = Counter(
        (device, at_ms, value)
        for device in DEVICES
        for found in [history.readings(device, 0, 2 * NOON_MS)]
        for at_ms, value in zip(found["event_ms"].to_pylist(), found["value"].to_pylist(), strict=True)
    )
    wanted = [(d, NOON_MS + n * 7 * MINUTE_MS, i + n / 1000) for n in range(count) for i, d in enumerate(DEVICES)]
    assert told == Counter(wanted)
    assert Counter(event.id for event in history.events(0, 2 * NOON_MS)) == Counter(f"k:{n}" for n in range(count))
    series = history.series("air.aqi", "b", 0, 2 * NOON_MS)
    assert series.value.tolist() == [-float(n) for n in range(1, count, 2)]


@pytest.mark.claim("ENGINE", "What the streams hold is in the history exactly once, wherever the archive is cut off.")
def test_cut_off_at_every_step_of_writing_each_entry_is_archived_once(
    redis_client: Client, keys: Keys, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(redis_client, keys, 0, 20)
    sync, steps = manifest._sync, 0

    def crashing(path: Path) -> None:
        nonlocal steps
        steps += 1
        if steps >= 2 and random.Random(steps).random() < 0.4:
            raise Crash
        sync(path)

    monkeypatch.setattr(manifest, "_sync", crashing)
    monkeypatch.setattr("workers.archive.ENTRIES_A_TURN", 3)
    monkeypatch.setattr("workers.archive.BLOCK_MS", 1)
    crashes = 0
    while archived(redis_client, keys).get(keys.values) != redis_client.xrevrange(keys.values, count=1)[0][0].decode():
        archiving = Archiving(running(redis_client, keys, settings))
        try:
            for _ in range(2):
                archiving.turn()
                archiving.write()
        except Crash:
            crashes += 1
    assert crashes > 5
    monkeypatch.setattr(manifest, "_sync", sync)
    archiving = Archiving(running(redis_client, keys, settings))
    for _ in range(10):
        archiving.turn()
    archiving.write()
    assert_holds_once(settings, 20)


@pytest.mark.claim("ENGINE", "An archive killed with signal 9 again and again loses no entry and writes none twice.")
def test_killed_again_and_again_it_archives_each_entry_once(
    redis_client: Client,
    keys: Keys,
    settings: Settings,
    started: list[Child],
    wait_for: Callable[..., None],
    tmp_path: Path,
) -> None:
    given = {"REDIS_URL": settings.redis_url, "CITYVITALS_VAR": str(settings.var)}
    folder = manifest.Folder(settings.history_folder / SCENE.id)
    told, rng = 0, random.Random(5)
    with fork_server(tmp_path, forked_code(("workers.archive",), ARCHIVE)) as start_archive:
        for life in range(4):
            process = start_archive("archive", tmp_path / "archive.log", given)
            started.append(process)
            for _ in range(rng.randint(2, 4)):
                revision = folder.manifest().revision
                tell(redis_client, keys, told, told + 6)
                told += 6
                wait_for(lambda before=revision: folder.manifest().revision > before, 20)
            tell(redis_client, keys, told, told + 4)
            told += 4
            process.send_signal(signal.SIGKILL if life < 3 else signal.SIGTERM)
            assert process.wait(ANSWER_S) == (-signal.SIGKILL if life < 3 else 0)
    archiving = Archiving(running(redis_client, keys, settings))
    archiving.turn()
    archiving.write()
    assert_holds_once(settings, told)


@pytest.mark.claim(
    "ENGINE", "A history folder that takes nothing is told, loses nothing, and is written again once it can be."
)
def test_a_disk_that_takes_nothing(
    redis_client: Client, keys: Keys, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    archiving = Archiving(running(redis_client, keys, settings))
    tell(redis_client, keys, 0, 4)
    archiving.turn()
    settings.history_folder.write_bytes(b"")  # a file where the folder should be: as good as a full disk
    archiving.write()
    monkeypatch.setattr("workers.archive.BLOCK_MS", 1)
    tell(redis_client, keys, 4, 8)
    archiving.turn()
    told = read_beats(redis_client, keys)["archive"]
    assert told.state == "down" and str(settings.history_folder) in told.says
    assert set(archived(redis_client, keys).values()) == {"0-0"}
    settings.history_folder.unlink()
    archiving.write()
    archiving.turn()
    archiving.write()
    assert read_beats(redis_client, keys)["archive"].state == "ok"
    assert_holds_once(settings, 8)


@pytest.mark.claim("ENGINE", "The engine trims no stream beyond what the history holds.")
def test_an_output_is_shortened_only_up_to_the_archive(redis_client: Client, keys: Keys) -> None:
    slot = Slot.take(redis_client, keys, CITY_SLOT, "d1")
    now_ms = real_ms()
    pipe = redis_client.pipeline()
    for n in range(5000):
        pipe.xadd(keys.values, {b"x": b"1"}, id=f"{now_ms + n}-0")
    ids = [told.decode() for told in pipe.execute()]
    note_archived(redis_client, keys, {keys.values: ids[1000]})
    upto = archived(redis_client, keys)[keys.values]
    slot.shorten(keys.values, 1000, upto)
    first = redis_client.xrange(keys.values, count=1)[0][0].decode()
    assert order(first) <= order(ids[1000]) and slot.length(keys.values) < 5000
    slot.shorten(keys.values, 1000, ids[-1])
    assert 1000 <= slot.length(keys.values) < 1300
