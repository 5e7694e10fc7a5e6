"""What the streams of a scene still hold, read without owning them: entries as records, and values as told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from core.errors import UnreadableEntry
from core.records import Event, ReadingBatch, Scene, Tick, ValueBatch
from stream.codec import READINGS, TICK, decode_events, decode_readings, decode_tick, decode_values
from stream.connect import Client
from stream.entries import START, Entry, entries, order
from stream.keys import Keys

AT_ONCE = 500
# So many entries are looked through for a value that was told; of one a second those of the last eight hours.
VALUES_SEARCHED = 30_000

Logged = tuple[str, ReadingBatch | Tick | Sequence[Event]]


class Past:
    """The logs of one scene. Raises NeighbourDown."""

    def __init__(self, client: Client, keys: Keys, scene: Scene) -> None:
        self._client, self._keys = client, keys
        # Ids are real time. Only where the city lives in it can they say where to begin.
        self._in_real_time = scene.speed == 1.0 and scene.city_ms == scene.real_ms

    def held_from_ms(self) -> int:
        """City time of the oldest tick that every partition still has; 0 when one has none.

        What came in before it may be there in part; nothing after it is missing.
        """
        ticks_ms = [self._oldest_tick_ms(slot) for slot in self._keys.slots]
        return max(ticks_ms) if all(ticks_ms) else 0

    def log(self, slot: str, from_ms: int) -> Iterator[Logged]:
        """The log of one partition from a city time on or earlier, with its events before the tick that folds them.

        Entries that nobody can read are left out, as the engine leaves them out.
        """
        from_ms = from_ms if self._in_real_time else 0
        events = self._entries(self._keys.events(slot), from_ms)
        waiting = next(events, None)
        for entry, fields in self._entries(self._keys.readings(slot), from_ms):
            try:
                if fields.get(b"k") == READINGS:
                    yield entry, decode_readings(fields)
                elif fields.get(b"k") == TICK:
                    tick = decode_tick(fields)
                    upto = order(tick.upto.get("evt", START))
                    while waiting is not None and order(waiting[0]) <= upto:
                        yield waiting[0], decode_events(waiting[1])
                        waiting = next(events, None)
                    yield entry, tick
            except UnreadableEntry:
                continue

    def told(self, indicator: str, area: str, end_ms: int) -> ValueBatch | None:
        """The last telling of a value; None when it is held no longer, or lies too far back to be looked for.

        Entries that nobody can read are left out here too.
        """
        upto, looked = "+", 0
        while looked < VALUES_SEARCHED:
            found = entries(self._client.xrevrange(self._keys.values, upto, "-", AT_ONCE))
            for _, fields in found:
                for batch in _values(fields):
                    if (batch.indicator, batch.window_end_ms) == (indicator, end_ms) and area in batch.areas:
                        return batch
            if len(found) < AT_ONCE:
                return None
            upto, looked = f"({found[-1][0]}", looked + len(found)
        return None

    def _oldest_tick_ms(self, slot: str) -> int:
        ticks = (record.now_ms for _, record in self.log(slot, 0) if isinstance(record, Tick))
        return next(ticks, 0)

    def _entries(self, stream: str, from_ms: int) -> Iterator[Entry]:
        begin = str(max(from_ms, 0))
        while found := entries(self._client.xrange(stream, begin, "+", AT_ONCE)):
            yield from found
            begin = f"({found[-1][0]}"


def _values(fields: dict[bytes, bytes]) -> Sequence[ValueBatch]:
    """What an entry tells; nothing when another program wrote it."""
    try:
        return decode_values(fields)
    except UnreadableEntry:
        return ()
