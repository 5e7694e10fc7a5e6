"""What else the machine does beside a measurement: without it nobody knows what a figure of two cores is worth."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

TICKS_A_S = os.sysconf("SC_CLK_TCK")
_USED, _SYSTEM_OF_PROCESS = 11, 12  # behind the name, see proc(5)


def others_busy_s(ours: Collection[int]) -> float:
    """Seconds of processor that the machine has spent on anything but these processes, since it started.

    Time that the host gave to another machine (steal) is among them. Take the difference of two looks.
    """
    user, nice, system, _, _, irq, softirq, steal = map(int, Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / TICKS_A_S - used_s(ours)


def used_s(processes: Collection[int]) -> float:
    """Seconds of processor that these processes have used since they started."""
    return sum(map(_used_s, processes))


def _used_s(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[_USED]) + int(fields[_SYSTEM_OF_PROCESS])) / TICKS_A_S
