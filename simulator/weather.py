"""The common cause: rain over the city, calm or in a typhoon; rivers, air, calls and cameras follow from it.

Calm: showers of weak fronts that drift over the city, never above 3 mm/h, so that no sum of 12 h comes near 50 mm.

Typhoon: it is `began_ms` when the city starts to publish, so that whoever opens the wall sees it come. The 24 h
before hold its outer bands (48 mm in 12 h at the core: just no level yet). Then the core passes. Its natural length
of a day is run `compress` times faster, depth kept: at 12, the default, two hours, with up to 180 mm/h in the heart
(201.9 mm/h were measured at Zhengzhou on 2021-07-20). At the core gauge blue comes after about 5 minutes, yellow 12,
orange 20, red 37; with `compress=48` a quarter of that; `compress=1` is a drill at nature's pace.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from core.records import HOUR_MS, Float64, Int64
from simulator.noise import key_of, smooth

LonLat = tuple[float, float]
KM_PER_DEGREE = 111.2

SHOWER_MM_H = 3.0
FRONT_KM_H = 40.0
CORE_MM_H = 15.0  # in the heart, at nature's pace
CORE_RISE_H = 6.0
CORE_END_H = 24.0
SPREAD_KM_PER_H = 60.0  # from the core outwards, in storm hours
CORE_RADIUS_KM = 60.0

# Outer bands at the core gauge before the begin: hours before → mm/h. Sums: 3 h 25.5, 6 h 39, 12 h 48.
_BANDS_H = (-24.0, -18.0, -12.0, -6.0, -3.0, 0.0, 1.0, 3.0)
_BANDS_MM_H = (0.0, 0.3, 0.5, 2.5, 6.5, 10.5, 6.0, 0.0)


class Scenario(StrEnum):
    """What the simulated city goes through."""

    CALM = "calm"
    TYPHOON = "typhoon"


def core_share(storm_h: Float64) -> Float64:
    """Rain of the passing core over the storm's own hours, 1 at its height, 0 outside (0, 24)."""
    rising = np.sin(0.5 * np.pi * np.clip(storm_h / CORE_RISE_H, 0.0, 1.0))
    left = np.clip((storm_h - CORE_RISE_H) / (CORE_END_H - CORE_RISE_H), 0.0, 1.0)
    share: Float64 = np.where(storm_h < CORE_RISE_H, rising, np.cos(0.5 * np.pi * left) ** 2)
    return share


def distance_km(a_deg: LonLat, b_deg: LonLat) -> float:
    """Straight distance over a few hundred km, good to 1 %."""
    east = (b_deg[0] - a_deg[0]) * np.cos(np.radians((a_deg[1] + b_deg[1]) / 2))
    return float(np.hypot(east, b_deg[1] - a_deg[1]) * KM_PER_DEGREE)


@dataclass(frozen=True, slots=True)
class Weather:
    """Rain at any place and time. core_deg: where it rains first and most (the uppermost gauge)."""

    seed: int
    scenario: Scenario
    began_ms: int
    core_deg: LonLat
    compress: float = 12.0

    def storm_h(self, at_ms: Int64) -> Float64:
        """The storm's own hours since it began; negative before."""
        return (at_ms - self.began_ms) / HOUR_MS * self.compress

    def storm_share(self, at_ms: Int64) -> Float64:
        """How hard the city as a whole is hit, 0 to 1; always 0 in calm."""
        if self.scenario is Scenario.CALM:
            return np.zeros(len(at_ms))
        return core_share(self.storm_h(at_ms))

    def rain_mm_h(self, place_deg: LonLat, at_ms: Int64) -> Float64:
        """Rain intensity at a place, mm/h ≥ 0."""
        if self.scenario is Scenario.CALM:
            return self._showers_mm_h(place_deg, at_ms)
        away_km = distance_km(self.core_deg, place_deg)
        local = 0.3 + 0.7 * np.exp(-((away_km / CORE_RADIUS_KM) ** 2))
        core = core_share(self.storm_h(at_ms) - away_km / SPREAD_KM_PER_H) * CORE_MM_H * self.compress
        bands = np.interp((at_ms - self.began_ms) / HOUR_MS, _BANDS_H, _BANDS_MM_H)
        total: Float64 = local * (core + bands)
        return total

    def _showers_mm_h(self, place_deg: LonLat, at_ms: Int64) -> Float64:
        east_km = (place_deg[0] - self.core_deg[0]) * KM_PER_DEGREE * np.cos(np.radians(place_deg[1]))
        passed_ms = at_ms - int(east_km / FRONT_KM_H * HOUR_MS)
        front = smooth(key_of(self.seed, "front"), passed_ms, 3 * HOUR_MS)
        shower: Float64 = SHOWER_MM_H * np.clip((front - 0.5) / 0.5, 0.0, 1.0)
        return shower
