"""River gauges: stage in metres against each station's own references; water comes after the rain, upstream first.

A station's stage is told on its own ladder: 0 the usual water, 1 warning, 2 guaranteed, 3 record. In calm it stays
near 0. In the typhoon the rain of the core, delayed by the way of the water and spread by the size of the catchment
(a gamma kernel, the classical cascade of two equal reservoirs), lifts each station to its own peak.

Source: Nash, "The form of the instantaneous unit hydrograph", 1957, with n = 2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.declared import Device
from core.records import HOUR_MS, Float64, Int64
from simulator.noise import key_of, smooth
from simulator.weather import Scenario, Weather, core_share

# Heights on the ladder at the crest, upstream first: one station passes its record, most the guaranteed stage.
CRESTS = (2.5, 3.5, 2.6, 1.6, 2.3, 1.3)
FIRST_DELAY_H = 0.4  # storm hours from rain to the uppermost station; at twelvefold pace 2 minutes
LAST_DELAY_H = 4.0
FIRST_SPREAD_H = 0.7
LAST_SPREAD_H = 1.6
SWOLLEN = 0.35  # on the ladder: what the outer bands have lifted by the time the core arrives
_GRID_H = np.arange(0.0, 72.0, 0.05)


@dataclass(frozen=True, slots=True)
class Ladder:
    """The heights of one station, m: usual water, warning, guaranteed, record, and one step above."""

    rungs_m: tuple[float, float, float, float, float]

    @classmethod
    def of(cls, device: Device, at_ms: int) -> Ladder:
        """From the references valid at a time; a missing one is put where the others suggest."""
        given = {
            r.name: r.value
            for r in device.references
            if r.valid_from_ms <= at_ms and (not r.valid_to_ms or at_ms < r.valid_to_ms)
        }
        warning = given.get("warning", 5.0)
        guaranteed = max(given.get("guaranteed", warning + 1.5), warning + 0.1)
        record = max(given.get("record", 2 * guaranteed - warning), guaranteed + 0.1)
        usual = warning - max(1.6, 1.4 * (guaranteed - warning))  # far enough for "0.5 m below warning" in calm
        return cls((usual, warning, guaranteed, record, record + (record - guaranteed)))

    def stage_m(self, height: Float64) -> Float64:
        """Metres at a height of the ladder; below 0 the lowest rung's slope goes on."""
        usual, warning = self.rungs_m[:2]
        inside = np.interp(height, np.arange(5.0), np.asarray(self.rungs_m))
        stage: Float64 = np.where(height < 0, usual + height * (warning - usual), inside)
        return stage


def upstream_first(devices: Sequence[Device]) -> tuple[Device, ...]:
    """By `upstream_km2` where it is declared, else as declared."""
    return tuple(sorted(devices, key=_catchment_km2))


def response(delay_h: float, spread_h: float) -> Float64:
    """Flow at a station from the rain of the core, on `_GRID_H`, 1 at its crest."""
    kernel = _GRID_H * np.exp(-_GRID_H / spread_h)
    flow = np.convolve(core_share(_GRID_H), kernel)[: len(_GRID_H)]
    flow = np.interp(_GRID_H - delay_h, _GRID_H, flow, left=0.0)
    crest: Float64 = flow / flow.max()
    return crest


@dataclass(frozen=True, slots=True)
class River:
    """`stage_m` of all stations of the city. Made by `river_of`."""

    seed: int
    weather: Weather
    crests: Mapping[str, tuple[float, Float64]]  # device → (height of its crest, response on the grid)

    METRICS = frozenset({"stage_m"})
    LIVELY_S = 10
    PAST_S = 0

    def values(self, device: Device, at_ms: Int64, every_s: int) -> dict[str, Float64]:
        """Stage of one station in m above its datum, (n,), to the centimetre."""
        del every_s  # a stage is a state, not a sum
        ladder = Ladder.of(device, int(at_ms[0])) if len(at_ms) else Ladder.of(device, 0)
        flood = self._flood(device, at_ms)
        wander = 0.12 * smooth(key_of(self.seed, "stage", device.id), at_ms, 5 * HOUR_MS)
        height = flood + wander / (1.0 + 4.0 * flood)  # a flood drowns the small ups and downs of an ordinary day
        ripple_m = 0.01 * smooth(key_of(self.seed, "ripple", device.id), at_ms, 60_000)
        return {"stage_m": np.round(ladder.stage_m(height) + ripple_m, 2)}

    def _flood(self, device: Device, at_ms: Int64) -> Float64:
        if self.weather.scenario is Scenario.CALM:
            return np.zeros(len(at_ms))
        crest, flow = self.crests[device.id]
        storm_h = self.weather.storm_h(at_ms)
        before_h = (at_ms - self.weather.began_ms) / HOUR_MS
        swollen = SWOLLEN * np.interp(before_h, (-18.0, 0.0, 24.0), (0.0, 1.0, 0.0))
        flood: Float64 = swollen + (crest - SWOLLEN) * np.interp(storm_h, _GRID_H, flow, left=0.0, right=0.0)
        return flood


def river_of(seed: int, weather: Weather, stations: Sequence[Device]) -> River:
    """The river with delays that grow downstream."""
    ordered = upstream_first(stations)
    lengths = _way_shares(ordered)
    crests = {
        device.id: (
            CRESTS[rank % len(CRESTS)],
            response(
                FIRST_DELAY_H + share * (LAST_DELAY_H - FIRST_DELAY_H),
                FIRST_SPREAD_H + share * (LAST_SPREAD_H - FIRST_SPREAD_H),
            ),
        )
        for rank, (device, share) in enumerate(zip(ordered, lengths, strict=True))
    }
    return River(seed, weather, crests)


def _way_shares(ordered: Sequence[Device]) -> tuple[float, ...]:
    """How long the water's way to each station is, 0 the shortest, 1 the longest: the root of the catchment.

    Where no catchments are declared, evenly by rank.
    """
    areas_km2 = np.array([_catchment_km2(device) for device in ordered])
    if len(ordered) < 2 or not np.isfinite(areas_km2).all() or areas_km2[0] == areas_km2[-1]:
        return tuple(np.linspace(0.0, 1.0, len(ordered)).tolist())
    ways = np.sqrt(areas_km2)
    return tuple(((ways - ways[0]) / (ways[-1] - ways[0])).tolist())


def _catchment_km2(device: Device) -> float:
    return float(device.attributes.get("upstream_km2", "inf"))
