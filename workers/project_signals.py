"""Issued signals 预警信号 become rows beside our own warnings: so they are told of, and found again."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from board.names import Names
from core.errors import UnreadableEntry
from core.records import CityWarning, Event
from early_warning.signals import ITEM, expired, is_signal, kept_signal, sentence
from store.sql import Database
from store.warnings import KeptWarning, Projected, keep_warnings, note_projected, projected, signals_kept
from stream.codec import decode_events
from stream.connect import Client
from stream.entries import START, Entry
from stream.keys import Keys
from stream.tail import Tail

log = logging.getLogger(__name__)

AT_ONCE = 200


class ProjectingSignals:
    """Follows the events of one scene. What it read is noted with the rows, so a repeat writes nothing anew."""

    def __init__(self, database: Database, client: Client, keys: Keys, names: Names) -> None:
        self._database, self._scene, self._names = database, keys.scene, names
        streams = [keys.events(slot) for slot in keys.slots]
        with database.reading() as connection:
            marks = {stream: projected(connection, stream) for stream in streams}
            self._known = {one.warning.facts["item"]: one.warning for one in signals_kept(connection, keys.scene)}
        self._tail = Tail(client, {stream: mark.position if mark else START for stream, mark in marks.items()})

    def turn(self, now_ms: int) -> int:
        """Write what was issued, lifted or ran out; how many changed. now_ms: city time. Raises NeighbourDown."""
        before = dict(self._tail.positions)
        told = [event for _, entry in self._tail.read(AT_ONCE, 0) for event in _signals(entry)]
        try:
            return self._write(told, now_ms)
        except BaseException:  # they are read again
            self._tail.positions.update(before)
            raise

    def _write(self, told: Iterable[Event], now_ms: int) -> int:
        changed: dict[str, CityWarning] = {}
        for event in sorted(told, key=lambda one: one.told_ms):
            item = f"{ITEM}{event.id}"
            signal = kept_signal(event, changed.get(item) or self._known.get(item), self._names.city, now_ms)
            if signal is not None:
                changed[item] = signal
        over = {item: expired(one, now_ms) for item, one in self._known.items() if item not in changed}
        changed |= {item: one for item, one in over.items() if one is not None}
        if not changed:
            return 0
        with self._database.transaction() as connection:
            keep_warnings(connection, [self._kept(one) for one in changed.values()])
            for stream, position in self._tail.positions.items():
                note_projected(connection, stream, Projected(position, ""))
        self._known |= changed
        return len(changed)

    def _kept(self, signal: CityWarning) -> KeptWarning:
        area = self._names.county_of(signal.subject)
        said = sentence(signal, self._names.subject(signal.subject), self._names.language)
        return KeptWarning(signal, self._scene, area, said)


def _signals(entry: Entry) -> list[Event]:
    """The signals of one entry; one that cannot be read is left out, as everywhere."""
    entry_id, fields = entry
    try:
        return [event for event in decode_events(fields) if is_signal(event)]
    except UnreadableEntry as why:
        log.error("%s is left out of the database: %s", entry_id, why)
        return []
