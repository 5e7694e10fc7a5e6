"""An owned slot: a log, the state folded from it, and the outputs that its ticks produced."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import redis

from core.errors import NotOwner
from core.records import Tick
from stream.codec import encode_tick
from stream.connect import Client
from stream.entries import START, Entry, entries, order
from stream.keys import Keys

__all__ = ["START", "Entry", "Slot"]

log = logging.getLogger(__name__)

CHUNK = b"c:"  # fields of the checkpoint that hold chunks of state; the others are ours

# Each script looks at the epoch before its first write, because Redis does not roll back. All keys of one
# script carry the same hash tag, so that a Redis Cluster can hold them.
_TAKE = """
local epoch = tonumber(redis.call('HGET', KEYS[1], 'epoch') or '0') + 1
if redis.call('HGET', KEYS[1], 'definition') ~= ARGV[1] or ARGV[2] == 'afresh' then
    redis.call('DEL', KEYS[1])
    redis.call('HSET', KEYS[1], 'definition', ARGV[1], 'position', '0-0')
end
redis.call('HSET', KEYS[1], 'epoch', epoch)
return epoch
"""
_APPEND = """
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return redis.error_reply('NOTOWNER') end
local entry = redis.pcall('XADD', KEYS[2], ARGV[2], unpack(ARGV, 3))
if type(entry) == 'table' and entry.err and string.find(entry.err, 'equal or smaller') then return false end
return entry
"""
_COMMIT = """
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return redis.error_reply('NOTOWNER') end
local function parts(id) local ms, seq = string.match(id, '^(%d+)-(%d+)$') return tonumber(ms), tonumber(seq) end
local old_ms, old_seq = parts(redis.call('HGET', KEYS[1], 'position'))
local new_ms, new_seq = parts(ARGV[2])
if new_ms < old_ms or (new_ms == old_ms and new_seq < old_seq) then return redis.error_reply('BACKWARDS') end
local kept = tonumber(ARGV[3])
for i = 4, 3 + 2 * kept, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
for i = 4 + 2 * kept, #ARGV do redis.call('HDEL', KEYS[1], ARGV[i]) end
redis.call('HSET', KEYS[1], 'position', ARGV[2])
return redis.status_reply('OK')
"""


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
    position: str  # up to here the chunks hold the log; moves with `commit`
    chunks: dict[bytes, bytes] = field(repr=False)  # state as restored by `take`; empty on a fresh start
    _cursor: str = ""  # up to here `read` has handed out the log

    @classmethod
    def take(cls, client: Client, keys: Keys, name: str, definition: str) -> Slot:
        """Take the slot over with the next epoch; a checkpoint of another definition is dropped (START again).

        So is one whose position lies beyond the end of the log: then the log is not the one it was folded from.
        """
        slot = cls._taken(client, keys, name, definition, "as it is")
        if order(slot.position) > order(slot.newest(keys.log(name))):
            log.warning("slot %s: its log was lost or recreated; folding from its beginning", name)
            slot = cls._taken(client, keys, name, definition, "afresh")
        return slot

    @classmethod
    def _taken(cls, client: Client, keys: Keys, name: str, definition: str, how: str) -> Slot:
        checkpoint = keys.checkpoint(name)
        epoch = int(client.script(_TAKE, [checkpoint], [definition, how]))
        stored: dict[bytes, bytes] = client.hgetall(checkpoint)
        chunks = {key.removeprefix(CHUNK): chunk for key, chunk in stored.items() if key.startswith(CHUNK)}
        position = stored.get(b"position", START.encode()).decode()
        return cls(client, keys, name, epoch, position, chunks, position)

    def read(self, count: int, block_ms: int) -> list[Entry]:
        """The next entries of the log, at most `count`; [] after `block_ms` without any (0: do not wait)."""
        answer = self.client.xread({self.keys.log(self.name): self._cursor}, count, block_ms or None)
        found = entries(answer[0][1]) if answer else []
        if found:
            self._cursor = found[-1][0]
        return found

    def read_side(self, stream: str, after: str, upto: str) -> list[Entry]:
        """Entries of another stream in (after, upto]."""
        if order(upto) <= order(after):
            return []
        return entries(self.client.xrange(stream, f"({after}", upto))

    def newest(self, stream: str) -> str:
        """The last id that a stream gave out, also when the entry was trimmed since; START when it is new."""
        try:
            last: bytes = self.client.xinfo_stream(stream)["last-generated-id"]
        except redis.ResponseError:  # no such key
            return START
        return last.decode()

    def length(self, stream: str) -> int:
        """How many entries a stream holds now."""
        return int(self.client.xlen(stream))

    def append_tick(self, tick: Tick) -> str:
        """Append a decision point to the log. Raises NotOwner."""
        entry_id = self._append(self.keys.log(self.name), "*", encode_tick(tick))
        assert entry_id is not None  # an id that Redis gives itself is never refused
        return entry_id

    def emit(self, stream: str, entry_id: str, fields: Mapping[bytes, bytes]) -> bool:
        """Append an output under the tick's id; False when it stands there already. Raises NotOwner."""
        return self._append(stream, entry_id, fields) is not None

    def commit(self, position: str, dirty: Mapping[bytes, bytes | None]) -> None:
        """State and position together; None drops a chunk. Raises NotOwner before anything is written.

        Raises:
            ValueError: `position` lies before the one that is committed.
        """
        kept = {CHUNK + key: chunk for key, chunk in dirty.items() if chunk is not None}
        dropped = [CHUNK + key for key, chunk in dirty.items() if chunk is None]
        arguments: list[str | bytes] = [str(self.epoch), position, str(len(kept))]
        for field_name, chunk in kept.items():
            arguments += [field_name, chunk]
        arguments += dropped
        self._owned(_COMMIT, [self.keys.checkpoint(self.name)], arguments)
        self.position = position

    def trim(self, streams: Sequence[str], before: str) -> None:
        """Drop entries before an id by MINID; whole nodes only, so that some older ones may stay."""
        pipe = self.client.pipeline()
        for stream in streams:
            pipe.xtrim(stream, minid=before, approximate=True)
        pipe.execute()

    def _append(self, stream: str, entry_id: str, fields: Mapping[bytes, bytes]) -> str | None:
        arguments: list[str | bytes] = [str(self.epoch), entry_id]
        for name, value in fields.items():
            arguments += [name, value]
        added = self._owned(_APPEND, [self.keys.checkpoint(self.name), stream], arguments)
        return added.decode() if added else None

    def _owned(self, script: str, keys: list[str], arguments: Sequence[str | bytes]) -> bytes | None:
        """Run a script that writes only for the owner."""
        try:
            answer: bytes | None = self.client.script(script, keys, arguments)
        except redis.ResponseError as refusal:
            if "NOTOWNER" in str(refusal):
                raise NotOwner(f"slot {self.name}: another worker took it after epoch {self.epoch}") from refusal
            if "BACKWARDS" in str(refusal):
                raise ValueError(f"slot {self.name}: {arguments[1]!r} lies before the committed position") from refusal
            raise
        return answer
