"""What tests stand on: ports, waiting for a condition, and what to do when a machine lacks something."""

from __future__ import annotations

import os
import random
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import pytest
from machine import UNKNOWN_MACHINE, cores

ANSWER_S = 60.0  # no request waits longer; how fast answers come is the business of benchmarks

FIRST_OUTGOING = 32_768  # ip(7), ip_local_port_range

REPOSITORY = Path(__file__).resolve().parent.parent


def missing(what: str) -> NoReturn:
    """Skip a test on a machine that lacks something; under CI=true nothing may be lacking."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing, and CI=true leaves nothing out")
    pytest.skip(f"{what} is missing")


def unused_port() -> int:
    """A port that nobody listens on now, and that the system gives to no outgoing connection in between."""
    while True:
        port = random.SystemRandom().randrange(10_000, FIRST_OUTGOING)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def patience() -> float:
    """How many times longer things may take here and now: an unknown machine, processes that want to run, a core.

    What takes as long as it should waits no longer for it.
    """
    return max(UNKNOWN_MACHINE, os.getloadavg()[0] / cores())


def eventually(condition: Callable[[], object], within_s: float = 10.0) -> None:
    """Wait until a condition holds; fail with its name when it does not in time. within_s: on a quiet, known machine.

    Between two looks it rests twice as long as one takes, so that those who are waited for have the machine.
    """
    begun_s = looked_s = time.monotonic()
    while not condition():
        now_s = time.monotonic()
        what = getattr(condition, "__name__", condition)
        assert now_s - begun_s < within_s * patience(), f"not within {within_s} s: {what}"
        time.sleep(min(max(0.02, 2 * (now_s - looked_s)), 0.5))
        looked_s = time.monotonic()
