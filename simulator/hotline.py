"""Calls to the 12345 hotline: a Poisson stream for each county by the hour of the day; the storm brings more, later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import orjson

from core.declared import Device, Feed
from core.records import HOUR_MS, Event, Float64, Int64, Phase, Place, Stamp
from simulator.message import Message, told_at
from simulator.noise import UInt64, keys_of, uniform
from simulator.rhythm import CALLS, share_of_peak
from simulator.weather import LonLat, Weather

SLOT_MS = 10_000  # at most one call of a county begins in a slot, so the chance in it must stay small
BUSIEST_PER_H = 18.0
SHORTEST_MS, LONGEST_MS = 45_000, 420_000
STORM_FACTOR = 6.0
STORM_LATER_MS = 12 * 60_000  # people call when the water is in the street, not when the rain begins
SCATTER_DEG = 0.04  # about 4 km around the county's centre
EVERYDAY = ("noise", "road", "water", "consumer", "labour", "rubbish")
STORM = ("flooding", "power", "tree", "water", "road")
URGENT_SHARE = 0.05  # of calls about these in the storm; a few an hour in the whole city
URGENT = {
    "flooding": "地下车库进水，有人被困",
    "power": "小区停电，家中有人使用呼吸机",
    "tree": "大树倒伏压车，车内有人",
}


@dataclass(frozen=True, slots=True)
class Hotline:
    """All calls of a city; each is told twice, when it comes in and when it is over."""

    seed: int
    weather: Weather
    feed: Feed
    desks: tuple[Device, ...]
    centres_deg: Mapping[str, LonLat]  # of the counties, by area
    _keys: dict[str, UInt64] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        names = tuple(desk.id for desk in self.desks)
        whats = ("begin", "offset", "length", "type", "storm", "lon", "lat", "urgent")
        object.__setattr__(self, "_keys", {what: keys_of(self.seed, f"call-{what}", names) for what in whats})

    def tellings(self, after_ms: int, upto_ms: int) -> list[Event]:
        """All tellings with after_ms < told_ms ≤ upto_ms, in time order."""
        slots = np.arange((after_ms - LONGEST_MS) // SLOT_MS - 1, upto_ms // SLOT_MS + 1, dtype=np.int64)
        chosen = uniform(self._keys["begin"][:, None], slots[None, :]) < self.likely(slots * SLOT_MS)[None, :]
        found = [
            event
            for row, column in zip(*np.nonzero(chosen), strict=True)
            for event in self._call(int(row), int(slots[column]))
            if after_ms < event.told_ms <= upto_ms
        ]
        return sorted(found, key=lambda event: (event.told_ms, event.id))

    def likely(self, at_ms: Int64) -> Float64:
        """Chance of a call in the slot at each time, one county."""
        storm = 1.0 + (STORM_FACTOR - 1.0) * self.weather.storm_share(at_ms - STORM_LATER_MS)
        chance: Float64 = BUSIEST_PER_H * share_of_peak(CALLS, at_ms) * storm * SLOT_MS / HOUR_MS
        return chance

    def message(self, event: Event) -> Message:
        """One telling in our own event format."""
        body: dict[str, object] = {
            "id": event.id.removeprefix(f"{self.feed.id}:"),
            "type": event.type,
            "phase": event.phase.value,
            "t": told_at(event.began_ms),
            "attributes": event.attributes,
        }
        if event.ended_ms is not None:
            body["ended"] = told_at(event.ended_ms)
        if event.place is not None:
            body |= {"lon": event.place.lon_deg, "lat": event.place.lat_deg}
            body |= {"accuracy_m": event.place.accuracy_m, "origin": event.place.origin}
        topic = f"{self.feed.id}/{event.device}/event"
        return Message(event.told_ms, event.told_ms, event.device, topic, orjson.dumps(body))

    def _draw(self, what: str, row: int, slot: int) -> float:
        return float(uniform(self._keys[what][row : row + 1], np.array([slot], np.int64))[0])

    def _call(self, row: int, slot: int) -> Iterator[Event]:
        began_ms = slot * SLOT_MS + int(self._draw("offset", row, slot) * SLOT_MS)
        ended_ms = began_ms + SHORTEST_MS + int(self._draw("length", row, slot) ** 2 * (LONGEST_MS - SHORTEST_MS))
        hit = float(self.weather.storm_share(np.array([began_ms - STORM_LATER_MS], np.int64))[0])
        subjects = STORM if self._draw("storm", row, slot) < hit else EVERYDAY
        subject = subjects[int(self._draw("type", row, slot) * len(subjects))]
        is_urgent = subjects is STORM and subject in URGENT and self._draw("urgent", row, slot) < URGENT_SHARE
        said: dict[str, str | float | bool] = {"subject": subject}
        if is_urgent:
            said |= {"urgent": True, "text": URGENT[subject]}
        desk = self.desks[row]
        for phase, told_ms in ((Phase.NEW, began_ms), (Phase.END, ended_ms)):
            yield Event(
                id=f"{self.feed.id}:{desk.id}-{began_ms}",
                feed=self.feed.id,
                type="hotline.call",
                phase=phase,
                device=desk.id,
                began_ms=began_ms,
                told_ms=told_ms,
                ended_ms=told_ms if phase is Phase.END else None,
                stamp=Stamp.DEMO,
                place=self._place(row, slot, self.centres_deg.get(desk.area)),
                attributes=said,
            )

    def _place(self, row: int, slot: int, near_deg: LonLat | None) -> Place | None:
        """Where the caller says it is: sure to half a kilometre only."""
        if near_deg is None:
            return None
        east, north = (self._draw(axis, row, slot) - 0.5 for axis in ("lon", "lat"))
        lon_deg, lat_deg = near_deg[0] + 2 * SCATTER_DEG * east, near_deg[1] + 2 * SCATTER_DEG * north
        return Place(round(lon_deg, 5), round(lat_deg, 5), 500.0, "caller")
