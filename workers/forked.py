"""Forked workers as the supervisor holds them: it asks for them, hears their process ids, and bears their end."""

from __future__ import annotations

import ctypes
import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from core.clock import monotonic_s
from stream.embedded.children import LOOK_S, start_child
from workers.forkserver import LONGEST_BYTES, SINGLE_THREADED, Wanted

PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
NEVER_BEGAN = 1  # the exit code of what was asked for in vain
HEARD_WITHIN_S = 10.0  # who is asked to end before it has told its id; its fork server is gone by then


def take_on_orphans() -> bool:
    """Let orphans below this process become its own children, as forked workers must. False: this system cannot."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    return prctl is not None and prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0


class Line:
    """The supervisor's end of the line to one fork server. At its other end are the server and who has not told yet."""

    def __init__(self, ours: socket.socket) -> None:
        self._ours, self._asked = ours, 0
        self._pids: dict[int, int] = {}
        self.open = True

    def ask(self, name: str, log_file: Path, variables: Mapping[str, str]) -> Forked | None:
        """Ask for a worker; it begins when its imports are done. None: nobody hears any more."""
        self._asked += 1
        try:
            self._ours.send(Wanted(self._asked, name, str(log_file), variables).as_bytes())
        except OSError:
            return None
        return Forked(self, self._asked)

    def pid_of(self, number: int, within_s: float = 0.0) -> int | None:
        """The process id of what was asked for, once it is told."""
        while number not in self._pids and self.open and select.select([self._ours], [], [], within_s)[0]:
            try:
                told = self._ours.recv(LONGEST_BYTES)
            except ConnectionError:
                told = b""
            if told:
                asked, pid = map(int, told.split())
                self._pids[asked] = pid
            else:
                self.close()
        return self._pids.get(number)

    def close(self) -> None:
        """Hang up; the other end hears it, and ends."""
        self.open = False
        self._ours.close()


class Forked:
    """A child of ours that the fork server made, in the manner of `subprocess.Popen`."""

    def __init__(self, line: Line, number: int) -> None:
        self._line, self._number = line, number
        self.returncode: int | None = None

    @property
    def pid(self) -> int | None:
        """Its process id; None until it has begun."""
        return self._line.pid_of(self._number)

    def poll(self) -> int | None:
        """Its exit code, below 0 the signal that killed it; None while it lives or has not begun."""
        if self.returncode is not None:
            return self.returncode
        pid = self.pid
        if pid is not None:
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                self.returncode = os.waitstatus_to_exitcode(status)
        elif not self._line.open:
            self.returncode = NEVER_BEGAN
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code. Raises `subprocess.TimeoutExpired`."""
        until_s = float("inf") if timeout is None else monotonic_s() + timeout
        while (code := self.poll()) is None:
            if monotonic_s() >= until_s:
                raise subprocess.TimeoutExpired(f"worker {self._number}", timeout or 0.0)
            time.sleep(LOOK_S)
        return code

    def send_signal(self, sig: int) -> None:
        """Send it a signal; who has ended, or never began, gets none."""
        pid = self._line.pid_of(self._number, HEARD_WITHIN_S)
        if pid is not None and self.poll() is None:
            os.kill(pid, sig)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)


class ForkServer:
    """Starts the fork server of an installation, also again, and asks the present one for workers."""

    def __init__(self) -> None:
        self._line: Line | None = None

    def start(self, command: Sequence[str], log_file: Path, variables: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """Start one; this process must take on orphans."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            process = start_child(command, log_file, {**variables, **SINGLE_THREADED}, theirs.fileno())
        self._line = Line(ours)
        return process

    def fork(self, name: str, log_file: Path, variables: Mapping[str, str]) -> Forked | None:
        """A worker with its output in `log_file`. None: there is no fork server at this moment."""
        return self._line.ask(name, log_file, variables) if self._line else None

    def close(self) -> None:
        """Let the present one end; its workers go on."""
        if self._line:
            self._line.close()
