"""What a history holds, for people: spans, rows, bytes, days without anything."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from store.history.days import day_of
from store.history.manifest import File, Manifest

GAPS = 20  # told at most


@dataclass(frozen=True, slots=True)
class Holding:
    """Of one kind. gaps: (first day, last day) without a row between its first and its last, days since 1970."""

    kind: str
    first_ms: int
    last_ms: int
    rows: int
    bytes: int
    files: int
    imported_rows: int
    gaps: list[tuple[int, int]]


def holdings(manifest: Manifest) -> list[Holding]:
    """One a kind that is there. Gaps are told by files: a month that was put together counts as whole."""
    kinds = sorted({file.kind for file in manifest.files})
    return [_holding(kind, [file for file in manifest.files if file.kind == kind]) for kind in kinds]


def _holding(kind: str, files: list[File]) -> Holding:
    return Holding(
        kind=kind,
        first_ms=min(file.first_ms for file in files),
        last_ms=max(file.last_ms for file in files),
        rows=sum(file.rows for file in files),
        bytes=sum(file.bytes for file in files),
        files=len(files),
        imported_rows=sum(file.imported_rows for file in files),
        gaps=_gaps(files)[:GAPS],
    )


def _gaps(files: list[File]) -> list[tuple[int, int]]:
    spans = sorted(tuple(day_of(np.array([file.first_ms, file.last_ms])).tolist()) for file in files)
    gaps, reached = [], spans[0][0] - 1
    for first, last in spans:
        if first > reached + 1:
            gaps.append((reached + 1, first - 1))
        reached = max(reached, last)
    return gaps
