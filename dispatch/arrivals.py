"""Arrivals and departures that nobody has to tap: vehicles that were sent are followed by their positions.

What a position says is an act of its own with the fence as its origin; a person corrects its time like any other.
"""

from __future__ import annotations

import logging
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import asdict

from core.errors import IllegalStep
from dispatch.arrival import arrived_ms, fence_of, left_ms
from dispatch.book import CaseBook, Now, Wish
from dispatch.log import Origin
from dispatch.states import AssignmentState
from dispatch.steps import Verb
from dispatch.units import STALE_MS, Fix
from store import cases as kept
from store.sql import Database

log = logging.getLogger(__name__)

BY = "worker:clocks"
COME_AND_GO = frozenset({AssignmentState.ON_SCENE, AssignmentState.LEFT})  # what may happen more than once
FIXES = 60  # of each device; at one a second twice what a dwell needs


class Arrivals:
    """The vehicles of one scene that were sent."""

    def __init__(self, database: Database, book: CaseBook, devices: Callable[[], Mapping[str, str]]) -> None:
        """devices: unit → the device whose positions are its own."""
        self._database, self._book, self._devices = database, book, devices
        self._fixes: dict[str, deque[Fix]] = defaultdict(lambda: deque(maxlen=FIXES))

    def seen(self, device: str, fix: Fix) -> None:
        """Take in a position; one that is not younger than the last one of its device is passed over."""
        known = self._fixes[device]
        if not known or fix.at_ms > known[-1].at_ms:
            known.append(fix)

    def turn(self, now: Now) -> int:
        """Write who has arrived and who has left. Returns how many. A position that is old says nothing of now."""
        with self._database.reading() as connection:
            under_way = kept.under_way(connection, now.scene)
        devices = self._devices() if under_way else {}
        return sum(self._moved(row, devices.get(row.unit, ""), now) for row in under_way)

    def _moved(self, row: kept.UnderWay, device: str, now: Now) -> bool:
        fixes = [fix for fix in self._fixes.get(device, ()) if fix.at_ms >= row.since_ms]
        fence = fence_of({"lon_deg": row.lon_deg, "lat_deg": row.lat_deg, "accuracy_m": row.accuracy_m})
        if fence is None or not fixes or now.city_ms - fixes[-1].at_ms > STALE_MS:
            return False
        is_there = row.state == AssignmentState.ON_SCENE
        at_ms = (left_ms if is_there else arrived_ms)(fence, fixes)
        if at_ms is None:
            return False
        where = next(fix for fix in fixes if fix.at_ms == at_ms)
        verb = Verb.LEAVE if is_there else Verb.ARRIVE
        wish = Wish(
            key=f"{row.case}/{row.id}/fence" + (f"/{at_ms}" if row.state in COME_AND_GO else ""),
            verb=verb,
            case=row.case,
            fields={"device": device, "fix": asdict(where)},
            assignment=row.id,
            origin=Origin.FENCE,
            happened_ms=min(at_ms, now.city_ms),
        )
        try:
            self._book.happen(BY, wish, now)
        except IllegalStep as faster:  # he has tapped meanwhile
            log.info("%s of %s: %s", row.unit, row.case, faster)
            return False
        return True
