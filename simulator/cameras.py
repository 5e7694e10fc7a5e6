"""Cameras that see: Frigate's `new`, `update`, `end` on `frigate/events`; a tenth never ends, some were nothing.

Source of the format: Frigate documentation, "MQTT", topic `frigate/events`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import orjson

from core.declared import Device, Feed
from core.records import HOUR_MS, Event, Int64, Phase, Stamp
from simulator.message import Message
from simulator.noise import UInt64, keys_of, uniform
from simulator.rhythm import PEOPLE, share_of_peak
from simulator.weather import Weather

SLOT_MS = 60_000  # at most one event of a camera begins in a slot
BUSIEST_PER_H = 12.0
SHORTEST_MS, LONGEST_MS = 8_000, 90_000
UPDATE_MS = 15_000
WITHOUT_END = 0.1
FALSE_POSITIVE = 0.06
STORM_QUIETS = 0.6  # fewer people and cars are out
LABELS = (("person", 0.45), ("car", 0.75), ("motorcycle", 0.9), ("dog", 1.0))  # label, share up to and with it


@dataclass(frozen=True, slots=True)
class Cameras:
    """Everything that the cameras of a city see."""

    seed: int
    weather: Weather
    feed: Feed
    cameras: tuple[Device, ...]
    _keys: dict[str, UInt64] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        names = tuple(camera.id for camera in self.cameras)
        whats = ("begin", "offset", "length", "label", "end", "false", "score")
        object.__setattr__(self, "_keys", {what: keys_of(self.seed, f"video-{what}", names) for what in whats})

    def tellings(self, after_ms: int, upto_ms: int) -> list[Event]:
        """All tellings with after_ms < told_ms ≤ upto_ms, in time order."""
        first, last = (after_ms - LONGEST_MS) // SLOT_MS - 1, upto_ms // SLOT_MS
        slots = np.arange(first, last + 1, dtype=np.int64)
        found = [
            event
            for row, slot in zip(*self._beginnings(slots), strict=True)
            for event in self._story(int(row), int(slot))
            if after_ms < event.told_ms <= upto_ms
        ]
        return sorted(found, key=lambda event: (event.told_ms, event.id))

    def message(self, event: Event) -> Message:
        """One telling as Frigate publishes it."""
        after = {
            "id": event.id.removeprefix(f"{self.feed.id}:"),
            "camera": event.device,
            "frame_time": event.told_ms / 1000,
            "label": event.type.removeprefix("video."),
            "top_score": event.confidence,
            "score": event.confidence,
            "false_positive": event.false_positive,
            "start_time": event.began_ms / 1000,
            "end_time": None if event.ended_ms is None else event.ended_ms / 1000,
            **event.attributes,
        }
        before = {**after, "frame_time": event.began_ms / 1000, "end_time": None}
        payload = orjson.dumps({"type": event.phase.value, "before": before, "after": after})
        return Message(event.told_ms, event.told_ms, event.device, self.feed.topic, payload)

    def _beginnings(self, slots: Int64) -> tuple[Int64, Int64]:
        """Rows of cameras and slots in which an event begins."""
        at_ms = slots * SLOT_MS
        quiet = 1.0 - STORM_QUIETS * self.weather.storm_share(at_ms)
        likely = BUSIEST_PER_H * share_of_peak(PEOPLE, at_ms) * quiet * SLOT_MS / HOUR_MS
        rows, columns = np.nonzero(uniform(self._keys["begin"][:, None], slots[None, :]) < likely[None, :])
        return rows.astype(np.int64), slots[columns]

    def _draw(self, what: str, row: int, slot: int) -> float:
        return float(uniform(self._keys[what][row : row + 1], np.array([slot], np.int64))[0])

    def _story(self, row: int, slot: int) -> Iterator[Event]:
        """One event from its beginning to its end, if that comes."""
        began_ms = slot * SLOT_MS + int(self._draw("offset", row, slot) * SLOT_MS)
        ended_ms = began_ms + SHORTEST_MS + int(self._draw("length", row, slot) * (LONGEST_MS - SHORTEST_MS))
        false = self._draw("false", row, slot) < FALSE_POSITIVE
        drawn = self._draw("label", row, slot)
        label = next(name for name, upto in LABELS if drawn < upto)
        score = round(0.62 + 0.35 * self._draw("score", row, slot), 2)

        def telling(phase: Phase, told_ms: int) -> Event:
            return Event(
                id=f"{self.feed.id}:{began_ms / 1000:.3f}-{self.cameras[row].id}",
                feed=self.feed.id,
                type=f"video.{label}",
                phase=phase,
                device=self.cameras[row].id,
                began_ms=began_ms,
                told_ms=told_ms,
                ended_ms=told_ms if phase is Phase.END else None,
                stamp=Stamp.DEMO,
                confidence=score,
                false_positive=false and phase is not Phase.NEW,  # taken back once more frames were seen
                attributes={"stationary": False, "has_snapshot": True, "has_clip": phase is Phase.END},
            )

        yield telling(Phase.NEW, began_ms)
        for told_ms in range(began_ms + UPDATE_MS, ended_ms, UPDATE_MS):
            yield telling(Phase.UPDATE, told_ms)
        if self._draw("end", row, slot) >= WITHOUT_END:
            yield telling(Phase.END, ended_ms)
