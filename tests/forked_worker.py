"""Workers as processes of their own, forked like those of `make run`: what they import is imported once a run."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from prerequisites import ANSWER_S, REPOSITORY, eventually

from workers.forked import PR_SET_CHILD_SUBREAPER, Forked, ForkServer, take_on_orphans
from workers.forkserver import COMMAND

StartWorker = Callable[[str, Path, Mapping[str, str]], Forked]
APP = (sys.executable, str(REPOSITORY / "app.py"))


@contextmanager
def fork_server(folder: Path, app: Sequence[str] = APP) -> Iterator[StartWorker]:
    """Yields `start_worker("engine", log_file, variables)`: what `app.py engine` runs, as a child of this process.

    It has our own environment, with `variables` set in it. From the main thread only: the kernel ends the worker with
    the thread that started it. app: what is forked; as `workers.forkserver` wants it.
    """
    server = ForkServer()
    with _taking_on_orphans():  # older kernels ask for it ahead of those whose orphans they are
        process = server.start([*app, COMMAND], folder / "forkserver.log", {"PYTHONPATH": str(REPOSITORY)})

    def start_worker(name: str, log_file: Path, variables: Mapping[str, str]) -> Forked:
        log_file.parent.mkdir(parents=True, exist_ok=True)
        with _taking_on_orphans():
            forked = server.fork(name, log_file, variables)
            assert forked is not None, (folder / "forkserver.log").read_text("utf-8")
            eventually(lambda: forked.pid is not None or forked.poll() is not None, ANSWER_S)
        return forked

    try:
        yield start_worker
    finally:
        server.close()
        ended = process.wait(ANSWER_S)
    assert ended == 0


def forked_code(needs: Sequence[str], code: str) -> tuple[str, ...]:
    """An app of some code, which finds the name of the worker at `sys.argv[1]`. needs: modules imported ahead of it."""
    begin = f"from workers.forkserver import serve\nif serve(lambda _: {tuple(needs)}) is None:\n    raise SystemExit\n"
    return (sys.executable, "-c", begin + code)


@contextmanager
def _taking_on_orphans() -> Iterator[None]:
    """For no longer than it needs: the orphans of tests that kill their parents are nobody's here."""
    assert take_on_orphans()
    try:
        yield
    finally:
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
