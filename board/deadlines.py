"""Which of many things fell silent: each turn costs what fell due, not what exists."""

from __future__ import annotations

from heapq import heapify, heappop, heappush


class Deadlines:
    """Names and the time until which each must be heard of again, ms."""

    def __init__(self) -> None:
        self._until_ms: dict[str, int] = {}
        self._queue: list[tuple[int, str]] = []  # a lower bound for each name; corrected when it comes up

    def extend(self, name: str, until_ms: int) -> bool:
        """A name was heard of; True when it had been silent or unknown before. Never shortens."""
        known = self._until_ms.get(name)
        if known is None:
            heappush(self._queue, (until_ms, name))
        if known is None or until_ms > known:
            self._until_ms[name] = until_ms
        return known is None

    def expire(self, now_ms: int) -> list[str]:
        """Names whose time is over; they are forgotten until heard of again."""
        expired = []
        while self._queue and self._queue[0][0] < now_ms:
            _, name = heappop(self._queue)
            until_ms = self._until_ms[name]
            if until_ms < now_ms:
                del self._until_ms[name]
                expired.append(name)
            else:
                heappush(self._queue, (until_ms, name))
        return expired

    def revive(self, until_ms: dict[str, int]) -> None:
        """Begin again with these names and times."""
        self._until_ms = dict(until_ms)
        self._queue = [(until, name) for name, until in until_ms.items()]
        heapify(self._queue)
