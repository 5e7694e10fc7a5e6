"""Which windows of one indicator are decided, open, and touched by a pane. Pure whole numbers, ms UTC."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from core.records import DAY_MS
from indicators.definition import Indicator


class Windows:
    """Window ends lie at whole multiples of the slide; `decided_ms` is the last one that was due, 0 before any.

    After a long stop, or when city time jumps, all ends in between become due at once, but at most those of the last
    `catch_up_ms`, which is a day or what a late reading can still correct; of the ends before only those that hold
    a pane.
    """

    def __init__(self, indicator: Indicator, lateness_ms: int) -> None:
        self._slide_ms = indicator.slide_s * 1000
        self._window_ms = indicator.window_s * 1000
        self._settle_ms = indicator.settle_s * 1000
        self._early = indicator.early
        self._correctable_ms = lateness_ms + self._slide_ms + self._settle_ms
        self._catch_up_ms = max(DAY_MS, self._window_ms + lateness_ms)
        self.decided_ms = 0

    def fall_due(self, now_ms: int, earliest_ms: int, pane_ends_ms: Callable[[], Iterable[int]]) -> list[int]:
        """The ends that are due now and were not before, rising.

        Args:
            now_ms: City time of the tick.
            earliest_ms: End of the earliest pane that there is, 0 without any; at first nothing before it is decided.
            pane_ends_ms: Asked for the ends of all panes when windows are passed over.
        """
        newest_ms = (now_ms - self._settle_ms) // self._slide_ms * self._slide_ms
        if newest_ms <= self.decided_ms:
            return []
        begin_ms = (
            self.decided_ms + self._slide_ms if self.decided_ms else self._up(min(earliest_ms or newest_ms, newest_ms))
        )
        first_ms = max(begin_ms, self._up(newest_ms - self._catch_up_ms))
        self.decided_ms = newest_ms
        passed_over = self._holding(pane_ends_ms(), begin_ms, first_ms) if first_ms > begin_ms else []
        return [*passed_over, *range(first_ms, newest_ms + 1, self._slide_ms)]

    def touched(self, pane_end_ms: int, reach_ms: int, now_ms: int, before_ms: int) -> range:
        """The ends whose windows hold a pane: those decided already and, when early, the open ones up to now.

        An end that no reading in time could touch at the tick before (`before_ms`) is final: of its window panes may
        be forgotten by now.
        """
        last_ms = self._up(now_ms) if self._early else self.decided_ms
        first_ms = max(pane_end_ms, before_ms - self._correctable_ms)
        return range(self._up(first_ms), min(pane_end_ms + reach_ms - 1, last_ms) + 1, self._slide_ms)

    def _holding(self, pane_ends_ms: Iterable[int], from_ms: int, before_ms: int) -> list[int]:
        """The ends in [from, before) whose windows hold one of the panes, rising."""
        return sorted(
            {
                end_ms
                for pane_ms in pane_ends_ms
                for end_ms in range(
                    max(from_ms, self._up(pane_ms)), min(pane_ms + self._window_ms, before_ms), self._slide_ms
                )
            }
        )

    def _up(self, at_ms: int) -> int:
        return -(-at_ms // self._slide_ms) * self._slide_ms
