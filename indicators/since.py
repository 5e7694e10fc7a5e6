"""When events began, by station and area, for windows that last since the newest one. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from core.declared import Device
from core.records import Event, Int64
from geo.areas import AreaTree


class Began(NamedTuple):
    """One event: of which device, of which type, and when it began."""

    device: int
    type: str
    began_ms: int


class Beginnings:
    """Events by id as they stand; what one begins holds for its device and for all stations in the area of the device.

    A device without an area stands for the city, so that its events hold for every station.
    """

    def __init__(self, devices: Sequence[Device], areas: AreaTree) -> None:
        """devices: all of the city, in the order of their numbers."""
        holding = [tuple(areas.holding(device).values()) for device in devices]
        number = {name: at for at, name in enumerate(sorted({name for names in holding for name in names}))}
        own = [device.area if device.area in areas else areas.city.id for device in devices]
        self._area: Int64 = np.array([number[name] for name in own], dtype=np.int64)
        # Of each device the areas that hold it, the last one again where it has fewer than others.
        deepest = max(map(len, holding), default=0)
        rows = [[number[name] for name in names + names[-1:] * (deepest - len(names))] for names in holding]
        self._holding: Int64 = np.array(rows, dtype=np.int64).reshape(len(devices), deepest)
        self._areas = len(number)
        self._events: dict[str, Began] = {}
        self._dirty: set[str] = set()

    def put(self, event: Event, device: int) -> list[Began]:
        """Take an event as it stands; what has changed by it: as it stood, as it stands, or nothing."""
        before = self._events.pop(event.id, None)
        after = None if event.false_positive else Began(device, event.type, event.began_ms)
        if after:
            self._events[event.id] = after
        if before == after:
            return []
        self._dirty.add(event.id)
        return [began for began in (before, after) if began]

    def holds_for(self, device: int, among: Int64) -> Int64:
        """int64 (k,): those of some devices for which an event at one device holds."""
        held = (self._holding[among] == self._area[device]).any(axis=1)
        holds: Int64 = among[held | (among == device)]
        return holds

    def newest_ms(self, types: Iterable[str], upto_ms: int, devices: Int64) -> Int64:
        """int64 (n,): when the newest event began that holds for each device, up to a time; 0 for none."""
        wanted = set(types)
        told = [b for b in self._events.values() if b.type in wanted and b.began_ms <= upto_ms]
        of_device = np.zeros(len(self._area), dtype=np.int64)
        of_area = np.zeros(self._areas, dtype=np.int64)
        if told:
            number, began_ms = np.array([(b.device, b.began_ms) for b in told], dtype=np.int64).T
            np.maximum.at(of_device, number, began_ms)
            np.maximum.at(of_area, self._area[number], began_ms)
        newest: Int64 = np.maximum(of_device[devices], of_area[self._holding[devices]].max(axis=1, initial=0))
        return newest

    @property
    def types(self) -> set[str]:
        """Those of all events that are held."""
        return {began.type for began in self._events.values()}

    def forget(self, before_ms: int) -> None:
        """Forget the events that began before a time."""
        gone = [event_id for event_id, began in self._events.items() if began.began_ms < before_ms]
        for event_id in gone:
            del self._events[event_id]
        self._dirty.update(gone)

    def dirty(self) -> dict[str, bytes | None]:
        """The events that changed since this was last asked, by id; None: forgotten."""
        ids, self._dirty = self._dirty, set()
        return {
            event_id: msgspec.msgpack.encode(held) if (held := self._events.get(event_id)) else None
            for event_id in sorted(ids)
        }

    def restore(self, chunks: Iterable[tuple[str, bytes]]) -> None:
        """Put back what `dirty` gave."""
        self._events = {event_id: msgspec.msgpack.decode(chunk, type=Began) for event_id, chunk in chunks}
