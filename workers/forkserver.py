"""The process that workers are forked from: what they share is imported once, and each begins where that ended.

Ten workers import much the same: 11 s of a processor at the start of a city, 2 s when one does it for all, and a fifth
of the memory is one. That of `multiprocessing` would not do: what it forks are children of its own, whose exit codes
are lost with it. Here a worker is a child of the supervisor, which takes on orphans (`PR_SET_CHILD_SUBREAPER`): exit
code, signals, and the end with the supervisor are those of a process that it started itself, and who kills the fork
server kills no worker.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path

COMMAND = "forkserver"  # of app.py; its name in a list of processes makes room for that of each worker
LONGEST_BYTES = 1 << 16
PR_SET_PDEATHSIG, PR_SET_NAME = 1, 15  # linux/prctl.h
ARGUMENTS_BEGIN, ARGUMENTS_END = 45, 46  # proc(5), fields 48 and 49 of `stat`, counted behind the name
# A fork takes only the thread that forks, and these two start others when they are imported: OpenBLAS and Arrow.
SINGLE_THREADED = {"OPENBLAS_NUM_THREADS": "1", "JE_ARROW_MALLOC_CONF": "background_thread:false"}


@dataclass(frozen=True)
class Wanted:
    """A worker that the supervisor asks for. number: comes back with its process id."""

    number: int
    name: str
    log_file: str
    variables: Mapping[str, str]

    def as_bytes(self) -> bytes:
        """One message of the line."""
        return json.dumps(asdict(self)).encode()


def serve(needs: Callable[[str], Iterable[str]]) -> str | None:
    """Fork what the line at standard input asks for, until the supervisor is gone.

    Returns twice, as a fork does: here None in the end, in each worker its name as soon as it may begin.

    Args:
        needs: The modules that a worker of this name imports. None of them may start a thread.

    Raises:
        RuntimeError: One of them did.
    """
    line, supervisor = socket.socket(fileno=os.dup(0)), os.getppid()
    while told := line.recv(LONGEST_BYTES):
        wanted = Wanted(**json.loads(told))
        for module in needs(wanted.name):
            import_module(module)
        if (threads := len(os.listdir("/proc/self/task"))) != 1:
            raise RuntimeError(f"{threads} threads after the imports of {wanted.name}: none of them can be forked")
        gc.freeze()  # or the first look for garbage in a worker writes to every page, and shares none any more
        between = os.fork()
        if between:
            os.waitpid(between, 0)
        elif os.fork():
            os._exit(0)  # what it has forked is an orphan now, and so the supervisor's
        else:
            _begin(wanted, line, supervisor)
            return wanted.name
    line.close()
    return None


def _begin(wanted: Wanted, line: socket.socket, supervisor: int) -> None:
    """Be a worker: bound to the supervisor and known to it, with a session, output, environment and name of its own."""
    os.setsid()
    between = os.getppid()
    while os.getppid() == between != supervisor:
        time.sleep(0.001)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != supervisor:  # it died before the kernel knew
        os._exit(1)
    line.send(f"{wanted.number} {os.getpid()}".encode())  # first: what fails from here on is an exit code
    line.close()
    nothing = os.open(os.devnull, os.O_RDONLY)
    output = os.open(wanted.log_file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for ours, place in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(ours, place)
    os.close(nothing)
    os.close(output)
    os.environ.update(wanted.variables)  # noqa: TID251 - handed on, not read
    sys.argv[1:] = [wanted.name]
    _show_as(wanted.name)


def _show_as(name: str) -> None:
    """Let lists of processes show this one as `app.py <name>`, as if it had been started so."""
    ctypes.CDLL(None).prctl(PR_SET_NAME, name.encode(), 0, 0, 0)
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    begin, end = int(fields[ARGUMENTS_BEGIN]), int(fields[ARGUMENTS_END])
    last = ctypes.string_at(begin, end - begin).rfind(f"{COMMAND}\0".encode())
    if last >= 0:
        room = end - begin - last
        ctypes.memmove(begin + last, name.encode()[: room - 1].ljust(room, b"\0"), room)
