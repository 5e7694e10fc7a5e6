"""Cameras and kitchens say every half minute or minute that they are there; in the storm some lose their power."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.declared import Device
from core.records import Float64, Int64
from simulator.noise import chance, key_of
from simulator.weather import Weather

DARK_SHARE = 0.12  # of devices without power at the height of the storm


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """1 from whoever is alive. Who is not says nothing: silence is the finding, not a zero."""

    seed: int
    weather: Weather

    METRICS = frozenset({"online", "kitchen_online"})
    LIVELY_S = 30
    PAST_S = 300

    def values(self, device: Device, at_ms: Int64, every_s: int) -> dict[str, Float64]:
        """1 at each time, NaN (not sent) where the device is dark, (n,)."""
        del every_s  # it is there or it is not
        fragile = chance(key_of(self.seed, "power", device.id), 0)
        dark = self.weather.storm_share(at_ms) * DARK_SHARE > fragile
        beat = np.where(dark, np.nan, 1.0)
        return {metric: beat for metric in device.metrics if metric in self.METRICS}
