"""Buses: each runs a loop through points inside the city, slower in the two rush hours, and reports its position."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np

from core.clock import CHINA_MS
from core.declared import Device
from core.records import DAY_MS, Float64, Int64
from simulator.noise import UInt64, chance, key_of
from simulator.rhythm import TRAFFIC, share_of_peak
from simulator.weather import LonLat, distance_km

FREE_KMH = 36.0
JAM_KMH = 16.0
STOP_EVERY_KM = 0.6
STOPS_PER_LOOP = 6
_MINUTES = np.arange(0, 1441)


def cruising_kmh(at_ms: Int64) -> Float64:
    """Mean speed in the streets by the hour of the day."""
    speed: Float64 = FREE_KMH - (FREE_KMH - JAM_KMH) * share_of_peak(TRAFFIC, at_ms)
    return speed


def _day_km() -> Float64:
    """Way since local midnight after each minute, (1441,), km."""
    middle_ms = (_MINUTES[:-1] * 60_000 + 30_000 - CHINA_MS).astype(np.int64)
    return np.concatenate([[0.0], np.cumsum(cruising_kmh(middle_ms) / 60.0)])


@dataclass(frozen=True, slots=True)
class Loop:
    """A closed route: corners in degrees (n, 2), longitude first, and the way to each corner, km."""

    corners_deg: Float64
    way_km: Float64

    @classmethod
    def through(cls, points_deg: Sequence[LonLat]) -> Loop:
        """The loop through the points in their order, back to the first."""
        closed = [*points_deg, points_deg[0]]
        legs_km = [max(distance_km(a, b), 1e-6) for a, b in pairwise(closed)]
        return cls(np.asarray(closed), np.concatenate([[0.0], np.cumsum(legs_km)]))

    def place_deg(self, way_km: Float64) -> Float64:
        """Where one is after a way, (n, 2)."""
        along = way_km % self.way_km[-1]
        return np.stack([np.interp(along, self.way_km, self.corners_deg[:, axis]) for axis in (0, 1)], axis=1)

    def heading_deg(self, way_km: Float64) -> Float64:
        """Clockwise from north, [0, 360)."""
        leg = np.clip(np.searchsorted(self.way_km, way_km % self.way_km[-1], side="right") - 1, 0, len(self.way_km) - 2)
        step = self.corners_deg[leg + 1] - self.corners_deg[leg]
        east = step[:, 0] * np.cos(np.radians(self.corners_deg[leg, 1]))
        heading: Float64 = np.degrees(np.arctan2(east, step[:, 1])) % 360.0
        return heading


@dataclass(frozen=True, slots=True)
class Buses:
    """Positions of all vehicles. Made by `buses_of`."""

    seed: int
    loops: Mapping[str, Loop]
    day_km: Float64

    METRICS = frozenset({"lon_deg", "lat_deg", "speed_kmh", "heading_deg"})
    LIVELY_S = 5
    PAST_S = 300

    def values(self, device: Device, at_ms: Int64, every_s: int) -> dict[str, Float64]:
        """Position in degrees WGS 84, speed in km/h and heading of one bus, each (n,)."""
        del every_s
        loop = self.loops[device.id]
        way_km = self._way_km(device, at_ms)
        place_deg = loop.place_deg(way_km)
        # The way swings about its mean once a stop; its derivative is the speed, near 0 at each stop.
        pace = 1.0 + 0.95 * np.cos(2 * np.pi * self._mean_way_km(device, at_ms) / STOP_EVERY_KM)
        return {
            "lon_deg": np.round(place_deg[:, 0], 6),
            "lat_deg": np.round(place_deg[:, 1], 6),
            "speed_kmh": np.round(cruising_kmh(at_ms) * pace, 1),
            "heading_deg": np.round(loop.heading_deg(way_km), 0) % 360.0,
        }

    def _mean_way_km(self, device: Device, at_ms: Int64) -> Float64:
        day, within_ms = np.divmod(at_ms + CHINA_MS, DAY_MS)
        start_km = 40.0 * chance(key_of(self.seed, "start", device.id), 0)
        way: Float64 = start_km + day * self.day_km[-1] + np.interp(within_ms / 60_000, _MINUTES, self.day_km)
        return way

    def _way_km(self, device: Device, at_ms: Int64) -> Float64:
        mean_km = self._mean_way_km(device, at_ms)
        swing: Float64 = 0.95 * STOP_EVERY_KM / (2 * np.pi) * np.sin(2 * np.pi * mean_km / STOP_EVERY_KM)
        return mean_km + swing


def buses_of(seed: int, vehicles: Sequence[Device], points_deg: Sequence[LonLat]) -> Buses:
    """One loop a bus, through points near each other that lie inside the city.

    points_deg: places known to be inside (stations, cameras, county centres); at least two.
    """
    loops = {vehicle.id: _loop(key_of(seed, "route", vehicle.id), points_deg) for vehicle in vehicles}
    return Buses(seed, loops, _day_km())


def _loop(key: UInt64, points_deg: Sequence[LonLat]) -> Loop:
    """Around a point drawn by chance, through those nearest to it, in the order of the compass."""
    home = points_deg[int(chance(key, 0) * len(points_deg))]
    near = sorted(points_deg, key=partial(distance_km, home))[: STOPS_PER_LOOP + 1]
    return Loop.through(sorted(near, key=partial(bearing_rad, _middle(near))))


def _middle(points_deg: Sequence[LonLat]) -> LonLat:
    lon_deg, lat_deg = np.mean(np.asarray(points_deg), axis=0)
    return float(lon_deg), float(lat_deg)


def bearing_rad(from_deg: LonLat, to_deg: LonLat) -> float:
    """Direction anticlockwise from east, good enough to sort neighbours around their middle."""
    return float(np.arctan2(to_deg[1] - from_deg[1], to_deg[0] - from_deg[0]))
