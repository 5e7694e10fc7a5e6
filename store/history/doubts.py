"""What is told against readings after they came: devices that settle 上电, and devices whose clock is wrong. Pure.

Readings are archived as they came in; what is told against them comes with the panes of a later tick.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from core.records import DAY_MS, Int64, PaneBatch, Quality, ReadingBatch

Span = tuple[int, int]  # event time in [since_ms, until_ms]
_NO_SPAN: Span = (0, -1)


class Doubts:
    """The spans and clocks that were told last, by device; both are kept with the positions of the archive."""

    def __init__(self, settling: Mapping[str, Span], clock_s: Mapping[str, int]) -> None:
        self.settling, self.clock_s = dict(settling), dict(clock_s)

    def fold(self, panes: PaneBatch) -> None:
        """Take in what one tick told; spans of more than a day ago are forgotten."""
        for device, span in panes.settling.items():
            self.settling[device] = span
        for device, ahead_s in panes.clock_s.items():
            self.clock_s[device] = ahead_s
            if not ahead_s:
                del self.clock_s[device]
        if panes.settling:
            oldest_ms = panes.now_ms - DAY_MS
            self.settling = {name: span for name, span in self.settling.items() if span[1] >= oldest_ms}

    def flagged(self, batch: ReadingBatch) -> ReadingBatch:
        """The readings with SETTLING and CLOCK_SKEWED where that is told of them."""
        if not any(name in self.settling or name in self.clock_s for name in batch.devices):
            return batch
        spans = [self.settling.get(name, _NO_SPAN) for name in batch.devices]
        since_ms, until_ms = np.array(spans, dtype=np.int64).T
        skewed = np.array([name in self.clock_s for name in batch.devices], dtype=np.bool_)
        device: Int64 = batch.device.astype(np.int64)
        settles = (batch.event_ms >= since_ms[device]) & (batch.event_ms <= until_ms[device])
        said = settles * int(Quality.SETTLING) + skewed[device] * int(Quality.CLOCK_SKEWED)
        return replace(batch, quality=(batch.quality | said).astype(np.uint16))
