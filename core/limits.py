"""How often somebody may ask: a bucket of requests for each, that fills again with time."""

from __future__ import annotations

from collections import OrderedDict

from core.records import MINUTE_MS

KEPT = 10_000  # buckets remembered; beyond, the one that was asked for longest ago is full again


class Limit:
    """So many requests a minute for each asker; all of a minute at once are fine."""

    def __init__(self, per_min: int) -> None:
        self._per_min = per_min
        self._left: OrderedDict[str, tuple[float, int]] = OrderedDict()  # asker → requests left as of ms

    def waits_s(self, asker: str, now_ms: int) -> int:
        """0: he may, and it counts. Else how many seconds until he may again."""
        left, at_ms = self._left.pop(asker, (float(self._per_min), now_ms))
        left = min(float(self._per_min), left + (now_ms - at_ms) * self._per_min / MINUTE_MS)
        may = left >= 1
        self._left[asker] = (left - may, now_ms)
        if len(self._left) > KEPT:
            self._left.popitem(last=False)
        return 0 if may else int((1 - left) * MINUTE_MS / self._per_min / 1000) + 1
