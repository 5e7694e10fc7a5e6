"""What tests stand on: ports, waiting for a condition, and what to do when a machine lacks something."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


def missing(what: str) -> NoReturn:
    """Skip a test on a machine that lacks something; under CI=true nothing may be lacking."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing, and CI=true leaves nothing out")
    pytest.skip(f"{what} is missing")


def unused_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def patience() -> float:
    """How many times longer things may take now because others use the machine: processes that want to run, a core."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def eventually(condition: Callable[[], object], within_s: float = 10.0) -> None:
    """Wait until a condition holds; fail with its name when it does not in time. within_s: on a quiet machine."""
    begun_s = time.monotonic()
    while not condition():
        what = getattr(condition, "__name__", condition)
        assert time.monotonic() - begun_s < within_s * patience(), f"not within {within_s} s: {what}"
        time.sleep(0.02)
