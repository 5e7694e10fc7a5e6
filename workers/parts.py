"""The running parts of one installation: started, started again when they die, stopped in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.clock import monotonic_s
from stream.embedded.children import Child, ask_to_end, ended_by_itself

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
STANDS_AFTER_S = 60.0  # a part that ran this long begins with the first pause again
GRACE_S = 10.0


@dataclass
class Part:
    """One child process and how to start it again."""

    name: str
    log_file: Path
    start: Callable[[], Child]
    process: Child
    started_s: float = field(default_factory=monotonic_s)
    pause_s: float = 0.0
    again_s: float | None = None  # when it is started again, None while it runs

    def noticed_dead(self) -> bool:
        """True once for each death; the next start is then due after a pause that doubles."""
        if self.again_s is not None or self.process.poll() is None:
            return False
        stood = monotonic_s() - self.started_s > STANDS_AFTER_S
        self.pause_s = FIRST_PAUSE_S if stood or not self.pause_s else min(LONGEST_PAUSE_S, 2 * self.pause_s)
        self.again_s = monotonic_s() + self.pause_s
        return True

    def start_when_due(self) -> None:
        """Start a dead part again after its pause."""
        if self.again_s is not None and monotonic_s() >= self.again_s:
            self.process, self.started_s, self.again_s = self.start(), monotonic_s(), None


def stop_together(parts: Sequence[Part], grace_s: float = GRACE_S) -> list[Part]:
    """SIGTERM to all, then wait for all; those that had to be killed are returned."""
    for part in parts:
        ask_to_end(part.process)
    until_s = monotonic_s() + grace_s
    return [part for part in parts if not ended_by_itself(part.process, max(0.1, until_s - monotonic_s()))]
