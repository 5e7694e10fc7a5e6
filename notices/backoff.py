"""When a delivery that failed is tried again, and when it is given up. Pure."""

from __future__ import annotations

from core.records import Level

ATTEMPTS = 9  # with the pauses below the last one is about 50 min after the first
FIRST_S, URGENT_S, LONGEST_S = 5, 2, 1200


def pause_ms(attempts: int, level: Level) -> int | None:
    """Time until the next attempt, doubling; red begins shorter. None: enough were made.

    attempts: made so far, at least 1.

    >>> [pause_ms(n, Level.ORANGE) for n in (1, 2, 3, 9)], pause_ms(1, Level.RED)
    ([5000, 10000, 20000, None], 2000)
    """
    if attempts >= ATTEMPTS:
        return None
    first_s = URGENT_S if level is Level.RED else FIRST_S
    return 1000 * min(LONGEST_S, first_s << (attempts - 1))
