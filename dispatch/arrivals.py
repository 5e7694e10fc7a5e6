"""Arrivals and departures that nobody has to tap: vehicles that were sent are followed by their positions.

What a position says is an act of its own with the fence as its origin; a person corrects its time like any other. What
was written down by hand is corrected by the fence that saw the vehicle come earlier, unless a person corrected it.
"""

from __future__ import annotations

import logging
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import asdict

from core.errors import IllegalStep
from dispatch.arrival import Fence, arrived_ms, fence_of, left_ms
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
BY_HAND = frozenset({Origin.PERSON, Origin.RELAYED, Origin.LINK})
FIXES = 60  # of each device; at one a second twice what a dwell needs


class Arrivals:
    """The vehicles of one scene that were sent."""

    def __init__(self, database: Database, book: CaseBook, devices: Callable[[], Mapping[str, str]]) -> None:
        """devices: unit → the device whose positions are its own."""
        self._database, self._book, self._devices = database, book, devices
        self._fixes: dict[str, deque[Fix]] = defaultdict(lambda: deque(maxlen=FIXES))
        self._settled: set[tuple[str, str]] = set()  # case and assignment whose arrival no fence betters any more

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
        self._settled &= {(row.case, row.id) for row in under_way}
        return sum(self._moved(row, devices.get(row.unit, ""), now) for row in under_way)

    def _moved(self, row: kept.UnderWay, device: str, now: Now) -> bool:
        fixes = [fix for fix in self._fixes.get(device, ()) if fix.at_ms >= row.since_ms]
        fence = fence_of({"lon_deg": row.lon_deg, "lat_deg": row.lat_deg, "accuracy_m": row.accuracy_m})
        if fence is None or not fixes or now.city_ms - fixes[-1].at_ms > STALE_MS:
            return False
        is_there = row.state == AssignmentState.ON_SCENE
        if is_there and self._bettered(row, fence, device, now):
            return True
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
        return self._written(row, wish, now)

    def _bettered(self, row: kept.UnderWay, fence: Fence, device: str, now: Now) -> bool:
        """Correct an arrival that was written down by hand where the fence saw it earlier. Whether it did."""
        fixes, place = self._fixes[device], (row.case, row.id)
        seen_ms = None if place in self._settled else arrived_ms(fence, list(fixes))
        if seen_ms is None or seen_ms >= row.since_ms:
            return False
        told = self._book.read(row.case)
        reached = told.case.assignments[row.id].reached
        came, sent = reached[AssignmentState.ON_SCENE], reached.get(AssignmentState.NOTIFIED)
        corrected = {one.fields["entry"] for one in told.log if one.verb is Verb.CORRECT}
        if came.origin not in BY_HAND or came.entry in corrected:
            self._settled.add(place)
            return False
        at_ms = arrived_ms(fence, [fix for fix in fixes if sent is None or fix.at_ms >= sent.at_ms])
        if at_ms is None or at_ms >= came.at_ms:
            return False
        fields = {"entry": came.entry, "at_ms": at_ms, "reason": "fence", "device": device}
        key = f"{row.case}/{row.id}/fence/{came.entry}"
        return self._written(row, Wish(key, Verb.CORRECT, row.case, fields, origin=Origin.FENCE), now)

    def _written(self, row: kept.UnderWay, wish: Wish, now: Now) -> bool:
        try:
            self._book.happen(BY, wish, now)
        except IllegalStep as faster:  # he has tapped meanwhile
            log.info("%s of %s: %s", row.unit, row.case, faster)
            return False
        return True
