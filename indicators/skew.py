"""Whether the clock of a device is right, from how old its newest reading is when it comes. Pure.

The lag of a device is city time less the time of its newest reading, at the tick after it came. A sample is taken at
most each `SAMPLE_EVERY_S`; the median of the last `SAMPLES` stands for the device, unless they differ by more than the
tolerance: a backlog that drains is no wrong clock. It is held against the median of all devices of the feed, 0 at
least, for nothing arrives before it is measured. A feed whose devices differ much by nature has a wider tolerance: four
times their median absolute deviation.

A skewed device is told, nothing more: its readings count as their times say. Also those that are too late to count are
looked at, for a clock hours behind shows itself only there.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.records import Int64
from indicators.chunks import Columns, pack, unpack
from indicators.names import grown

SAMPLES = 3
SAMPLE_EVERY_S = 120
TOLERANCE_S = 120  # ten times the error of a clock that is set once a day
PEERS = 5  # with fewer devices in a feed nobody knows what is usual; then only a clock ahead is told
_DEVIATIONS = 4.0
_LONGEST_S = np.iinfo(np.int32).max // 2
_LAG, _SAMPLED, _TAKEN, _TOLD = range(4)


class DeviceClocks:
    """Samples and verdicts by device number, s."""

    def __init__(self) -> None:
        self._lag_s = np.zeros((SAMPLES, 0), dtype=np.int32)
        self._sampled_s = np.zeros(0, dtype=np.int64)
        self._taken = np.zeros(0, dtype=np.int32)
        self._told_s = np.zeros(0, dtype=np.int32)
        self._dirty = False

    def hear(self, device: Int64, newest_ms: Int64, now_ms: int) -> None:
        """Sample devices that were heard since the last tick: (n,), each once, with the time of its newest reading."""
        self._reach(int(device.max(initial=-1)) + 1)
        due = (self._taken[device] == 0) | (now_ms // 1000 - self._sampled_s[device] >= SAMPLE_EVERY_S)
        device, newest_ms = device[due], newest_ms[due]
        if not len(device):
            return
        lag_s = np.clip((now_ms - newest_ms) // 1000, -_LONGEST_S, _LONGEST_S)
        self._lag_s[self._taken[device] % SAMPLES, device] = lag_s
        self._taken[device] += 1
        self._sampled_s[device] = now_ms // 1000
        self._dirty = True

    def judge(self, feed: NDArray[np.int16]) -> dict[int, int]:
        """By device number how many s its clock is ahead (> 0) or behind (< 0), where that changed; 0: right again.

        feed: (devices,), the number of the feed of each.
        """
        known = np.flatnonzero(self._taken >= SAMPLES)
        lag_s = np.sort(self._lag_s[:, known], axis=0)
        middle_s, spread_s = lag_s[SAMPLES // 2], lag_s[-1] - lag_s[0]
        changed: dict[int, int] = {}
        for number in np.unique(feed[known]).tolist():
            peers = np.flatnonzero(feed[known] == number)
            skew_s = _skew_s(middle_s[peers], spread_s[peers])
            whose, told_s = known[peers], self._told_s[known[peers]]
            moved = ((skew_s == 0) != (told_s == 0)) | (np.abs(skew_s - told_s) > TOLERANCE_S // 2)
            self._told_s[whose[moved]] = skew_s[moved]
            changed |= dict(zip(whose[moved].tolist(), skew_s[moved].tolist(), strict=True))
        self._dirty = self._dirty or bool(changed)
        return changed

    def chunk(self) -> bytes | None:
        """The state as one chunk; None when nothing changed since this was last asked."""
        if not self._dirty:
            return None
        self._dirty = False
        device = np.flatnonzero(self._taken)
        columns: Columns = {"device": device, "lag_s": self._lag_s[:, device], "sampled_s": self._sampled_s[device]}
        return pack(columns | {"taken": self._taken[device], "told_s": self._told_s[device]})

    def restore(self, chunk: bytes) -> None:
        """Put back what `chunk` gave."""
        columns, _ = unpack(chunk)
        device = columns["device"]
        self._reach(int(device.max(initial=-1)) + 1)
        self._lag_s[:, device], self._sampled_s[device] = columns["lag_s"], columns["sampled_s"]
        self._taken[device], self._told_s[device] = columns["taken"], columns["told_s"]

    def _reach(self, devices: int) -> None:
        if devices > len(self._taken):
            room = 2 * devices
            self._sampled_s, self._taken, self._told_s = (
                grown(column, room) for column in (self._sampled_s, self._taken, self._told_s)
            )
            self._lag_s = np.stack([grown(row, room) for row in self._lag_s])


def _skew_s(lag_s: NDArray[np.int32], spread_s: NDArray[np.int32]) -> NDArray[np.int32]:
    """How far the clocks of the devices of one feed are ahead of what is usual there, s; 0 inside the tolerance."""
    middle_s = float(np.median(lag_s))
    usual_s = max(0.0, middle_s)
    tolerance_s = max(TOLERANCE_S, _DEVIATIONS * float(np.median(np.abs(lag_s - middle_s))))
    ahead_s = np.round(usual_s - lag_s).astype(np.int32)
    steady = spread_s <= TOLERANCE_S
    wrong = (ahead_s > tolerance_s) | ((ahead_s < -tolerance_s) & (len(lag_s) >= PEERS))
    return np.where(steady & wrong, ahead_s, 0)
