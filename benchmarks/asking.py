"""How the benchmarks of dispatch ask, and plain orders that they compare answers with."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

from store.cases import CaseRow

ASKED = 40


def slowest_ms(ask: Callable[[], object], times: int = ASKED) -> float:
    """The 95th percentile, ms, once it is warm."""
    ask()
    took_ms = []
    for _ in range(times):
        begun_s = time.perf_counter()
        ask()
        took_ms.append((time.perf_counter() - begun_s) * 1000)
    return round(float(np.percentile(took_ms, 95)), 1)


def everywhere(area: str, topic: str) -> bool:
    """Somebody who sees the whole city."""
    return True


def in_order(rows: Sequence[CaseRow]) -> list[CaseRow]:
    """What is due first first, then what was reported first."""
    runs = sorted(
        (row for row in rows if row.due_ms is not None), key=lambda row: (row.due_ms, row.reported_ms, row.id)
    )
    return [*runs, *sorted((row for row in rows if row.due_ms is None), key=lambda row: (row.reported_ms, row.id))]
