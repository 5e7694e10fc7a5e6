"""How far this machine's clock is off, as its time service knows it; nobody else is asked."""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
from dataclasses import dataclass

UNSYNCHRONISED = 5  # adjtimex(2): TIME_ERROR
_UNITS_S = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9, "min": 60.0}


@dataclass(frozen=True, slots=True)
class ClockOffset:
    """Offset in s, its sign left out, and who says so. From the kernel it is an upper bound."""

    offset_s: float
    source: str


class _Timex(ctypes.Structure):
    """`struct timex` of adjtimex(2), as far as it is read."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror_us", ctypes.c_long),
        ("rest", ctypes.c_char * 512),
    )


def clock_offset() -> ClockOffset | None:
    """What chrony, systemd-timesyncd or the kernel know, in this order; None when none of them does."""
    return of_chrony(_said("chronyc", "tracking")) or of_timesyncd(_said("timedatectl", "timesync-status")) or _kernel()


def of_chrony(said: str) -> ClockOffset | None:
    """Read `chronyc tracking`.

    >>> of_chrony("System time     : 1.500000000 seconds slow of NTP time")
    ClockOffset(offset_s=1.5, source='chrony')
    """
    found = re.search(r"System time\s*:\s*([0-9.]+) seconds", said)
    lost = "Not synchronised" in said
    return ClockOffset(float(found[1]), "chrony") if found and not lost else None


def of_timesyncd(said: str) -> ClockOffset | None:
    """Read `timedatectl timesync-status`.

    >>> of_timesyncd("       Offset: -2.5ms")
    ClockOffset(offset_s=0.0025, source='systemd-timesyncd')
    """
    found = re.search(r"Offset:\s*[+-]?([0-9.]+)(min|ms|us|µs|ns|s)\b", said)
    return ClockOffset(float(found[1]) * _UNITS_S[found[2]], "systemd-timesyncd") if found else None


def _kernel() -> ClockOffset | None:
    timex = _Timex()
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.byref(timex))
    except AttributeError:  # no Linux
        return None
    return None if state in (-1, UNSYNCHRONISED) else ClockOffset(timex.maxerror_us / 1e6, "kernel")


def _said(*command: str) -> str:
    if shutil.which(command[0]) is None:
        return ""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False, env={"LC_ALL": "C"})
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout
