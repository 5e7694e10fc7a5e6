"""Rain gauges: the depth that fell since the last telling, in tips of 0.1 mm like the bucket of a real gauge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.declared import Device
from core.records import Float64, Int64
from simulator.noise import key_of, uniform
from simulator.weather import Weather

TIP_MM = 0.1


@dataclass(frozen=True, slots=True)
class Rain:
    """Increments `rain_mm` of one gauge; their sum over any window is the rain of the weather there."""

    seed: int
    weather: Weather

    METRICS = frozenset({"rain_mm"})
    LIVELY_S = 60

    def values(self, device: Device, at_ms: Int64, every_s: int) -> dict[str, Float64]:
        """Depth in mm over (t − every_s, t] at each t, (n,)."""
        if device.place is None:
            return {"rain_mm": np.zeros(len(at_ms))}
        place_deg = (device.place.lon_deg, device.place.lat_deg)
        middle_ms = at_ms - every_s * 500
        tips = self.weather.rain_mm_h(place_deg, middle_ms) * every_s / 3600.0 / TIP_MM
        # A bucket tips in whole tenths: rounding by chance keeps the sum true where rounding to nearest would not.
        whole = np.floor(tips + uniform(key_of(self.seed, "tips", device.id), at_ms))
        return {"rain_mm": np.round(whole * TIP_MM, 1)}
