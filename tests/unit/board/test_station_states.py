"""A station tells what the first stage found out of it: a wrong clock, and that it settles after a start."""

from __future__ import annotations

import copy

import numpy as np

from board.picture import Picture
from core.records import PaneBatch

T0 = 1_793_500_000_000


def told(device, ms, **found):
    """One reading of a device, and what is found out of it."""
    value, count = np.array([1.0]), np.ones(1, np.int64)
    none, metric, at = np.zeros(1, np.int32), np.zeros(1, np.uint16), np.array([ms], np.int64)
    return PaneBatch(
        0, ms, ms, (device,), ("stage_m",), none, metric, at, count, value, value, value, at, value, **found
    )


def test_a_wrong_clock_and_a_start_stand_beside_the_station(declared, scene):
    picture = Picture(declared, scene, "zh")
    device = next(name for name, one in declared.devices.items() if declared.feeds[one.feed].kind == "station")
    batch = told(device, T0, clock_s={device: 75}, settling={device: (T0, T0 + 60_000)})
    picture.fold_panes(batch)
    picture.tick(T0, T0)
    shown = picture.sections["stations"][device]
    assert (shown["clock_s"], shown["settling"]) == (75, True)
    again = Picture(declared, scene, "zh")
    assert again.restore(copy.deepcopy(picture.snapshot()), copy.deepcopy(picture.sections))
    again.fold_panes(told(device, T0 + 60_001, clock_s={device: 0}))
    again.tick(T0 + 60_001, T0 + 60_001)
    shown = again.sections["stations"][device]
    assert (shown["clock_s"], shown["settling"]) == (0, False)
