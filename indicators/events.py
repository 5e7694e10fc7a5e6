"""Events by id: tellings of one id become one state, in whatever order and however often they come. Pure.

Which telling describes the event: an end before an update before a new one, then the one told last. The event
began at the earliest time that any telling gave. One that the source took back counts for nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import msgspec

from core.records import HOUR_MS, MINUTE_MS, Event, Phase

# Longer than the pause between two tellings of the sources we know (Frigate: 60 s); after it the end is presumed.
PRESUMED_OVER_AFTER_MS = 10 * MINUTE_MS
PRESUMED_END = "presumed_end"  # attribute of an event whose end was never told
COUNT_PANE_MS = MINUTE_MS
_RANK = {Phase.NEW: 0, Phase.UPDATE: 1, Phase.END: 2}


class CountKey(NamedTuple):
    """What events are counted by: where, what, and the minute in which they began."""

    device: str
    type: str
    pane_end_ms: int


class Told(NamedTuple):
    """What changed at a tick: events as they stand, and counts (device, type, pane_end_ms, count) as they stand."""

    events: tuple[Event, ...]
    counts: tuple[tuple[str, str, int, int], ...]


@dataclass(frozen=True, slots=True)
class EventState:
    """One event as far as told: the telling that describes it, the earliest beginning, the newest telling."""

    told: Event
    began_ms: int
    heard_ms: int

    @classmethod
    def of(cls, event: Event) -> EventState:
        """The state after one telling."""
        return cls(event, event.began_ms, event.told_ms)

    def merged(self, other: EventState) -> EventState:
        """The state after both; merging is commutative, associative, and twice is once."""
        return EventState(
            max(self.told, other.told, key=_weight),
            min(self.began_ms, other.began_ms),
            max(self.heard_ms, other.heard_ms),
        )

    @property
    def open(self) -> bool:
        """True while no end was told."""
        return self.told.ended_ms is None and self.told.phase is not Phase.END

    def as_of(self, now_ms: int) -> Event:
        """The event at a time; without an end for too long it is presumed over since it was last told of."""
        event = replace(self.told, began_ms=self.began_ms)
        if not self.open:
            return event if event.ended_ms is not None else replace(event, ended_ms=event.told_ms)
        if now_ms - self.heard_ms < PRESUMED_OVER_AFTER_MS:
            return event
        return replace(event, ended_ms=self.heard_ms, attributes=event.attributes | {PRESUMED_END: True})

    @property
    def count_key(self) -> CountKey | None:
        """Under what the event is counted; None when it was taken back."""
        if self.told.false_positive:
            return None
        return CountKey(self.told.device, self.told.type, -(-self.began_ms // COUNT_PANE_MS) * COUNT_PANE_MS)


class EventFold:
    """The events of one partition over the lateness of their feeds.

    A telling older than the lateness is counted as late and left out; an event that began before it is still
    told of, but counts that old are final.
    """

    def __init__(self, lateness_ms: Mapping[str, int]) -> None:
        """lateness_ms: by feed; an hour for a feed that is not declared."""
        self._lateness_ms = lateness_ms
        self._states: dict[str, EventState] = {}
        self._counts: Counter[CountKey] = Counter()
        self._open: set[str] = set()
        self._changed: set[str] = set()
        self._recounted: set[CountKey] = set()
        self._dirty: set[str] = set()
        self._now_ms = self._swept_ms = 0
        self._late = 0

    def fold(self, events: Iterable[Event]) -> None:
        """Take tellings in."""
        for event in events:
            if event.told_ms < self._horizon_ms(event.feed):
                self._late += 1
                continue
            telling, held = EventState.of(event), self._states.get(event.id)
            state = held.merged(telling) if held else telling
            if state != held:
                self._put(event.id, held, state)

    def take_late(self) -> int:
        """How many tellings were late since this was last asked."""
        late, self._late = self._late, 0
        return late

    def tick(self, now_ms: int) -> Told:
        """What changed since the last tick, by id; ends that never came are presumed here."""
        self._now_ms = now_ms
        over = {e for e in self._open if now_ms - self._states[e].heard_ms >= PRESUMED_OVER_AFTER_MS}
        self._open -= over
        self._changed |= over
        events = tuple(self._states[event_id].as_of(now_ms) for event_id in sorted(self._changed))
        counts = tuple((*key, self._counts[key]) for key in sorted(self._recounted))
        self._changed, self._recounted = set(), set()
        self._sweep()
        return Told(events, counts)

    def dirty(self) -> dict[bytes, bytes | None]:
        """Chunks that changed since this was last asked; None: dropped. Ask right after a tick only."""
        ids, self._dirty = self._dirty, set()
        return {
            f"event:{event_id}".encode(): msgspec.msgpack.encode(state) if state else None
            for event_id in sorted(ids)
            for state in (self._states.get(event_id),)
        }

    def restore(self, chunks: Mapping[bytes, bytes], now_ms: int) -> None:
        """Put back what `dirty` gave, as of the tick at `now_ms`."""
        self._now_ms = self._swept_ms = now_ms
        for name, chunk in chunks.items():
            if name.startswith(b"event:"):
                state = msgspec.msgpack.decode(chunk, type=EventState)
                self._states[state.told.id] = state
                if state.count_key:
                    self._counts[state.count_key] += 1
                if state.as_of(now_ms).ended_ms is None:
                    self._open.add(state.told.id)

    def _put(self, event_id: str, held: EventState | None, state: EventState) -> None:
        """Replace a state, and move its count when it is counted under another key now."""
        self._states[event_id] = state
        self._changed.add(event_id)
        self._dirty.add(event_id)
        (self._open.add if state.open else self._open.discard)(event_id)
        before, after = held.count_key if held else None, state.count_key
        if before == after:
            return
        for key, change in ((before, -1), (after, 1)):
            if key is not None:
                self._counts[key] += change
                if key.pane_end_ms >= self._horizon_ms(state.told.feed):
                    self._recounted.add(key)

    def _sweep(self) -> None:
        """Once a minute forget what lies beyond the lateness and is over."""
        if self._now_ms - self._swept_ms < MINUTE_MS:
            return
        self._swept_ms = self._now_ms
        for event_id, state in list(self._states.items()):
            horizon_ms = self._horizon_ms(state.told.feed) - COUNT_PANE_MS
            if event_id not in self._open and max(state.heard_ms, state.began_ms) < horizon_ms:
                del self._states[event_id]
                self._dirty.add(event_id)
                if state.count_key:
                    self._counts[state.count_key] -= 1
        self._counts = +self._counts

    def _horizon_ms(self, feed: str) -> int:
        """A telling before it is late."""
        return self._now_ms - self._lateness_ms.get(feed, HOUR_MS)


def _weight(event: Event) -> tuple[int, int, bytes]:
    """What decides between two tellings; the last part only so that equal times have one answer too."""
    return _RANK[event.phase], event.told_ms, msgspec.json.encode(event, order="deterministic")
