"""The projector: warnings of the stream become rows in SQL, each entry once; how far they go stands beside them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from board.names import Names
from board.warnings import said
from core.clock import monotonic_s
from core.errors import UnreadableEntry
from core.records import MINUTE_MS, CityWarning
from early_warning.grades import grade_of
from store.sql import Database
from store.warnings import KeptWarning, Projected, keep_warnings, note_projected, projected, standing_elsewhere
from stream.codec import decode_warnings
from stream.connect import Client
from stream.entries import START, Entry
from stream.keys import CITY_SLOT, Keys
from stream.slot import lineage
from stream.tail import Tail
from workers.worker import Running

log = logging.getLogger(__name__)

AT_ONCE = 500
LOOK_S = 1.0
SETTLED_MS = MINUTE_MS  # a state that decided up to here has told all that stands

Keep = Callable[[CityWarning], KeptWarning]


class Projecting:
    """Follows the warnings of one scene. Where it stopped stands beside the rows, so a repeat writes nothing anew.

    A state that was dropped decides again what its log still holds. Entries of the new one follow the old ones; what
    it does not tell again by the time it has caught up is over, as far as anybody can know.
    """

    def __init__(self, database: Database, client: Client, keys: Keys, keep: Keep) -> None:
        self._database, self._client, self._keys, self._keep = database, client, keys, keep
        with database.reading() as connection:
            upto = projected(connection, keys.scene)
        self._tail = Tail(client, {keys.warnings: upto.position if upto else START})
        self._lineage = upto.lineage if upto else ""
        self._decided_ms = 0
        self._looked_s = float("-inf")

    def turn(self, now_ms: int) -> int:
        """Write what came; how many warnings changed. now_ms: city time. Raises NeighbourDown."""
        looks = monotonic_s() - self._looked_s >= LOOK_S
        if looks:
            self._looked_s = monotonic_s()
            self._lineage, self._decided_ms = lineage(self._client, self._keys, CITY_SLOT)
        before = self._tail.positions[self._keys.warnings]
        entries = [entry for _, entry in self._tail.read(AT_ONCE, 0)]
        changed = [warning for entry in entries for warning in _told(entry)]
        caught_up = looks and len(entries) < AT_ONCE and self._decided_ms >= now_ms - SETTLED_MS
        try:
            return self._write(changed, now_ms if caught_up else 0)
        except BaseException:  # they are read again
            self._tail.positions[self._keys.warnings] = before
            raise

    def _write(self, changed: Iterable[CityWarning], over_ms: int) -> int:
        """over_ms: when what another state left standing ends; 0: not yet."""
        kept = [self._keep(warning) for warning in changed]
        orphans: list[KeptWarning] = []
        if over_ms and not kept:
            with self._database.reading() as connection:
                orphans = standing_elsewhere(connection, self._keys.scene, self._lineage)
        kept += [self._keep(orphan.warning.cleared_by("state_dropped", over_ms)) for orphan in orphans]
        if not kept:
            return 0
        upto = Projected(self._tail.positions[self._keys.warnings], self._lineage)
        with self._database.transaction() as connection:
            keep_warnings(connection, kept, self._lineage)
            note_projected(connection, self._keys.scene, upto)
        return len(kept)


def projecting(running: Running, database: Database) -> Projecting:
    """The projector of the scene that is shown."""
    declared = running.declared
    names = Names(declared, running.settings.language)

    def keep(warning: CityWarning) -> KeptWarning:
        area, sentence = names.county_of(warning.subject), said(warning, declared, names)
        indicator = declared.indicators.get(warning.indicator)
        return KeptWarning(warning, running.scene.id, area, sentence, grade_of(indicator) if indicator else None)

    return Projecting(database, running.client, running.keys, keep)


def _told(entry: Entry) -> list[CityWarning]:
    """The warnings of one entry; one that cannot be read is left out, as everywhere."""
    entry_id, fields = entry
    try:
        return decode_warnings(fields)
    except UnreadableEntry as why:
        log.error("%s is left out of the database: %s", entry_id, why)
        return []
