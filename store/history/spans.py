"""In which pieces the raw readings of a long span are best read: each file once, and no more than memory holds."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from store.history.columns import READINGS
from store.history.days import days_of, month_of, month_span_ms
from store.history.manifest import Manifest

ROWS = 20_000_000  # about 2 GB while they are sorted


def pieces(manifest: Manifest, after_ms: int, upto_ms: int) -> Iterator[tuple[int, int]]:
    """(after, upto] one behind the other: local months, or their days where a month holds too many readings."""
    first, last = month_of(np.array([after_ms + 1, upto_ms])).tolist()
    for month in range(first, last + 1):
        span_ms = month_span_ms(month)
        met = [file for file in manifest.files if file.kind == READINGS and file.meets(*span_ms)]
        spans = [span_ms] if sum(file.rows for file in met) <= ROWS else days_of(*span_ms)
        for begin_ms, end_ms in spans:
            if end_ms > after_ms and begin_ms < upto_ms:
                yield max(begin_ms, after_ms), min(end_ms, upto_ms)
