"""How much of what a replay published lies in the streams: each (device, event time) counted once."""

from __future__ import annotations

import numpy as np

from stream.codec import READINGS, decode_readings
from stream.connect import Client
from stream.entries import START
from stream.keys import Keys
from stream.tail import Tail

ENTRIES_A_LOOK = 1000


class Landed:
    """Follows the reading streams of one scene from their beginning. Call it for the count so far."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._tail = Tail(client, {keys.readings(slot): START for slot in keys.slots})
        self._seen: set[tuple[str, int]] = set()

    def __call__(self) -> int:
        """Distinct (device, event time) pairs by now. Raises NeighbourDown."""
        while found := self._tail.read(ENTRIES_A_LOOK, 0):
            for _, (_, fields) in found:
                if fields[b"k"] == READINGS:
                    self._add(fields)
        return len(self._seen)

    def _add(self, fields: dict[bytes, bytes]) -> None:
        batch = decode_readings(fields)
        pairs = np.unique(np.stack([batch.device.astype(np.int64), batch.event_ms]), axis=1)
        self._seen.update((batch.devices[device], at_ms) for device, at_ms in pairs.T.tolist())
