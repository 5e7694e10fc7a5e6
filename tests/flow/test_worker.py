"""The one outermost loop: scenes come and go, neighbours are lost and return, and only a signal ends it."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from prerequisites import unused_port

from core.errors import DeclarationError, NeighbourDown, NotOwner
from core.records import Scene, Stamp
from core.settings import Settings, load
from stream.beats import Beat, beat, read_beats
from stream.connect import Client, connect
from stream.embedded.redis_server import start_redis
from stream.keys import Keys
from stream.scenes import declare_scene, hold_until
from workers import worker
from workers.worker import Running, run_worker

DEMO = Scene("demo-440900", "440900", Stamp.DEMO, "city")
REPLAY = Scene("replay-beijing-1", "110000", Stamp.REPLAY, "replay/city", 1000, 1000, 60.0, 5000)


@pytest.fixture
def settings(redis_server: str) -> Settings:
    return load({"REDIS_URL": redis_server})


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No pauses, and the test's own log; signal handlers are put back."""
    monkeypatch.setattr(worker, "write_logs", lambda name, level: None)
    monkeypatch.setattr(worker, "LONGEST_PAUSE_S", 0.1)
    monkeypatch.setattr(worker, "TURN_S", 0.02)
    monkeypatch.setattr(worker, "SILENT_S", 0.05)
    caplog.set_level(logging.INFO)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def end() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def test_a_worker_serves_until_its_signal(redis_client: Client, settings: Settings) -> None:
    declare_scene(redis_client, DEMO, 4)
    served: list[tuple[str, Keys, object]] = []

    def serve(running: Running) -> None:
        served.append((running.scene.id, running.keys, running.declared.city.code))
        assert not running.stopping()
        running.beat("ok", "turning")
        end()
        assert running.stopping()

    assert run_worker("engine", settings, serve) == 0
    assert served == [("demo-440900", Keys("demo-440900", 4), "440900")]
    assert read_beats(redis_client, Keys("demo-440900", 4))["engine"].says == "turning"


def test_another_scene_is_served_next(redis_client: Client, settings: Settings, wait_for: Callable[..., None]) -> None:
    declare_scene(redis_client, DEMO, 4)
    served = []

    def serve(running: Running) -> None:
        served.append(running.scene.id)
        if len(served) == 1:
            declare_scene(redis_client, REPLAY, 2)
            wait_for(running.stopping)
        else:
            assert running.keys.partitions == 2
            end()

    assert run_worker("engine", settings, serve) == 0
    assert served == [DEMO.id, REPLAY.id]


def test_city_time_follows_the_hold_without_serving_anew(
    redis_client: Client, settings: Settings, wait_for: Callable[..., None]
) -> None:
    declare_scene(redis_client, REPLAY, 4)

    def serve(running: Running) -> None:
        assert running.now_ms() == 5000  # long past: real time is years after 1970
        hold_until(redis_client, REPLAY.id, 9000)
        wait_for(lambda: not running.stopping() and running.now_ms() == 9000)
        declare_scene(redis_client, replace(REPLAY, city_ms=2000, speed=1.0, hold_ms=9500), 4)
        wait_for(lambda: not running.stopping() and running.now_ms() == 9500)
        end()

    assert run_worker("engine", settings, serve) == 0


def test_whatever_serve_raises_it_serves_again(
    redis_client: Client, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    declare_scene(redis_client, DEMO, 4)
    troubles = iter([ZeroDivisionError("a mistake of ours"), NotOwner("slot 2: another worker took it"), None])

    def serve(running: Running) -> None:
        trouble = next(troubles)
        if trouble:
            raise trouble
        end()

    assert run_worker("engine", settings, serve) == 0
    failed, refused = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert failed.exc_info
    assert "begins again" in failed.getMessage()
    assert "slot 2: another worker took it" in refused.getMessage()
    assert not refused.exc_info


def test_who_lost_its_slots_stands_by_while_the_other_lives(
    redis_client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = declare_scene(redis_client, DEMO, 4)
    looks = 0
    served: list[int] = []

    def living_for_five_looks(client: Client, looked_at: Keys) -> dict[str, Beat]:
        """The other beats before each look, however long the next one takes to come; then it beats no more."""
        nonlocal looks
        looks += 1
        if looks <= 5:
            beat(redis_client, keys, "engine", says=f"beat {looks}")
        return read_beats(client, looked_at)

    monkeypatch.setattr(worker, "read_beats", living_for_five_looks)

    def serve(running: Running) -> None:
        served.append(looks)
        if len(served) == 1:
            raise NotOwner("slot 2: another worker took it")
        end()

    assert run_worker("engine", settings, serve) == 0
    assert served == [0, 6]


def test_a_lost_neighbour_is_told_once_and_its_return_once(
    redis_client: Client, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    declare_scene(redis_client, DEMO, 4)
    turns = iter(range(5))

    def serve(running: Running) -> None:
        if next(turns) < 4:
            raise NeighbourDown("the broker does not answer")
        running.beat()
        end()

    assert run_worker("ingest", settings, serve) == 0
    told = [record.getMessage() for record in caplog.records]
    assert told.count("the broker does not answer") == 1
    assert sum("answer again" in sentence for sentence in told) == 1


def test_beats_and_looks_outlive_a_redis(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, started: list[subprocess.Popen[bytes]]
) -> None:
    server = start_redis(tmp_path / "redis", unused_port(), tmp_path / "log")
    started.append(server.process)
    client = connect(server.url)
    declare_scene(client, DEMO, 4)
    client.close()

    def serve(running: Running) -> None:
        server.stop()
        for _ in range(3):
            running._beat_s = running._looked_s = float("-inf")  # as if a second had gone by
            assert not running.stopping()
            running.beat()
        end()

    assert run_worker("web", load({"REDIS_URL": server.url}), serve) == 0
    told = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert len(told) == 1
    assert "does not answer" in told[0]


def test_packs_with_mistakes_end_the_worker(
    redis_client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    declare_scene(redis_client, DEMO, 4)

    def refuse(packs: Path, city: str, adopted: object) -> None:
        raise DeclarationError(["a.yaml:1: wrong", "b.yaml:2: wrong too"])

    monkeypatch.setattr(worker.catalogue, "load_fitting", refuse)
    assert run_worker("engine", settings, lambda running: None) == 1
    assert "b.yaml:2: wrong too" in caplog.text


def test_a_worker_without_a_scene_ends_at_its_signal(redis_client: Client, settings: Settings) -> None:
    signal.signal(signal.SIGALRM, lambda number, frame: end())
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    assert run_worker("engine", settings, lambda running: None) == 0


def test_a_log_is_one_json_object_a_line() -> None:
    code = """
import logging
from workers.logs import write_logs
write_logs("engine", "info")
logging.getLogger("stream.slot").info("第一行\\n第二行")
try: 1 / 0
except ZeroDivisionError: logging.getLogger("x").exception("failed")
logging.getLogger("x").debug("not written")
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stderr
    first, second = map(json.loads, said.splitlines())
    assert (first["worker"], first["level"], first["room"], first["says"]) == (
        "engine",
        "info",
        "stream.slot",
        "第一行\n第二行",
    )
    assert "ZeroDivisionError" in second["traceback"]
