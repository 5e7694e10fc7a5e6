"""Areas that are left without a free unit that can do something 力量空白: found, remembered, and told once each."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from core.acts import ActTopic
from core.records import Stamp
from dispatch.book import Now
from dispatch.calls import of_void
from dispatch.fleet import UnitBook
from dispatch.units import Duty, Unit
from store import units as kept
from store.outbox import tell
from store.sql import Database

Void = tuple[str, str]  # area and capability


def voids_of(units: Iterable[Unit]) -> set[Void]:
    """Where units that can do something are at home, and none of them is free."""
    able = [((unit.area, one), unit.duty) for unit in units if unit.area for one in unit.capabilities]
    return {void for void, _ in able} - {void for void, duty in able if duty is Duty.FREE}


class Coverage:
    """What is known to be without a unit, in SQL, so that a restart tells nothing anew."""

    def __init__(self, database: Database, units: UnitBook) -> None:
        self._database, self._units = database, units

    def turn(self, now: Now) -> int:
        """Look; remember and tell what changed. Returns how many voids are new."""
        found = voids_of(self._units.units({}))
        with self._database.reading() as connection:
            before = kept.voids(connection, now.scene)
        if found == before.keys():
            return 0
        after = {void: before.get(void, now.city_ms) for void in sorted(found)}
        new = sorted(found - before.keys())
        with self._database.transaction() as connection:
            kept.put_voids(connection, now.scene, after)
            told = {"scene": now.scene, "voids": [[*void, since_ms] for void, since_ms in after.items()]}
            tell(connection, ActTopic.COVERAGE, told, now.real_ms)
            for void in new:
                call = of_void(now.scene, Stamp(now.stamp), void, after[void])
                tell(connection, ActTopic.CALL, msgspec.to_builtins(call), now.real_ms)
        return len(new)
