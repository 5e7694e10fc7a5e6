"""Events on show: those that run, and those that ended a little while ago."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from board.canvas import Canvas, Record
from board.names import Names
from catalogue.declared import Declared
from core.records import HOUR_MS, MINUTE_MS, Event
from early_warning.signals import KIND as SIGNAL

ENDED_SHOWN_MS = 10 * MINUTE_MS  # city time
UNENDED_SHOWN_MS = HOUR_MS  # the end may never come; what nobody told of for an hour is not shown as running
URGENT_SHOWN_MS = 4 * HOUR_MS  # an urgent order of a hotline is not over when the call is
AT_MOST = 100


class EventBook:
    """Events by id, the newest telling of each; what the source took back is dropped."""

    def __init__(self, declared: Declared, names: Names) -> None:
        self._declared = declared
        self._names = names
        self._events: dict[str, Event] = {}
        self._dirty: set[str] = set()

    def fold(self, events: Iterable[Event]) -> None:
        """Take in events as they stand now."""
        for event in events:
            if event.type.startswith(SIGNAL):
                continue  # in the header, not in the list
            if event.false_positive:
                self._events.pop(event.id, None)
            else:
                self._events[event.id] = event
            self._dirty.add(event.id)

    def tick(self, city_now_ms: int) -> None:
        """Forget what is over, and the oldest beyond `AT_MOST`."""
        over = [event.id for event in self._events.values() if _gone_ms(event) < city_now_ms]
        surplus = len(self._events) - len(over) - AT_MOST
        if surplus > 0:
            gone = set(over)
            left = [event for event in self._events.values() if event.id not in gone]
            left.sort(key=lambda event: (is_urgent(event), event.told_ms))
            over += [event.id for event in left[:surplus]]
        for event_id in over:
            del self._events[event_id]
            self._dirty.add(event_id)

    def paint(self, canvas: Canvas) -> None:
        """Show what changed since the last call."""
        for event_id in self._dirty:
            event = self._events.get(event_id)
            if event is None:
                canvas.drop("events", event_id)
            else:
                canvas.put("events", event_id, self._record(event), urgent=True)
        self._dirty.clear()

    def snapshot(self) -> Any:
        """What `restore` needs, ready for JSON."""
        return msgspec.to_builtins(list(self._events.values()))

    def restore(self, kept: Iterable[Mapping[str, Any]]) -> None:
        """Continue from a snapshot."""
        self.fold(msgspec.convert(kept, list[Event]))

    def _record(self, event: Event) -> Record:
        device = self._declared.devices.get(event.device)
        place = event.place or (device.place if device else None)
        return {
            "type": event.type,
            "device": event.device,
            "name": self._names.subject(event.device),
            "area": self._names.county_of(event.device) if device and device.area else "",
            "lon": place.lon_deg if place else None,
            "lat": place.lat_deg if place else None,
            "began_ms": event.began_ms,
            "ended_ms": event.ended_ms,
            "phase": str(event.phase),
            "confidence": event.confidence,
            "text": str(event.attributes.get("text", "")),
            "by_hand": bool(event.attributes.get("by_hand", False)),
            "urgent": is_urgent(event),
            "subject": str(event.attributes.get("subject", "")),
        }


def is_urgent(event: Event) -> bool:
    """Whether its source calls it urgent 紧急工单: it then waits for a person, whatever it is."""
    return bool(event.attributes.get("urgent", False))


def _gone_ms(event: Event) -> int:
    """When an event leaves the screen, city time."""
    if is_urgent(event):
        return event.told_ms + URGENT_SHOWN_MS
    if event.ended_ms is not None:
        return event.ended_ms + ENDED_SHOWN_MS
    return event.told_ms + UNENDED_SHOWN_MS
