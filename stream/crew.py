"""The engine processes that share the slots of a scene: who of them is alive, as each of them sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from core.clock import monotonic_s, real_ms
from stream.connect import Client
from stream.keys import Keys

SILENT_S = 4.0  # whose entry has not changed for so long is dead: with the look it makes a takeover within 5 s
LONGEST_GAP_S = 1.5
GONE_S = 60.0  # and after this it is no longer listed


@dataclass(frozen=True, slots=True)
class Workplace:
    """Where an engine process works.

    host: on which machine; at_once: how many of that machine may own slots at the same time, 0 for any number;
    since_ms: when it came, real time, ms UTC.
    """

    host: str = ""
    at_once: int = 0
    since_ms: int = 0


NOWHERE = Workplace()


@dataclass(frozen=True, slots=True)
class Member:
    """What an engine process tells of itself once a second.

    beat_ms: real time, ms UTC; cursors: each slot that it owns → up to where it has read the log; readings_s: how many
    it folds a second; unreadable: entries that it left out; workplace: where it works, and since when.
    """

    name: str
    beat_ms: int
    cursors: dict[str, str] = field(default_factory=dict)
    readings_s: int = 0
    unreadable: int = 0
    workplace: Workplace = NOWHERE


class Crew:
    """The members as one of them sees them.

    Alive is whose entry changed within `SILENT_S` by our own clock: machines need not agree on the time. That clock
    counts at most `LONGEST_GAP_S` between two looks: where we ourselves could not look, because the machine is
    overloaded or Redis waits for the disk, the others could not tell. An entry that we see for the first time may be
    stale, and then we know so `SILENT_S` later.
    """

    def __init__(self, client: Client, keys: Keys, name: str, workplace: Workplace = NOWHERE) -> None:
        self._client, self._keys, self.name, self._workplace = client, keys, name, workplace
        self._changed: dict[str, tuple[Member, float]] = {}  # the entry, and when we saw it change
        self._looked_s, self._now_s = monotonic_s(), 0.0

    def tell(self, cursors: Mapping[str, str], readings_s: int, unreadable: int) -> None:
        """Show that this process turned just now."""
        member = Member(self.name, real_ms(), dict(cursors), readings_s, unreadable, self._workplace)
        self._client.hset(self._keys.engines, self.name, msgspec.msgpack.encode(member))

    def look(self) -> dict[str, Member]:
        """Who is alive now, by name. What is long dead is forgotten for all."""
        told, now_s = read_crew(self._client, self._keys), self._watched_s()
        seen = {name: self._changed.get(name, (None, 0.0)) for name in told}
        self._changed = {
            name: (member, seen[name][1] if seen[name][0] == member else now_s) for name, member in told.items()
        }
        gone = [name for name, (_, changed_s) in self._changed.items() if now_s - changed_s >= GONE_S]
        if gone:
            self._client.hdel(self._keys.engines, *gone)
        return {name: member for name, (member, changed_s) in self._changed.items() if now_s - changed_s < SILENT_S}

    def _watched_s(self) -> float:
        """Our clock, which stands still while we cannot look."""
        looked_s, self._looked_s = self._looked_s, monotonic_s()
        self._now_s += min(self._looked_s - looked_s, LONGEST_GAP_S)
        return self._now_s

    def leave(self) -> None:
        """Go, so that the others need not wait until we are silent."""
        self._client.hdel(self._keys.engines, self.name)


def read_crew(client: Client, keys: Keys) -> dict[str, Member]:
    """Every engine process that ever told of itself and did not leave, by name."""
    told = client.hgetall(keys.engines)
    return {name.decode(): msgspec.msgpack.decode(entry, type=Member) for name, entry in told.items()}
