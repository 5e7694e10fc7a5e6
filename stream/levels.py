"""How far the first stage is decided in every partition, whoever owns it: as of when the city may decide."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec

from core.clock import monotonic_s
from stream.connect import Client
from stream.entries import START, order
from stream.keys import CITY_SLOT, Keys

log = logging.getLogger(__name__)

PATIENCE_S = 15.0  # a takeover takes 5 s, reading back a large checkpoint some more

_LEVEL = """
local function newest(stream)
    local last = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)
    return #last > 0 and last[1][1] or ''
end
local told = redis.call('HMGET', KEYS[1], 'decided', 'decided_ms', 'decided_upto')
return {told[1] or '', told[2] or '0', told[3] or '{}', newest(KEYS[2]), newest(KEYS[3])}
"""


class _Level(NamedTuple):
    decided: str  # the newest tick that the partition decided
    decided_ms: int  # the city time of that tick
    nothing_waits: bool  # it decided all that lies in its streams


class Levels:
    """City time that every partition has reached, for the owner of the city's slot.

    Were the city ahead of a partition, as it would be while a day of past or a backlog is read, that partition's panes
    would come too late for it. But it does not wait for ever: a partition that for `PATIENCE_S` neither decided nor
    read anything, although something waits there, is left behind until it has reached the city's time again. What it
    tells later corrects the windows it belongs to, like anything late. Each tick of the city says up to which panes it
    looked, so that the outcome is a function of the logs whoever waited for whom.
    """

    def __init__(self, client: Client, keys: Keys, now_ms: Callable[[], int]) -> None:
        self._client, self._keys, self._now_ms = client, keys, now_ms
        told = client.hget(keys.checkpoint(CITY_SLOT), "decided_ms")
        self._told_ms = int(told or 0)  # the city decided up to here, in this process or before
        self._stands: dict[str, tuple[tuple[str, str], float]] = {}  # of those where something waits; since when
        self._behind: set[str] = set()
        self.cursors: Mapping[str, str] = {}  # how far the owners have read, as they told; our owner keeps it fresh

    def __call__(self) -> int:
        """City time, ms UTC, never before an earlier answer; 0: not yet."""
        now_ms = self._now_ms()  # before the look: what comes in after it is later
        reached = [level_ms for slot in self._keys.slots if (level_ms := self._reached(slot, now_ms)) is not None]
        self._told_ms = max(self._told_ms, min(reached, default=0))
        return self._told_ms

    def _reached(self, slot: str, now_ms: int) -> int | None:
        """City time that a partition has reached; None for one that is left behind."""
        level = self._level(slot)
        if level.nothing_waits:
            self._behind.discard(slot)
            self._stands.pop(slot, None)
            return now_ms
        if level.decided_ms >= self._told_ms:
            self._behind.discard(slot)
        stands, now_s = (level.decided, self.cursors.get(slot, "")), monotonic_s()
        if self._stands.get(slot, ("", 0.0))[0] != stands:
            self._stands[slot] = (stands, now_s)
        elif now_s - self._stands[slot][1] >= PATIENCE_S and slot not in self._behind:
            self._behind.add(slot)
            log.warning("partition %s stands still at %r; the city goes on without it", slot, level.decided)
        return None if slot in self._behind else level.decided_ms

    def _level(self, slot: str) -> _Level:
        streams = [self._keys.checkpoint(slot), self._keys.readings(slot), self._keys.events(slot)]
        told: list[bytes] = self._client.script(_LEVEL, streams, [])
        decided, decided_ms, upto, readings, events = (field.decode() for field in told)
        folded = msgspec.json.decode(upto, type=dict[str, str]).get("evt", START)
        done = order(readings or START) <= order(decided or START) and order(events or START) <= order(folded)
        return _Level(decided, int(decided_ms), nothing_waits=bool(decided) and done)
