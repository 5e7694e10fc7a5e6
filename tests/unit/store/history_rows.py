"""Values and readings for tests of the history, and what plain Python says should be read back."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.records import MINUTE_MS, ReadingBatch, Stamp, Status, ValueBatch

NOON_MS = 1_795_320_000_000 // 86_400_000 * 86_400_000 + 4 * 3_600_000  # 22 Nov 2026, 12:00 local time


def value_batch(
    indicator: str,
    end_ms: int,
    areas: Mapping[str, float],
    decided_ms: int = 0,
    status: Status = Status.FINAL,
    version: str = "1",
) -> ValueBatch:
    value = np.array(list(areas.values()))
    told = np.where(np.isnan(value), Status.UNKNOWN, status).astype(np.uint8)
    count = np.full(len(areas), 3, np.int32)
    newest_ms = np.full(len(areas), end_ms - MINUTE_MS // 2, np.int64)
    detail = tuple("pm25" if a == "440900" else "" for a in areas)
    return ValueBatch(
        indicator,
        version,
        end_ms,
        decided_ms or end_ms,
        tuple(areas),
        value,
        count,
        count + 1,
        newest_ms,
        told,
        detail,
    )


def reading_batch(rows: list[tuple[str, str, int, float]], feed: str = "air", received_ms: int = 1) -> ReadingBatch:
    """rows: (device, metric, event_ms, value)."""
    devices, metrics = sorted({row[0] for row in rows}), sorted({row[1] for row in rows})
    return ReadingBatch(
        feed=feed,
        stamp=Stamp.DEMO,
        received_ms=received_ms,
        devices=tuple(devices),
        metrics=tuple(metrics),
        device=np.array([devices.index(row[0]) for row in rows], np.int32),
        metric=np.array([metrics.index(row[1]) for row in rows], np.uint16),
        event_ms=np.array([row[2] for row in rows], np.int64),
        value=np.array([row[3] for row in rows], np.float64),
        quality=np.zeros(len(rows), np.uint16),
    )
