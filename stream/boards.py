"""The Board's stream: frames under the revision as id, the last whole picture, and the one owner of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import redis

from core.errors import NotOwner
from stream.connect import Client
from stream.entries import START, Entry, entries
from stream.keys import Keys

FRAME = b"f"

_TAKE = "return redis.call('HINCRBY', KEYS[1], 'epoch', 1)"
_RENEW = """
local held = redis.call('HGET', KEYS[1], 'definition')
redis.call('HSET', KEYS[1], 'definition', ARGV[1])
if not held or held == ARGV[1] then return 0 end
redis.call('HINCRBY', KEYS[1], 'epoch', 1)
return redis.call('DEL', KEYS[2], KEYS[3])
"""
_APPEND = """
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return redis.error_reply('NOTOWNER') end
return redis.call('XADD', KEYS[2], ARGV[2], 'f', ARGV[3])
"""
_SAVE = """
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return redis.error_reply('NOTOWNER') end
return redis.call('SET', KEYS[2], ARGV[2])
"""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The last whole picture: `frame` as clients get it, its revision, and how far each stream was folded.

    memory: what the owner needs beside the frame to go on folding; nobody else reads it.
    """

    revision: str
    positions: dict[str, str]
    frame: bytes
    memory: bytes = b""


@dataclass(frozen=True, slots=True)
class BoardOwner:
    """The one that may write the Board; each write is refused when a newer owner took it."""

    client: Client
    keys: Keys
    epoch: int

    def append(self, frame: bytes, revision: str = "*") -> str:
        """Append a frame, its revision. A chosen revision must be above the newest one. Raises NotOwner."""
        return self._owned(_APPEND, self.keys.board, revision, frame)

    def save(self, snapshot: Snapshot) -> None:
        """Keep the whole picture. Raises NotOwner."""
        self._owned(_SAVE, self.keys.board_snapshot, msgspec.msgpack.encode(snapshot))

    def trim(self, before: str) -> None:
        """Drop frames before a revision."""
        self.client.xtrim(self.keys.board, minid=before, approximate=True)

    def _owned(self, script: str, key: str, *arguments: str | bytes) -> str:
        try:
            answer: bytes = self.client.script(script, [self.keys.board_lease, key], [str(self.epoch), *arguments])
        except redis.ResponseError as refusal:
            if "NOTOWNER" in str(refusal):
                raise NotOwner(f"the Board: another worker took it after epoch {self.epoch}") from refusal
            raise
        return answer.decode()


def take_board(client: Client, keys: Keys) -> BoardOwner:
    """Become the owner of the Board, with the next epoch."""
    return BoardOwner(client, keys, int(client.script(_TAKE, [keys.board_lease], [])))


def renew_board(client: Client, keys: Keys, definition: str) -> bool:
    """Drop a picture that was drawn from what another definition decided; True when there was one.

    Whoever owns it notices at its next write, and begins anew with an empty picture; the website follows.
    """
    names = [keys.board_lease, keys.board, keys.board_snapshot]
    return bool(client.script(_RENEW, names, [definition]))


def load_snapshot(client: Client, keys: Keys) -> Snapshot | None:
    """The last whole picture, None before the first."""
    stored = client.get(keys.board_snapshot)
    return None if stored is None else msgspec.msgpack.decode(stored, type=Snapshot)


def frames(client: Client, keys: Keys, after: str = START, count: int | None = None) -> list[Entry]:
    """Frames after a revision, oldest first; the field `FRAME` holds the bytes."""
    return entries(client.xrange(keys.board, f"({after}", count=count))


def newest_revision(client: Client, keys: Keys) -> str:
    """The revision of the newest frame, START before the first."""
    newest = client.xrevrange(keys.board, count=1)
    return str(newest[0][0].decode()) if newest else START


def frame_of(fields: Mapping[bytes, bytes]) -> bytes:
    """The bytes of a frame, as every client gets them."""
    return fields[FRAME]
