"""Positions out of panes: longitude and latitude of one moment, and how exact a device says that it is."""

from __future__ import annotations

import numpy as np

from core.records import PaneBatch
from dispatch.arrival import USUAL_ACCURACY_M
from dispatch.units import Fix
from workers.positions import fixes_of


def batch(rows: list[tuple[int, str, int, int, float]]) -> PaneBatch:
    """rows: device, metric, count, last_ms, last."""
    metrics = tuple(dict.fromkeys(metric for _, metric, *_ in rows))
    columns = list(zip(*rows, strict=True))
    count = np.array(columns[2], np.int64)
    nothing = np.zeros(len(rows))
    return PaneBatch(
        partition=0,
        now_ms=0,
        received_ms=0,
        devices=("bus-1", "bus-2", "gauge"),
        metrics=metrics,
        device=np.array(columns[0], np.int32),
        metric=np.array([metrics.index(metric) for metric in columns[1]], np.uint16),
        pane_end_ms=np.zeros(len(rows), np.int64),
        count=count,
        total=nothing,
        low=nothing,
        high=nothing,
        last_ms=np.array(columns[3], np.int64),
        last=np.array(columns[4], np.float64),
    )


def test_the_newest_fix_of_each_device_that_has_both() -> None:
    told = batch(
        [
            (0, "lon_deg", 1, 1000, 110.9),
            (0, "lat_deg", 1, 1000, 21.6),
            (0, "lon_deg", 1, 5000, 110.95),  # the pane after it
            (0, "lat_deg", 1, 5000, 21.65),
            (1, "lon_deg", 1, 2000, 110.7),
            (1, "lat_deg", 1, 2000, 21.5),
            (1, "accuracy_m", 1, 2000, 8.0),
            (2, "lon_deg", 1, 3000, 110.1),  # half a position
        ]
    )
    assert dict(fixes_of(told)) == {
        "bus-1": Fix(110.95, 21.65, USUAL_ACCURACY_M, 5000),
        "bus-2": Fix(110.7, 21.5, 8.0, 2000),
    }


def test_what_was_out_of_range_or_of_two_moments_is_no_position() -> None:
    assert not dict(fixes_of(batch([(0, "lon_deg", 0, 1000, 999.0), (0, "lat_deg", 1, 1000, 21.6)])))
    assert not dict(fixes_of(batch([(0, "lon_deg", 1, 1000, 110.9), (0, "lat_deg", 1, 4000, 21.6)])))
    assert not dict(fixes_of(batch([(2, "level_m", 1, 1000, 3.0)])))
