"""The records on show, by section and key, and which of them changed since the last difference.

Two paces. What concerns a state or a level is `urgent` and leaves with the next difference. What only moves a
figure is calm: it rides along when its section is due, at most so many records of a section at a time, those that
waited longest first. So a city with 10,000 stations costs a wall what it can look at, not what arrives.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Record = dict[str, Any]
Sections = dict[str, dict[str, Record]]

SECTIONS = (
    "indicators",
    "city",
    "probe",
    "workers",
    "sources",
    "domains",
    "sparks",
    "values",
    "areas",
    "warnings",
    "cards",
    "duty",
    "silences",
    "cases",
    "case_load",
    "units",
    "responses",
    "proposals",
    "orders",
    "relaxed",
    "stations",
    "vehicles",
    "events",
    "trends",
    "load",
)
CALM_MS = 1000  # nobody reads a figure that changes more often
SLOW_MS = {"trends": 5000, "sparks": 5000, "workers": 5000}  # long lines, and beats that say nothing new
CALM_AT_ONCE = 30  # records of one section; of 280 bytes, so that a client of a busy city gets below 10 KB/s


@dataclass(frozen=True, slots=True)
class Difference:
    """What turns one picture into the next: records to set and keys to drop, by section."""

    set: Mapping[str, Mapping[str, Record]]
    drop: Mapping[str, list[str]]


def apply(sections: Sections, difference: Difference) -> None:
    """Turn a picture into the next one, in place."""
    for section, records in difference.set.items():
        sections.setdefault(section, {}).update(records)
    for section, keys in difference.drop.items():
        for key in keys:
            sections.get(section, {}).pop(key, None)


class Canvas:
    """The current records; `take_difference` hands over what clients do not have yet."""

    def __init__(self, slow_ms: Mapping[str, int] = SLOW_MS) -> None:
        self._slow_ms = slow_ms
        self.sections: Sections = {name: {} for name in SECTIONS}
        self._shown: dict[tuple[str, str], Record | None] = {}  # changed keys → the record that clients have
        self._urgent: set[tuple[str, str]] = set()
        self._due_ms: dict[str, int] = {}

    def begin_from(self, held: Sections) -> None:
        """Clients hold these records; the next difference is from them."""
        self._shown.clear()
        for section in SECTIONS:
            theirs, ours = held.get(section, {}), self.sections[section]
            for key in theirs.keys() | ours.keys():
                if theirs.get(key) != ours.get(key):
                    self._shown[section, key] = theirs.get(key)
        self._urgent = set(self._shown)

    def put(self, section: str, key: str, record: Record, *, urgent: bool = False) -> bool:
        """Show a record; False when it was already shown exactly so."""
        old = self.sections[section].get(key)
        if old == record:
            if urgent and (section, key) in self._shown:
                self._urgent.add((section, key))
            return False
        self._changed(section, key, old, urgent or old is None)
        self.sections[section][key] = record
        return True

    def drop(self, section: str, key: str) -> None:
        """Take a record off; a key that is not shown is fine."""
        old = self.sections[section].pop(key, None)
        if old is not None:
            self._changed(section, key, old, urgent=True)

    def keep_only(self, section: str, keys: Iterable[str]) -> None:
        """Drop every record of a section but these."""
        for key in self.sections[section].keys() - set(keys):
            self.drop(section, key)

    def take_difference(self, real_now_ms: int) -> Difference | None:
        """All urgent changes and the calm ones whose time has come; None when there are none."""
        put: dict[str, dict[str, Record]] = {}
        gone: dict[str, list[str]] = {}
        for section, key in self._leaving(real_now_ms):
            shown = self._shown.pop((section, key))
            record = self.sections[section].get(key)
            if record == shown:
                continue  # changed and changed back
            if record is None:
                gone.setdefault(section, []).append(key)
            else:
                put.setdefault(section, {})[key] = record
        self._urgent.clear()
        return Difference(put, gone) if put or gone else None

    def _changed(self, section: str, key: str, old: Record | None, urgent: bool) -> None:
        self._shown.setdefault((section, key), old)
        if urgent:
            self._urgent.add((section, key))

    def _leaving(self, real_now_ms: int) -> list[tuple[str, str]]:
        taken: dict[str, int] = {}
        leaving = []
        for section, key in self._shown:
            if (section, key) in self._urgent:
                leaving.append((section, key))
            elif real_now_ms >= self._due_ms.get(section, 0) and taken.get(section, 0) < CALM_AT_ONCE:
                taken[section] = taken.get(section, 0) + 1
                leaving.append((section, key))
        for section in taken:
            self._due_ms[section] = real_now_ms + self._slow_ms.get(section, CALM_MS)
        return leaving
