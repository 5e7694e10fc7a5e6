"""Where devices that move are, from the panes of the first stage: one fix a device and tick."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from board.stations import LATITUDE, LONGITUDE
from core.errors import UnreadableEntry
from core.records import MINUTE_MS, PaneBatch
from dispatch.arrival import USUAL_ACCURACY_M
from dispatch.units import Fix
from stream.codec import decode_panes
from stream.connect import Client
from stream.keys import Keys
from stream.tail import Tail

log = logging.getLogger(__name__)

ACCURACY = "accuracy_m"
BACK_MS = 2 * MINUTE_MS  # so much is read again after a start: a stay at a place is known at once
AT_ONCE = 200


class Positions:
    """A reader of the positions of one scene."""

    def __init__(self, client: Client, keys: Keys, real_now_ms: int) -> None:
        begin = f"{max(real_now_ms - BACK_MS, 0)}-0"
        self._tail = Tail(client, {keys.panes(slot): begin for slot in keys.slots})

    def read(self) -> Iterator[tuple[str, Fix]]:
        """What came since the last call: device and where it was. Raises NeighbourDown."""
        for stream, (entry_id, fields) in self._tail.read(AT_ONCE, 0):
            try:
                yield from fixes_of(decode_panes(fields))
            except UnreadableEntry as why:
                log.error("%s %s is left out: %s", stream, entry_id, why)


def fixes_of(batch: PaneBatch) -> Iterator[tuple[str, Fix]]:
    """The newest position of each device that told longitude and latitude of one moment."""
    told: dict[int, dict[str, tuple[int, float]]] = {}
    wanted = {row: name for row, name in enumerate(batch.metrics) if name in (LONGITUDE, LATITUDE, ACCURACY)}
    if not {LONGITUDE, LATITUDE} <= set(wanted.values()):
        return
    columns = (batch.device, batch.metric, batch.count, batch.last_ms, batch.last)
    for device, metric, count, at_ms, value in zip(*(column.tolist() for column in columns), strict=True):
        if count and metric in wanted:
            known = told.setdefault(device, {})
            known[wanted[metric]] = max(known.get(wanted[metric], (at_ms, value)), (at_ms, value))
    for device, known in told.items():
        lon, lat = known.get(LONGITUDE), known.get(LATITUDE)
        if lon and lat and lon[0] == lat[0]:
            accuracy_m = known.get(ACCURACY, (0, USUAL_ACCURACY_M))[1]
            yield batch.devices[device], Fix(lon[1], lat[1], accuracy_m, lon[0])
