"""Child processes that never outlive us, and the ports they listen on."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from core.clock import monotonic_s
from core.errors import StartError

_BOUND = Path(__file__).with_name("bound.py")
LOOK_S = 0.02
LONGEST_START_S = 120  # a Redis that reads 10 GB back from disk needs about a minute
TAIL_BYTES = 2000


class Child(Protocol):
    """A process of ours as `subprocess.Popen` shows it, whoever started it."""

    @property
    def returncode(self) -> int | None:
        """What `poll` found last."""

    def poll(self) -> int | None:
        """Its exit code; None while it lives."""

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code. Raises `subprocess.TimeoutExpired`."""

    def send_signal(self, sig: int) -> None:
        """Send it a signal."""

    def kill(self) -> None:
        """SIGKILL."""


def start_child(
    command: Sequence[str],
    log_file: Path,
    variables: Mapping[str, str] | None = None,
    stdin: int = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Start a program in its own session (Ctrl-C reaches only us), its output appended to `log_file`.

    It inherits our environment, with `variables` set in it. Call it from the main thread: the kernel kills the
    child when the thread that started it ends.
    """
    log_file.parent.mkdir(parents=True, exist_ok=True)
    bound = [sys.executable, "-I", "-S", str(_BOUND), str(os.getpid()), *command]
    with log_file.open("ab") as output:
        return subprocess.Popen(
            bound,
            stdin=stdin,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | dict(variables or {}),  # noqa: TID251 - handed on, not read
            start_new_session=True,
        )


def stop_child(child: Child, grace_s: float) -> bool:
    """SIGTERM, then SIGKILL after the grace. True when it went by itself."""
    ask_to_end(child)
    return ended_by_itself(child, grace_s)


def ask_to_end(child: Child) -> None:
    """SIGTERM; once, because a second one means haste to many programs."""
    if child.poll() is None:
        child.send_signal(signal.SIGTERM)


def ended_by_itself(child: Child, grace_s: float) -> bool:
    """Wait for a child that was asked to end; SIGKILL and False after the grace."""
    try:
        child.wait(grace_s)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
        return False
    return True


def wait_until(answers: Callable[[], bool], child: Child, part: str, log_file: Path) -> None:
    """Return when a started server answers. Raises StartError when it ends first, with its last words."""
    begun_s = monotonic_s()
    while not answers():
        if child.poll() is not None:
            ended = {"part": part, "exit_code": child.returncode, "log": log_file}
            raise StartError("ended-early", **ended, words=_tail(log_file))
        if monotonic_s() - begun_s > LONGEST_START_S:
            stop_child(child, 5)
            raise StartError("too-slow", part=part, waited_s=LONGEST_START_S, log=log_file)
        time.sleep(LOOK_S)


def check_port(host: str, port: int, part: str, setting: str) -> None:
    """Raises StartError with one sentence when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port just left is free
        try:
            probe.bind((host, port))
        except OSError as taken:
            reason = taken.strerror
            raise StartError("port-taken", port=port, host=host, part=part, reason=reason, setting=setting) from taken


def accepts(host: str, port: int) -> bool:
    """True when somebody listens there."""
    try:
        with socket.create_connection((host, port), timeout=1.0):
            return True
    except OSError:
        return False


def _tail(log_file: Path) -> str:
    words = log_file.read_bytes()[-TAIL_BYTES:].decode("utf-8", "replace").strip().splitlines()
    return " / ".join(words[-3:]) or "it said nothing"
