"""What the fork server forks: a worker like one that was started, with nothing of its siblings in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from prerequisites import ANSWER_S, REPOSITORY

# Takes on orphans, so it is a process of its own; asks for three workers, and prints how they ended.
SUPERVISOR = """
import json, os, sys
from pathlib import Path
from workers.forked import ForkServer, take_on_orphans
folder, app, within_s = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
assert take_on_orphans()
server = ForkServer()
command = [sys.executable, "-W", "error", app, "forkserver"]
process = server.start(command, folder / "forkserver.log", {"TOLD": "before"})
asked = {name: server.fork(name, folder / f"{name}.log", {"TOLD": name}) for name in ("first", "second", "waits")}
ended = {name: asked[name].wait(within_s) for name in ("first", "second")}
asked["waits"].kill()
ended["waits"] = asked["waits"].wait(within_s)
ended["mute"] = server.fork("mute", folder / "no folder" / "mute.log", {}).wait(within_s)
late = server.fork("threads", folder / "threads.log", {})
ended |= {"threads": late.wait(within_s), "server": process.wait(within_s)}
print(json.dumps({"pid": os.getpid(), "ended": ended, "after": server.fork("first", folder / "first.log", {}) is None}))
"""
APP = """
import json, os, random, signal, sys, threading, uuid
from pathlib import Path
from workers.forkserver import serve
random.seed(1)
def needs(name):
    if name == "threads":
        threading.Thread(target=threading.Event().wait, daemon=True).start()
    return ("json.tool",)
name = serve(needs)
if name is None:
    raise SystemExit
if name == "waits":
    signal.pause()
ours = {
    "name": name,
    "words": sys.argv[1:],
    "told": os.environ["TOLD"],
    "parent": os.getppid(),
    "session": os.getsid(0) == os.getpid(),
    "open": len(os.listdir("/proc/self/fd")) - 1,
    "drawn": random.random(),
    "id": str(uuid.uuid4()),
    "imported": "json.tool" in sys.modules,
    "shown": Path("/proc/self/cmdline").read_text().rstrip("\\0").split("\\0")[-1],
}
print(json.dumps(ours))
raise SystemExit(7 if name == "second" else 0)
"""


@pytest.fixture(scope="module")
def forked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the supervisor printed, and what each worker wrote."""
    folder = tmp_path_factory.mktemp("forked")
    app = folder / "app.py"
    app.write_text(APP, "utf-8")
    command = [sys.executable, "-c", SUPERVISOR, str(folder), str(app), str(ANSWER_S)]
    variables = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    told = subprocess.run(command, env=variables, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    workers = {name: json.loads((folder / f"{name}.log").read_text("utf-8")) for name in ("first", "second")}
    return {**json.loads(told.stdout), **workers, "said": (folder / "forkserver.log").read_text("utf-8")}


@pytest.mark.claim("PULSE", "a worker that was forked is a child of the supervisor, which hears its exit code")
def test_workers_are_children_of_who_asked(forked: dict[str, Any]) -> None:
    assert [forked[name]["parent"] for name in ("first", "second")] == [forked["pid"]] * 2
    assert {name: forked["ended"][name] for name in ("first", "second", "waits", "mute")} == {
        "first": 0,
        "second": 7,
        "waits": -9,
        "mute": 1,  # there is no place for its log
    }


def test_each_begins_by_itself(forked: dict[str, Any]) -> None:
    for name in ("first", "second"):
        worker = forked[name]
        assert (worker["name"], worker["words"], worker["told"], worker["shown"]) == (name, [name], name, name)
        assert worker["session"] and worker["imported"]
        assert worker["open"] == 3, "it inherited more than its input and its output"
    assert forked["first"]["drawn"] != forked["second"]["drawn"]
    assert forked["first"]["id"] != forked["second"]["id"]


def test_what_started_a_thread_is_not_forked(forked: dict[str, Any]) -> None:
    """It would be a copy in which that thread stands still for ever: the fork server ends, and says why."""
    assert forked["ended"]["threads"] == 1
    assert forked["ended"]["server"] != 0
    assert "2 threads after the imports of threads" in forked["said"]
    assert forked["after"], "nobody hears any more, and the supervisor is told so"
