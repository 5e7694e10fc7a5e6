"""Values that an engine decides anew because its state had another shape, or Redis was lost: from what its log holds.

Its log holds a day. A window that reaches back further lacks readings then; what the history says of it is better.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from core.records import ValueBatch
from indicators.definition import Indicator
from indicators.reach import reach_ms


class Redecided:
    """Follows the decisions of one scene. decided_ms: city time of the newest one in the history, 0 without any."""

    def __init__(self, indicators: Mapping[str, Indicator], decided_ms: int) -> None:
        self._reaches_ms = {name: reach_ms(indicators, name) for name in indicators}
        self._decided_ms, self._again_ms = decided_ms, 0

    def whole(self, batches: Collection[ValueBatch]) -> list[ValueBatch]:
        """The values of one tick without those that are decided again from a part of their readings.

        City time never goes back but when the engine begins again: its first decision then is where its log begins,
        or a little later.
        """
        return [batch for batch in batches if self._is_whole(batch)]

    def _is_whole(self, batch: ValueBatch) -> bool:
        if batch.decided_ms >= self._decided_ms:
            self._decided_ms, self._again_ms = batch.decided_ms, 0
            return True
        self._again_ms = self._again_ms or batch.decided_ms
        return batch.window_end_ms - self._reaches_ms.get(batch.indicator, 0) >= self._again_ms
