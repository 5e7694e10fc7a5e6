"""An owned slot: a log, the state folded from it, and the outputs that its ticks produced."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import redis

from core.clock import real_ms
from core.errors import NotOwner
from core.records import Tick
from stream.codec import encode_tick
from stream.connect import Client
from stream.entries import START, Entry, entries, order
from stream.keys import CITY_SLOT, Keys

log = logging.getLogger(__name__)

CHUNK = b"c:"  # fields of the checkpoint that hold chunks of state; the others are ours
Output = tuple[str, Mapping[bytes, bytes]]  # (stream, fields)

SIDE_PAGE = 500  # entries of a side stream in memory at once

# Each script looks at epoch and position before its first write, because Redis does not roll back. All keys of one
# script carry the same hash tag, so that a Redis Cluster can hold them.
_TAKE = """
local epoch = tonumber(redis.call('HGET', KEYS[1], 'epoch') or '0') + 1
local held = redis.call('HGET', KEYS[1], 'definition')
if held ~= ARGV[1] or ARGV[2] == 'afresh' then
    redis.call('DEL', KEYS[1])
    redis.call('HSET', KEYS[1], 'definition', ARGV[1], 'position', '0-0', 'born', ARGV[4])
end
if held and held ~= ARGV[1] then redis.call('DEL', unpack(KEYS, 2)) end
redis.call('HSET', KEYS[1], 'epoch', epoch, 'owner', ARGV[3])
return epoch
"""
# A position that is not ours under our own epoch: this Redis was set back to an earlier day under our hands.
_OWNED = """
local held = redis.call('HMGET', KEYS[1], 'epoch', 'position')
if held[1] ~= ARGV[1] or held[2] ~= ARGV[2] then return redis.error_reply('NOTOWNER') end
local function before(a, b)
    local a_ms, a_seq = string.match(a, '^(%d+)-(%d+)$')
    local b_ms, b_seq = string.match(b, '^(%d+)-(%d+)$')
    a_ms, b_ms = tonumber(a_ms), tonumber(b_ms)
    return a_ms < b_ms or (a_ms == b_ms and tonumber(a_seq) < tonumber(b_seq))
end
"""
_APPEND_TICK = f"""{_OWNED}
local last = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)
if #last > 0 and before(last[1][1], ARGV[3]) then return redis.error_reply('NOTOWNER') end
return redis.call('XADD', KEYS[2], '*', unpack(ARGV, 4))
"""
_EMIT = f"""{_OWNED}
local at, added = 6, 0
for i = 2, #KEYS do
    local entry = redis.pcall('XADD', KEYS[i], ARGV[3], unpack(ARGV, at + 1, at + ARGV[at]))
    if type(entry) ~= 'table' then added = added + 1
    elseif not string.find(entry.err, 'equal or smaller') then return entry end
    at = at + ARGV[at] + 1
end
if added > 0 then redis.call('HSET', KEYS[1], 'told', ARGV[3]) end
if before(redis.call('HGET', KEYS[1], 'decided') or '0-0', ARGV[3]) then
    redis.call('HSET', KEYS[1], 'decided', ARGV[3], 'decided_ms', ARGV[4], 'decided_upto', ARGV[5])
end
return added
"""
_END = """
local command, from, to = 'XREVRANGE', '+', '-'
if ARGV[1] == 'oldest' then command, from, to = 'XRANGE', '-', '+' end
local found = redis.call(command, KEYS[1], from, to, 'COUNT', 1)
return #found > 0 and found[1][1]
"""
_COMMIT = f"""{_OWNED}
if ARGV[4] == '' and before(ARGV[3], ARGV[2]) then return redis.error_reply('BACKWARDS') end
local kept = tonumber(ARGV[5])
for i = 6, 5 + 2 * kept, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
for i = 6 + 2 * kept, #ARGV do redis.call('HDEL', KEYS[1], ARGV[i]) end
redis.call('HSET', KEYS[1], 'position', ARGV[3])
if ARGV[4] ~= '' then redis.call('HSET', KEYS[1], 'definition', ARGV[4]) end
return redis.status_reply('OK')
"""
_RELEASE = f"{_OWNED} return redis.call('HSET', KEYS[1], 'owner', '')"


@dataclass
class Slot:
    """One slot owned by this worker under an epoch; every write is refused when a newer owner took it.

    The owner's turn: `read` from the log; fold readings; at each tick entry fold the side streams up to
    `tick.upto`, `emit` what was decided under the tick's id, now and then `commit`. `append_tick` asks for the
    next decision. After a crash the same entries are read again and the repeated outputs are refused, so the
    outcome is exactly that of a run without the crash.
    """

    client: Client
    keys: Keys
    name: str
    epoch: int
    definition: str  # under which its state was made
    position: str  # up to here the chunks hold the log; moves with `commit`
    chunks: dict[bytes, bytes] = field(repr=False)  # state as restored by `take`; empty on a fresh start
    cursor: str  # up to here `read` has handed out the log

    @classmethod
    def take(cls, client: Client, keys: Keys, name: str, definition: str, owner: str = "") -> Slot:
        """Take the slot over with the next epoch. `owner` is the name under which `owners` shows it.

        What was decided under another definition is dropped, checkpoint and outputs, and decided again from what
        the log still holds: under the ids of its old ticks nothing else could be written. A checkpoint whose
        position lies beyond the end of the log is dropped as well: that log is not the one it was folded from.
        """
        slot = cls._taken(client, keys, name, (definition, "as it is", owner))
        if order(slot.position) > order(slot.newest(keys.log(name))):
            log.warning("slot %s: its log was lost or recreated; folding from its beginning", name)
            slot = cls._taken(client, keys, name, (definition, "afresh", owner))
        return slot

    @classmethod
    def _taken(cls, client: Client, keys: Keys, name: str, how: tuple[str, str, str]) -> Slot:
        checkpoint = keys.checkpoint(name)
        epoch = int(client.script(_TAKE, [checkpoint, *keys.decided(name)], [*how, f"{real_ms():x}"]))
        stored: dict[bytes, bytes] = client.hgetall(checkpoint)
        chunks = {key.removeprefix(CHUNK): chunk for key, chunk in stored.items() if key.startswith(CHUNK)}
        position = stored.get(b"position", START.encode()).decode()
        return cls(client, keys, name, epoch, how[0], position, chunks, position)

    def stored(self) -> dict[bytes, bytes]:
        """The chunks of the checkpoint as it stands."""
        stored: dict[bytes, bytes] = self.client.hgetall(self.keys.checkpoint(self.name))
        return {key.removeprefix(CHUNK): chunk for key, chunk in stored.items() if key.startswith(CHUNK)}

    def read(self, count: int, block_ms: int) -> list[Entry]:
        """The next entries of the log, at most `count`; [] after `block_ms` without any (0: do not wait)."""
        answer = self.client.xread({self.keys.log(self.name): self.cursor}, count, block_ms or None)
        found = entries(answer[0][1]) if answer else []
        if found:
            self.cursor = found[-1][0]
        return found

    def read_side(self, stream: str, after: str, upto: str) -> Iterator[Entry]:
        """Entries of another stream in (after, upto], read in pages."""
        while order(after) < order(upto):
            page = entries(self.client.xrange(stream, f"({after}", upto, count=SIDE_PAGE))
            yield from page
            if len(page) < SIDE_PAGE:
                return
            after = page[-1][0]

    def ends(self, streams: Mapping[str, str]) -> dict[str, str]:
        """Of streams by name the last id that each gave out, in one round trip where partitions told them.

        An entry of panes may have megabytes, which Redis copies for whoever asks for the last one. So a partition
        notes the id of what it told beside its position, in the same script, and the city asks for that alone.
        """
        told_by = {name: slot for name, stream in streams.items() if (slot := self.keys.told_by(stream))}
        pipe = self.client.pipeline()
        for slot in told_by.values():
            pipe.hget(self.keys.checkpoint(slot), "told")
        told = dict(zip(told_by, pipe.execute(), strict=True))
        return {
            name: told[name].decode() if told.get(name) else self.newest(stream) for name, stream in streams.items()
        }

    def newest(self, stream: str) -> str:
        """The last id that a stream gave out, also when the entry was trimmed since; START when it is new.

        Asked up to a hundred times a second. XINFO alone sends the first and the last entry along, which may be
        megabytes: it took three quarters of the engine's time.
        """
        last = self._end(stream, "newest")
        if last != START:
            return last
        try:
            generated: bytes = self.client.xinfo_stream(stream)["last-generated-id"]
        except redis.ResponseError:  # no such key
            return START
        return generated.decode()

    def length(self, stream: str) -> int:
        """How many entries a stream holds now."""
        return int(self.client.xlen(stream))

    def append_tick(self, tick: Tick) -> str:
        """Append a decision point to the log. Raises NotOwner, also when the log ends before what was read of it."""
        fields = [part for pair in encode_tick(tick).items() for part in pair]
        added: bytes = self._owned(_APPEND_TICK, [self.keys.log(self.name)], [self.cursor, *fields])
        return added.decode()

    def emit(self, entry_id: str, tick: Tick, outputs: Sequence[Output]) -> int:
        """Append outputs under the tick's id, and note that it is decided (`decided_upto`); how many did not stand yet.

        Of each stream at most one entry. Raises NotOwner.
        """
        arguments: list[str | bytes] = [entry_id, str(tick.now_ms), msgspec.json.encode(tick.upto)]
        for _, fields in outputs:
            arguments += [str(2 * len(fields)), *(part for pair in fields.items() for part in pair)]
        return int(self._owned(_EMIT, [stream for stream, _ in outputs], arguments))

    def commit(self, position: str, dirty: Mapping[bytes, bytes | None], definition: str = "") -> None:
        """State and position together; None drops a chunk. Raises NotOwner before anything is written.

        definition: Another one from here on; then `position` may lie before the one that is committed, and the log is
            read from there again.

        Raises:
            ValueError: `position` lies before the one that is committed.
        """
        kept = {CHUNK + key: chunk for key, chunk in dirty.items() if chunk is not None}
        dropped = [CHUNK + key for key, chunk in dirty.items() if chunk is None]
        arguments: list[str | bytes] = [position, definition, str(len(kept))]
        for field_name, chunk in kept.items():
            arguments += [field_name, chunk]
        self._owned(_COMMIT, [], [*arguments, *dropped])
        self.position = position
        if definition:
            self.definition, self.cursor = definition, position

    def release(self) -> None:
        """Let go of it: another worker may take it at once. Raises NotOwner."""
        self._owned(_RELEASE, [], [])

    def trim(self, stream: str, before: str) -> None:
        """Drop entries before an id by MINID; whole nodes only, so that some older ones may stay."""
        self.client.xtrim(stream, minid=before, approximate=True)

    def shorten(self, stream: str, count: int, archived: str | None = None) -> None:
        """Keep about so many of the newest entries of an output, and all that a reader who must miss none has not read.

        archived: the last entry that this reader has; None: nobody must read this stream to the last entry.
        """
        if archived is None:
            self.client.xtrim(stream, maxlen=count, approximate=True)
        elif (length := self.length(stream)) > count:
            oldest_ms, newest_ms = (order(self._end(stream, end))[0] for end in ("oldest", "newest"))
            # Ids are times, and entries come evenly enough: cut the span, and after a round or two so is the count.
            before = f"{newest_ms - (newest_ms - oldest_ms) * count // length}-0"
            self.trim(stream, min(before, archived, key=order))

    def _end(self, stream: str, which: str) -> str:
        """The id of the oldest or the newest entry that a stream holds now; START when it holds none."""
        found: bytes | None = self.client.script(_END, [stream], [which])
        return START if found is None else found.decode()

    def _owned(self, script: str, streams: Sequence[str], arguments: Sequence[str | bytes]) -> Any:
        """Run a script that writes only for the owner, and only to the checkpoint that it left."""
        keys = [self.keys.checkpoint(self.name), *streams]
        try:
            return self.client.script(script, keys, [str(self.epoch), self.position, *arguments])
        except redis.ResponseError as refusal:
            if "NOTOWNER" in str(refusal):
                why = f"slot {self.name}: another worker took it after epoch {self.epoch}, or Redis was set back"
                raise NotOwner(why) from refusal
            if "BACKWARDS" in str(refusal):
                raise ValueError(f"slot {self.name}: {arguments[0]!r} lies before the committed position") from refusal
            raise


def owners(client: Client, keys: Keys) -> dict[str, str]:
    """Slot → who took it last and did not release it; "" for none."""
    slots = (*keys.slots, CITY_SLOT)
    pipe = client.pipeline()
    for slot in slots:
        pipe.hget(keys.checkpoint(slot), "owner")
    return {slot: (owner or b"").decode() for slot, owner in zip(slots, pipe.execute(), strict=True)}


def decided(client: Client, keys: Keys, slot: str) -> str:
    """The newest tick that the owner of a slot decided."""
    return (client.hget(keys.checkpoint(slot), "decided") or START.encode()).decode()


def definition_of(client: Client, keys: Keys, slot: str) -> str:
    """Under which definition the state of a slot was made; "" without any."""
    return (client.hget(keys.checkpoint(slot), "definition") or b"").decode()


def lineage(client: Client, keys: Keys, slot: str) -> tuple[str, int]:
    """Which state of a slot decides now, and up to which city time, ms. ("", 0) before any.

    The name is another one whenever the state was dropped and all is decided again from the log; a change of
    definition under way leaves it.
    """
    born, decided_ms = client.hmget(keys.checkpoint(slot), "born", "decided_ms")
    return (born or b"").decode(), int(decided_ms or 0)


def wait_for_news(client: Client, cursors: Mapping[str, str], longest_s: float) -> None:
    """Return as soon as one of the streams holds more than its cursor, at the latest after `longest_s`."""
    client.xread(dict(cursors), 1, max(1, round(longest_s * 1000)))
