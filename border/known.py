"""Sessions and links that the relay has itself seen accepted inside: only they may leave acts here.

It keeps digests, and files without a word in them, so that a relay started anew knows them still.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from pathlib import Path

from core.records import HOUR_MS, MINUTE_MS

LASTS_MS = 12 * HOUR_MS
NOTED_EVERY_MS = 10 * MINUTE_MS
KEPT = 20_000


class Known:
    """Who was accepted, and when last."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        seen = sorted((file.stat().st_mtime_ns // 1_000_000, file.name) for file in folder.iterdir())
        self._seen_ms: OrderedDict[str, int] = OrderedDict((name, at_ms) for at_ms, name in seen)

    def saw(self, sender: str, now_ms: int) -> None:
        """The website has just accepted somebody. Written once in a while."""
        if now_ms - self._seen_ms.get(sender, 0) < NOTED_EVERY_MS:
            return
        file = self._folder / sender
        file.touch(mode=0o600)
        os.utime(file, ns=(now_ms * 1_000_000, now_ms * 1_000_000))
        self._seen_ms[sender] = now_ms
        self._seen_ms.move_to_end(sender)
        while self._seen_ms and (len(self._seen_ms) > KEPT or now_ms - self._oldest_ms() > LASTS_MS):
            self.forget(next(iter(self._seen_ms)))

    def has(self, sender: str, now_ms: int) -> bool:
        """Whether somebody was accepted within the last hours."""
        return now_ms - self._seen_ms.get(sender, 0) <= LASTS_MS

    def forget(self, sender: str) -> None:
        """The website has just refused him."""
        if self._seen_ms.pop(sender, None) is not None:
            (self._folder / sender).unlink(missing_ok=True)

    def _oldest_ms(self) -> int:
        return next(iter(self._seen_ms.values()))
