"""How fast something counts up, for what a worker says of itself."""

from __future__ import annotations

from core.clock import monotonic_s


class Rate:
    """Of a count that only grows: how much a second, over the last whole `over_s`; 0 before that."""

    def __init__(self, over_s: float) -> None:
        self._over_s = over_s
        self._since_s, self._before, self._rate = monotonic_s(), 0, 0

    def of(self, count: int) -> int:
        """The rate now that the count stands at `count`; asked again and again."""
        passed_s = monotonic_s() - self._since_s
        if passed_s >= self._over_s:
            self._rate = round((count - self._before) / passed_s)
            self._since_s, self._before = monotonic_s(), count
        return self._rate
