"""Signals 预警信号 that an authority issued, in force now: events `signal.<level>`, never mixed with our warnings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from board.canvas import Record
from board.names import Names
from core.messages import text
from core.records import Event, Level
from early_warning.signals import KIND, is_signal, over_ms, until_ms


class SignalBook:
    """Signals by id, the newest telling of each."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._signals: dict[str, Event] = {}

    def fold(self, events: Iterable[Event]) -> None:
        """Take in events; those that are no signals are passed over."""
        self._signals |= {event.id: event for event in events if is_signal(event)}

    def in_force(self, city_now_ms: int) -> list[Record]:
        """What stands in the record of the city, the gravest first; forgets what is over."""
        self._signals = {one: event for one, event in self._signals.items() if over_ms(event) > city_now_ms}
        shown = [self._record(event) for event in self._signals.values()]
        return sorted(shown, key=lambda one: (-Level[one["level"].upper()], one["at_ms"], one["id"]))

    def snapshot(self) -> Any:
        """What `restore` needs, ready for JSON."""
        return msgspec.to_builtins(list(self._signals.values()))

    def restore(self, kept: Iterable[Mapping[str, Any]]) -> None:
        """Continue from a snapshot."""
        self.fold(msgspec.convert(kept, list[Event]))

    def _record(self, event: Event) -> Record:
        told, language = event.attributes, self._names.language
        level = event.type.removeprefix(KIND)
        colour = text(f"level.{level}_colour", language)
        return {
            "id": event.id,
            "what": told.get("what", ""),
            "title": text("duty.signal_title", language, what=told.get("what", ""), colour=colour),
            "level": level,
            "issuer": told.get("issuer", ""),
            "area": told.get("area", ""),
            "area_name": self._names.subject(str(told.get("area", ""))),
            "at_ms": event.began_ms,
            "until_ms": until_ms(event),
            "by_hand": bool(told.get("by_hand", False)),
        }
