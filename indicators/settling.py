"""Settling 上电: the first readings of a device after a reconnect are kept, shown, and count for nothing. Pure.

A device reconnects when it was never heard before, or its newest reading is later than the one before by more than
`late_after_s` of its feed. Its session begins there. It settles for the first `settle_n` times of the session, and as
long as the session is younger than `settle_for_s`, whichever is over later. A metric that is `zero_at_boot` counts for
nothing while it reads 0 in a session younger than `late_after_s` (or `settle_for_s`, when that is longer).

All in event time, and decided at the tick: what arrived since the last one is looked at in order of its times, so
that neither order nor batches matter. Of readings that are older than the newest one decided before, those inside the
settling span of the session known now settle too; an earlier session, and a gap that buffered readings fill, is not
judged again: those were measured by a device that was running.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.declared import Feed
from core.records import Int64
from indicators.chunks import pack, unpack
from indicators.names import grown

Flags = NDArray[np.bool_]
_NEVER_MS = 0


class _Times(NamedTuple):
    """Different times of devices, sorted by device, then time; `row`: which of them each reading has."""

    device: Int64
    event_ms: Int64
    row: NDArray[np.intp]


class Settling:
    """The sessions of the devices of one feed. State by device number, int64 ms unless said otherwise."""

    def __init__(self, feed: Feed) -> None:
        self._late_after_ms = 1000 * feed.late_after_s
        self._settle_n, self._settle_for_ms = feed.settle_n, 1000 * feed.settle_for_s
        self._boot_ms = max(self._late_after_ms, self._settle_for_ms)
        # The newest time decided, the begin of the session, its last time that settled, and how many times did.
        self._heard_ms, self._since_ms, self._until_ms, self._count = (np.zeros(0, dtype=np.int64) for _ in range(4))
        self._changed: set[int] = set()
        self._dirty = False

    def judge(self, device: Int64, event_ms: Int64, zero: Flags) -> Flags:
        """(n,): which of all the readings since the last tick settle; `zero`: a metric zero at boot, reading 0."""
        self._reach(int(device.max(initial=-1)) + 1)
        self._dirty = self._dirty or len(device) > 0
        calm = self._calm(device, event_ms)
        np.maximum.at(self._heard_ms, device[calm], event_ms[calm])
        settles = np.zeros(len(device), dtype=np.bool_)
        rest = np.flatnonzero(~calm)
        if len(rest):
            settles[rest] = self._judge(device[rest], event_ms[rest], zero[rest])
        return settles

    def take_changed(self) -> dict[int, tuple[int, int]]:
        """By device number the span of its settling readings, where it changed since this was last asked."""
        changed, self._changed = sorted(self._changed), set()
        return {device: (int(self._since_ms[device]), int(self._until_ms[device])) for device in changed}

    def chunk(self) -> bytes | None:
        """The state as one chunk; None when nothing changed since this was last asked."""
        if not self._dirty:
            return None
        self._dirty = False
        device = np.flatnonzero(self._heard_ms)
        state = {"heard": self._heard_ms, "since": self._since_ms, "until": self._until_ms, "count": self._count}
        return pack({"device": device} | {name: column[device] for name, column in state.items()})

    def restore(self, chunk: bytes) -> None:
        """Put back what `chunk` gave."""
        columns, _ = unpack(chunk)
        device = columns["device"]
        self._reach(int(device.max(initial=-1)) + 1)
        self._heard_ms[device], self._since_ms[device] = columns["heard"], columns["since"]
        self._until_ms[device], self._count[device] = columns["until"], columns["count"]

    def _calm(self, device: Int64, event_ms: Int64) -> Flags:
        """(n,): of devices that went on as before, without a gap, and settled long ago; almost all."""
        least_ms, newest_ms = np.full(len(self._heard_ms), np.iinfo(np.int64).max), np.zeros_like(self._heard_ms)
        np.minimum.at(least_ms, device, event_ms)
        np.maximum.at(newest_ms, device, event_ms)
        goes_on = (self._heard_ms != _NEVER_MS) & (newest_ms - self._heard_ms <= self._late_after_ms)
        over = (self._count >= self._settle_n) & (least_ms - self._since_ms >= self._boot_ms)
        calm: Flags = (goes_on & over & (least_ms > self._until_ms))[device]
        return calm

    def _judge(self, device: Int64, event_ms: Int64, zero: Flags) -> Flags:
        times = _different(device, event_ms)
        new = times.event_ms > self._heard_ms[times.device]
        # What is older is judged by the session as the last tick left it, so before that moves on.
        old_since_ms, old_until_ms = self._since_ms[times.device], self._until_ms[times.device]
        inside = times.event_ms >= old_since_ms
        settles = ~new & inside & (times.event_ms <= old_until_ms)
        boots = ~new & inside & (times.event_ms - old_since_ms < self._boot_ms)
        settles[new], boots[new] = self._advance(times.device[new], times.event_ms[new])
        return settles[times.row] | (boots[times.row] & zero)

    def _advance(self, device: Int64, event_ms: Int64) -> tuple[Flags, Flags]:
        """Which of the new times, sorted by device, then time, settle, and in which a device may still boot."""
        if not len(device):
            return np.zeros(0, dtype=np.bool_), np.zeros(0, dtype=np.bool_)
        first = np.append(True, device[1:] != device[:-1])
        before_ms = np.where(first, self._heard_ms[device], np.append(_NEVER_MS, event_ms[:-1]))
        reconnects = (before_ms == _NEVER_MS) | (event_ms - before_ms > self._late_after_ms)
        begins = np.flatnonzero(first | reconnects)
        goes_on = ~reconnects[begins]  # the session of the last tick
        lengths = np.diff(np.append(begins, len(device)))
        since_ms = np.where(goes_on, self._since_ms[device[begins]], event_ms[begins])
        counted = np.where(goes_on, self._count[device[begins]], 0)
        age_ms = event_ms - np.repeat(since_ms, lengths)
        rank = np.arange(len(device)) + np.repeat(counted - begins, lengths)
        settles = (rank < self._settle_n) | (age_ms < self._settle_for_ms)
        until_ms = np.maximum.reduceat(np.where(settles, event_ms, _NEVER_MS), begins)
        until_ms = np.where(goes_on, np.maximum(until_ms, self._until_ms[device[begins]]), until_ms)
        last = np.append(device[begins[1:]] != device[begins[:-1]], True)  # the session that each device is in now
        whose, ends = device[begins[last]], (begins + lengths - 1)[last]
        self._changed.update(whose[until_ms[last] > self._until_ms[whose]].tolist())
        self._heard_ms[whose], self._since_ms[whose], self._until_ms[whose] = (
            event_ms[ends],
            since_ms[last],
            until_ms[last],
        )
        self._count[whose] = np.minimum(rank[ends] + 1, self._settle_n)
        return settles, age_ms < self._boot_ms

    def _reach(self, devices: int) -> None:
        if devices > len(self._heard_ms):
            self._heard_ms, self._since_ms, self._until_ms, self._count = (
                grown(column, 2 * devices) for column in (self._heard_ms, self._since_ms, self._until_ms, self._count)
            )


def _different(device: Int64, event_ms: Int64) -> _Times:
    order = np.lexsort((event_ms, device))
    device, event_ms = device[order], event_ms[order]
    begins = np.append(True, (device[1:] != device[:-1]) | (event_ms[1:] != event_ms[:-1]))
    row = np.empty(len(order), dtype=np.intp)
    row[order] = np.cumsum(begins) - 1
    return _Times(device[begins], event_ms[begins], row)
