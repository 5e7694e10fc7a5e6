"""Workers as processes of their own, forked like those of `make run`: what they import is imported once a run."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from prerequisites import ANSWER_S, REPOSITORY, eventually

from stream.embedded.children import Child, start_child
from workers.forked import PR_SET_CHILD_SUBREAPER, Forked, ForkServer, take_on_orphans
from workers.forkserver import COMMAND

StartWorker = Callable[[str, Path, Mapping[str, str]], Child]
APP = [sys.executable, str(REPOSITORY / "app.py")]


@contextmanager
def fork_server(folder: Path) -> Iterator[StartWorker]:
    """Yields `start_worker("engine", log_file, variables)`: what `app.py engine` runs, as a child of this process.

    It has our own environment, with `variables` set in it. Where nothing can be forked it is a Python of its own, as in
    the supervisor. From the main thread only: the kernel ends the worker with the thread that started it.
    """
    server = ForkServer()
    process = server.start([*APP, COMMAND], folder / "forkserver.log", {})

    def start_worker(name: str, log_file: Path, variables: Mapping[str, str]) -> Child:
        log_file.parent.mkdir(parents=True, exist_ok=True)
        forked = _forked(server, name, log_file, variables)
        return forked or start_child([*APP, name], log_file, variables)

    yield start_worker
    server.close()
    assert process.wait(ANSWER_S) == 0


def _forked(server: ForkServer, name: str, log_file: Path, variables: Mapping[str, str]) -> Forked | None:
    """Takes on orphans for no longer than it needs: those of tests that kill their parents are nobody's here."""
    if not take_on_orphans():
        return None
    try:
        forked = server.fork(name, log_file, variables)
        if forked is not None:
            eventually(lambda: forked.pid is not None or forked.poll() is not None, ANSWER_S)
        return forked
    finally:
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
