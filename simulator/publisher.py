"""The live part: what the city says is published when its time comes, for as long as the process runs."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Protocol

from core.records import MINUTE_MS
from simulator.load import Load
from simulator.message import Message
from simulator.wire import Wire

AHEAD_MS = 1_000  # a span is asked for this long before its end, so that each message can leave on its own time
TURN_S = 0.02
RESTART_MS = 10 * MINUTE_MS  # after a crash this much is told again; doubles count once, longer gaps stay gaps


class CitySource(Protocol):
    """What a publisher needs of a city. `began_ms`: it says nothing before."""

    @property
    def began_ms(self) -> int:
        """City time at which the live part begins."""
        ...

    def told(self, after_ms: int, upto_ms: int) -> Sequence[Message]:
        """Every message with an event time in (after, upto]."""
        ...


@dataclass(slots=True)
class Agenda:
    """Messages by the time at which they must leave; what is told late stays here until then."""

    source: CitySource
    told_ms: int
    _due: list[tuple[int, int, Message]] = field(default_factory=list)
    _order: count[int] = field(default_factory=count)

    def take(self, now_ms: int) -> list[Message]:
        """All that must have left by now, in order."""
        while self.told_ms < now_ms:
            upto_ms = min(now_ms + AHEAD_MS, self.told_ms + MINUTE_MS)
            for message in self.source.told(self.told_ms, upto_ms):
                heapq.heappush(self._due, (message.send_ms, next(self._order), message))
            self.told_ms = upto_ms
        taken = []
        while self._due and self._due[0][0] <= now_ms:
            taken.append(heapq.heappop(self._due)[2])
        return taken


def run(
    source: CitySource,
    url: str,
    root: str,
    *,
    now_ms: Callable[[], int],
    stopping: Callable[[], bool],
    load: Load | None = None,
) -> None:
    """Publish the city on `<root>/…` until `stopping`; a broker that goes away is waited for.

    Args:
        source: The city.
        url: Of the broker.
        root: Topic root of the scene, without a slash at its end.
        now_ms: City time; a demonstration's is real time.
        stopping: True ends the run within a fraction of a second.
        load: Further messages at a steady rate, see `load`.
    """
    wire = Wire(url, f"cityvitals-simulator-{root.replace('/', '-')}", stopping=stopping)
    agenda = Agenda(source, max(source.began_ms, now_ms() - RESTART_MS))
    try:
        while not stopping():
            for message in agenda.take(now_ms()):
                if not wire.publish(message.address(root), message.payload):
                    break
            if load is not None:
                load.pump(now_ms())
            time.sleep(TURN_S)
        wire.settle(within_s=2.0)
    finally:
        wire.close()
        if load is not None:
            load.close()
