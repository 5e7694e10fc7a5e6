"""Rain gauges: the depth that fell since the last telling, in tips of 0.1 mm like the bucket of a real gauge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.declared import Device
from core.records import DAY_MS, MINUTE_MS, Float64, Int64
from simulator.noise import chance, key_of
from simulator.weather import Weather

TIP_MM = 0.1


@dataclass(frozen=True, slots=True)
class Rain:
    """Increments `rain_mm` of one gauge. The bucket keeps what has not tipped yet, so that sums stay true."""

    seed: int
    weather: Weather

    METRICS = frozenset({"rain_mm"})
    LIVELY_S = 60
    PAST_S = 0

    def values(self, device: Device, at_ms: Int64, every_s: int) -> dict[str, Float64]:
        """Depth in mm over (t − every_s, t] at each t, (n,)."""
        if device.place is None or not len(at_ms):
            return {"rain_mm": np.zeros(len(at_ms))}
        since_ms = at_ms - every_s * 1000
        day = since_ms // DAY_MS  # the bucket is emptied each day (UTC), so that a tip depends on one day only
        filled = chance(key_of(self.seed, "bucket", device.id), 0)
        grid_ms, fallen_mm = self._fallen(device, int(day.min()) * DAY_MS, int(at_ms.max()))
        at_midnight_mm = np.interp(day * DAY_MS, grid_ms, fallen_mm)

        def tips(until_ms: Int64) -> Float64:
            whole: Float64 = np.floor((np.interp(until_ms, grid_ms, fallen_mm) - at_midnight_mm) / TIP_MM + filled)
            return whole

        return {"rain_mm": np.round((tips(at_ms) - tips(since_ms)) * TIP_MM, 1)}

    def _fallen(self, device: Device, from_ms: int, upto_ms: int) -> tuple[Int64, Float64]:
        """Full minutes from a midnight on, and the depth fallen since then at each, mm."""
        assert device.place is not None
        minutes = np.arange(0, -(-(upto_ms - from_ms) // MINUTE_MS) + 1, dtype=np.int64)
        grid_ms = from_ms + minutes * MINUTE_MS
        place_deg = (device.place.lon_deg, device.place.lat_deg)
        depth_mm = self.weather.rain_mm_h(place_deg, grid_ms[:-1] + MINUTE_MS // 2) / 60.0
        return grid_ms, np.concatenate([[0.0], np.cumsum(depth_mm)])
