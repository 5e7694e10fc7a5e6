"""The supervisor with real servers and parts that only stand in: order, restarts, orphans, refusals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from prerequisites import ANSWER_S, REPOSITORY, unused_port

BESIDE = 3  # Redis, the broker, and what the parts are forked from
PARTS = ("ingest", "engine", "archive", "board", "web", "probe", "simulate")
DRIVER = """
import os, sys
from pathlib import Path
from types import SimpleNamespace
from core.settings import load
from workers import supervisor
supervisor.APP = Path(sys.argv[1])
supervisor.LATER_AT_LAST_S = 0.5  # parts that stand in decide nothing
well = SimpleNamespace(beat_ms=2**62, state=supervisor.WELL)
supervisor.read_beats = lambda client, keys: {name: well for name in supervisor.WORKERS}
raise SystemExit(supervisor.run(load(os.environ), lambda sentence: print(sentence, flush=True), lambda *_: None))
"""
Wait = Callable[..., None]


class Run:
    """One supervisor in a process of its own."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder, self.said = folder, folder / "said"
        self.ports = {name: str(unused_port()) for name in ("PORT", "REDIS_PORT", "MQTT_PORT")}
        ours = {f"CITYVITALS_{name}": port for name, port in self.ports.items()}
        settings = {"CITYVITALS_VAR": str(folder / "var"), "CITYVITALS_LANGUAGE": "en", "STAND_IN_FOLDER": str(folder)}
        settings["CITYVITALS_ACCOUNTS"] = "0"  # what they add is proved in tests/contract/test_first_start.py
        settings["PYTHONPATH"] = str(REPOSITORY)  # the parts that stand in are forked by the real fork server
        self.environment = os.environ | ours | settings | variables
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, started: list[subprocess.Popen[bytes]]) -> Run:
        stand_in = Path(__file__).with_name("stand_in_app.py")
        with self.said.open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-c", DRIVER, str(stand_in)],
                cwd=REPOSITORY,
                env=self.environment,
                stdout=said,
                stderr=subprocess.STDOUT,
            )
        started.append(self.process)
        return self

    def says(self, words: str) -> bool:
        return words in self.said.read_text("utf-8")

    def began(self) -> list[str]:
        """The parts that would end in order by now, once for each process that began."""
        lines = self.folder / "began"
        return sorted(lines.read_text("utf-8").split()) if lines.exists() else []

    def pid(self, part: str) -> int:
        return int((self.folder / f"{part}.pid").read_text())

    def family(self) -> list[int]:
        """Every process that this run started: its folder is in their environment; Redis shows its port instead."""
        mine = str(self.folder).encode(), f"127.0.0.1:{self.ports['REDIS_PORT']}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) not in (os.getpid(), self.process and self.process.pid):
                try:
                    told = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
                except OSError:
                    continue
                if any(word in told for word in mine):
                    found.append(int(entry.name))
        return found


def shown_as(pid: int) -> str:
    """The name of a process; a part that was forked has its own, any other one that of its program."""
    return Path(f"/proc/{pid}/comm").read_text().strip()


@pytest.fixture
def running(tmp_path: Path, started: list[subprocess.Popen[bytes]], wait_for: Wait) -> Run:
    run = Run(tmp_path).start(started)
    wait_for(lambda: run.says("Ready: http://127.0.0.1:" + run.ports["PORT"]), 40)
    wait_for(lambda: all((tmp_path / f"{part}.pid").exists() for part in PARTS))
    return run


@pytest.mark.claim("PULSE", "make run prints one address and starts every part")
def test_one_address_when_everything_runs(running: Run) -> None:
    assert running.said.read_text().count("http://") == 1
    assert len(running.family()) == len(PARTS) + BESIDE
    assert all(running.pid(part) in running.family() for part in PARTS)


@pytest.mark.claim("PULSE", "Ctrl-C stops every process, producers first, and leaves no orphan")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything_in_order(running: Run, number: signal.Signals) -> None:
    family = running.family()
    assert running.process is not None
    running.process.send_signal(number)
    assert running.process.wait(ANSWER_S) == 0
    assert not [pid for pid in family if Path(f"/proc/{pid}").exists()]
    ended = (running.folder / "ended").read_text().split()
    assert ended[:3] == ["simulate", "ingest", "engine"]
    assert sorted(ended[3:]) == ["archive", "board", "probe", "web"]
    assert running.says("Everything has stopped")
    assert not running.says("by force")


@pytest.mark.claim("PULSE", "a supervisor that is killed leaves no orphan either")
def test_kill_9_of_the_supervisor_leaves_no_orphan(running: Run, wait_for: Wait) -> None:
    assert len(running.family()) == len(PARTS) + BESIDE
    assert running.process is not None
    running.process.kill()
    running.process.wait()
    wait_for(lambda: not running.family(), 5)


def killed(running: Run, part: str, wait_for: Wait) -> None:
    """kill −9, and wait until the part runs again."""
    before = running.pid(part)
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: running.pid(part) != before, 10)


def test_a_killed_part_is_forked_again_and_said(running: Run, wait_for: Wait) -> None:
    killed(running, "engine", wait_for)
    assert running.says("engine ended by itself (code -9)")
    assert shown_as(running.pid("engine")) == "engine"


@pytest.mark.claim("PULSE", "kill -9 of the process that parts are forked from ends none of them; there is a new one")
def test_a_killed_fork_server_ends_no_part(running: Run, wait_for: Wait) -> None:
    before = {part: running.pid(part) for part in PARTS}
    (server,) = [pid for pid in running.family() if b"\0forkserver\0" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    os.kill(server, signal.SIGKILL)
    killed(running, "engine", wait_for)  # at once: whether a new one can be asked by then, or not
    wait_for(lambda: running.says("forkserver ended by itself (code -9)"), 10)
    wait_for(lambda: len(running.family()) == len(PARTS) + BESIDE, 10)
    assert {part for part in PARTS if running.pid(part) != before[part]} == {"engine"}
    family = running.family()
    assert running.process is not None
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(ANSWER_S) == 0
    assert not [pid for pid in family if Path(f"/proc/{pid}").exists()]


def test_a_killed_redis_is_started_again_with_its_data(running: Run, wait_for: Wait) -> None:
    from stream.connect import connect
    from stream.embedded.redis_server import answers

    url = f"redis://127.0.0.1:{running.ports['REDIS_PORT']}"
    client = connect(url)
    client.set("told", "kept")
    os.kill(client.info("server")["process_id"], signal.SIGKILL)
    wait_for(lambda: running.says("redis ended by itself"), 10)
    wait_for(lambda: answers(url), 10)
    assert client.get("told") == b"kept"
    client.close()


def test_a_redis_that_was_emptied_gets_its_scene_back(running: Run, wait_for: Wait) -> None:
    from stream.connect import connect
    from stream.scenes import active_scene

    client = connect(f"redis://127.0.0.1:{running.ports['REDIS_PORT']}")
    before = active_scene(client)
    client.flushall()
    wait_for(lambda: active_scene(client) == before)
    assert before is not None
    wait_for(lambda: running.says(f"the scene {before.id} is declared again"))
    client.close()


def test_several_engines_are_parts_of_their_own(
    tmp_path: Path, started: list[subprocess.Popen[bytes]], wait_for: Wait
) -> None:
    run = Run(tmp_path, CITYVITALS_ENGINES="3").start(started)
    wait_for(lambda: run.says("Ready: "), 40)
    wait_for(lambda: run.began() == sorted([*PARTS, "engine", "engine"]))
    engines = [
        pid for pid in run.family() if b"stand_in_app.py\x00engine\0" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]
    assert len(engines) == 3
    assert run.process is not None
    run.process.send_signal(signal.SIGTERM)
    assert run.process.wait(ANSWER_S) == 0
    ended = (tmp_path / "ended").read_text().split()
    assert ended[:2] == ["simulate", "ingest"] and ended[2:5] == ["engine"] * 3


def test_a_second_run_on_the_same_folder_is_one_sentence(running: Run, started: list[subprocess.Popen[bytes]]) -> None:
    second = Run(running.folder)
    second.said = running.folder / "second"
    second.start(started)
    assert second.process is not None
    assert second.process.wait(ANSWER_S) == 1
    assert second.said.read_text().splitlines() == [
        f"another CityVitals already runs on the folder {running.folder / 'var'}; "
        "stop it or set CITYVITALS_VAR to another folder"
    ]
