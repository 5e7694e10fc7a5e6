"""What a machine has, time that passed on it, and how much of it others took meanwhile."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

TICK_S = 1 / os.sysconf("SC_CLK_TCK")
CGROUP = Path("/sys/fs/cgroup")
UNKNOWN_MACHINE = 4.0  # another one may be so many times slower than those on which limits were tried
PAUSE_S = 2.0  # and may hold its breath once


def cores() -> float:
    """How many cores this process may use: a container is often granted fewer than its machine shows it."""
    allowed = float(len(os.sched_getaffinity(0)))
    try:
        quota_us, period_us = (CGROUP / "cpu.max").read_text().split()  # cgroup v2; "max": as many as there are
    except (OSError, ValueError):
        return allowed
    return allowed if quota_us == "max" else min(allowed, int(quota_us) / int(period_us))


@dataclass(frozen=True, slots=True)
class Moment:
    """A time, and the processor time used by then: by this process with all its descendants, and by everybody."""

    at_s: float
    ours_s: float
    all_s: float

    @classmethod
    def now(cls) -> Moment:
        return cls(time.monotonic(), _ours_s(), _all_s())


@dataclass(frozen=True, slots=True)
class Passed:
    """What passed. `others`: the share of all cores that other people's processes used."""

    wall_s: float
    others: float

    @property
    def alone_s(self) -> float:
        """How long it would have taken with the whole machine, at the least; exact when nobody else used it."""
        return self.wall_s * (1 - self.others)

    def within(self, limit_s: float) -> bool:
        """Whether it was in time, or no later than a slow and busy machine explains.

        limit_s: as promised, by the clock of a quiet machine of ours. On another one the share of others is taken off,
        and the rest may be as many times longer as that one may be slower, with a pause in it. Whoever asks keeps the
        figure beside the promise, for people to judge.
        """
        return self.wall_s < limit_s or self.alone_s < UNKNOWN_MACHINE * limit_s + PAUSE_S

    def __str__(self) -> str:
        alone = f"others took {self.others:.0%} of the machine, so {self.alone_s:.1f} s alone"
        return f"{self.wall_s:.1f} s by the clock; {alone}"


def since(begun: Moment) -> Passed:
    """From a moment until now."""
    now = Moment.now()
    wall_s = now.at_s - begun.at_s
    taken_s = (now.all_s - begun.all_s) - (now.ours_s - begun.ours_s)
    return Passed(wall_s, min(max(taken_s / (wall_s * cores()), 0.0), 1.0))


def _all_s() -> float:
    """Busy time of all cores; proc(5), /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal."""
    user, nice, system, _, _, irq, soft, steal = map(int, Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + irq + soft + steal) * TICK_S


def _ours_s() -> float:
    parents, used = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended while we looked
        pid = int(stat.parent.name)
        parents[pid] = int(fields[1])
        used[pid] = sum(map(int, fields[11:15])) * TICK_S  # utime, stime, and those of children waited for
    return sum(seconds for pid, seconds in used.items() if _descends(pid, parents))


def _descends(pid: int, parents: dict[int, int]) -> bool:
    while pid not in (0, 1):
        if pid == os.getpid():
            return True
        pid = parents.get(pid, 0)
    return False
