"""How much one person is told: so many notices in ten minutes, the rest in one digest; red always, at once. Pure.

Why: a power cut once sent 312 messages to the same man on call, who then read none of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from core.notices import Recipient
from core.records import MINUTE_MS, Level

WINDOW_MS = 10 * MINUTE_MS


class Ledger:
    """What each recipient was told in the last ten minutes, and the digest that waits for him."""

    def __init__(self, told_ms: Mapping[str, Sequence[int]] | None = None, digests: Mapping[str, str] | None = None):
        """told_ms: recipient → real times of his notices. digests: recipient → key of a digest that waits."""
        self._told_ms: dict[str, list[int]] = defaultdict(list)
        for recipient, times in (told_ms or {}).items():
            self._told_ms[recipient] = sorted(times)
        self.digests = dict(digests or {})

    def admits(self, recipient: Recipient, level: Level, now_ms: int) -> bool:
        """Whether a notice goes at once, and counts from now on; what does not belongs into his digest."""
        urgent = level is Level.RED or not recipient.budget
        if not urgent and (recipient.id in self.digests or self._used(recipient.id, now_ms) >= recipient.budget):
            return False
        self._told_ms[recipient.id].append(now_ms)
        return True

    def free_ms(self, recipient: Recipient, now_ms: int) -> int:
        """When the oldest notice that counts leaves the window: then the digest goes."""
        counted = sorted(self._inside(recipient.id, now_ms))[-recipient.budget :]
        return counted[0] + WINDOW_MS if counted else now_ms

    def _used(self, recipient: str, now_ms: int) -> int:
        return len(self._inside(recipient, now_ms))

    def _inside(self, recipient: str, now_ms: int) -> list[int]:
        """What is told at a later time was told before the clock was set back, and counts no more."""
        return [at_ms for at_ms in self._told_ms[recipient] if now_ms - WINDOW_MS < at_ms <= now_ms]
