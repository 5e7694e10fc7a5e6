"""Air stations: the concentration of the running hour, with a day's rhythm; rain washes the dust out.

Bounds of the calm day: PM2.5 below 60 and PM10 below 120 µg/m³ with O3 below 200, so that the hourly AQI stays at
优 or 良 (HJ 633-2026).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.declared import Device
from core.records import HOUR_MS, Float64, Int64
from simulator.noise import key_of, smooth
from simulator.rhythm import TRAFFIC, hump, share_of_peak
from simulator.weather import Weather

DIGITS = {"pm25_ugm3": 0, "pm10_ugm3": 0, "so2_ugm3": 0, "no2_ugm3": 0, "co_mgm3": 2, "o3_ugm3": 0}


@dataclass(frozen=True, slots=True)
class Air:
    """Six pollutants in the units of the hourly report: µg/m³, CO in mg/m³."""

    seed: int
    weather: Weather

    METRICS = frozenset(DIGITS)
    LIVELY_S = 300
    PAST_S = 0

    def values(self, device: Device, at_ms: Int64, every_s: int) -> dict[str, Float64]:
        """Metric → (n,) concentrations of one station."""
        del every_s  # a running mean does not depend on how often it is told
        wanted = [metric for metric in device.metrics if metric in DIGITS]
        return {metric: np.round(self._concentration(metric, device, at_ms), DIGITS[metric]) for metric in wanted}

    def _concentration(self, metric: str, device: Device, at_ms: Int64) -> Float64:
        city_wide = smooth(key_of(self.seed, "air", metric), at_ms, 6 * HOUR_MS)
        local = smooth(key_of(self.seed, "air", metric, device.id), at_ms, 2 * HOUR_MS)
        shape = self._day(metric, at_ms) * (1.0 + 0.18 * city_wide + 0.12 * local)
        place = device.place
        if place is None or metric == "o3_ugm3":
            return shape
        washed = np.clip(self.weather.rain_mm_h((place.lon_deg, place.lat_deg), at_ms) / 20.0, 0.0, 1.0)
        clean: Float64 = shape * (1.0 - 0.6 * washed)
        return clean

    def _day(self, metric: str, at_ms: Int64) -> Float64:
        traffic = share_of_peak(TRAFFIC, at_ms)
        evening = hump(at_ms, 21.0, 3.5)
        match metric:
            case "pm25_ugm3":
                return 17.0 + 10.0 * traffic + 12.0 * evening
            case "pm10_ugm3":
                return 30.0 + 20.0 * traffic + 16.0 * evening
            case "no2_ugm3":
                return 10.0 + 20.0 * traffic + 8.0 * evening
            case "so2_ugm3":
                return 7.0 + 2.0 * traffic
            case "co_mgm3":
                return 0.45 + 0.25 * traffic + 0.1 * evening
        ozone: Float64 = 38.0 + 85.0 * hump(at_ms, 14.5, 3.5) - 10.0 * traffic
        return ozone
