"""What happens to messages on real networks, on purpose and by seed: for tests that the result does not change."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import count

import numpy as np

from core.records import HOUR_MS
from simulator.message import Message


@dataclass(frozen=True, slots=True)
class Disturbance:
    """Shares of all messages, 0 to 1. late_by_ms: longest delay, below the feed's lateness minus one step."""

    doubled: float = 0.0
    late: float = 0.0
    late_by_ms: int = HOUR_MS // 2
    shuffled: bool = False
    seed: int = 0


def disturbed(messages: Iterable[Message], how: Disturbance) -> Iterator[Message]:
    """The same messages in the order in which they are sent now: some twice, some late, neighbours exchanged.

    A doubled message comes again within late_by_ms. Shuffled: those of the same moment in any order.
    """
    rng = np.random.default_rng(how.seed)
    waiting: list[tuple[int, float, int, Message]] = []
    order = count()

    def wait(message: Message, delay_ms: int) -> None:
        sent = replace(message, send_ms=message.send_ms + delay_ms)
        place = float(rng.random()) if how.shuffled else 0.0
        heapq.heappush(waiting, (sent.send_ms, place, next(order), sent))

    for message in messages:
        while waiting and waiting[0][0] < message.send_ms:
            yield heapq.heappop(waiting)[-1]
        is_late, is_doubled, delay, again = rng.random(4).tolist()
        delay_ms = int(delay * how.late_by_ms) if is_late < how.late else 0
        wait(message, delay_ms)
        if is_doubled < how.doubled:
            wait(message, int(again * how.late_by_ms))
    while waiting:
        yield heapq.heappop(waiting)[-1]
