"""Definitions of a scene that follow each other: each change is an entry in the log of every slot (`k=d`).

A slot takes a definition on at the first tick as of its effective time, so that results stay a function of the logs.
Every definition is also kept under its fingerprint, for whoever restores a slot that has not come that far.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from core.errors import UnreadableEntry
from stream.connect import Client
from stream.keys import CITY_SLOT, Keys
from stream.slot import CHUNK, definition_of

KIND = b"d"
PLACE = b"turning"  # chunk of a checkpoint: what a slot knows of its definitions, as `workers/turn.py` writes it
_NUMBER = "number"  # field of the counter beside the definitions


class Definition(NamedTuple):
    """One definition. number: the later, the higher; effective_ms: city time, 0: at once; packs: a bundle of packs."""

    fingerprint: str
    number: int
    effective_ms: int
    packs: bytes


class Change(NamedTuple):
    """A definition as a slot remembers it until it is taken on, and after another has replaced it."""

    fingerprint: str
    number: int
    effective_ms: int


class Replaced(msgspec.Struct, frozen=True):
    """A definition that held for what ends before `until_ms`."""

    fingerprint: str
    until_ms: int


class Held(NamedTuple):
    """A definition of the city with its packs. until_ms: what ends before it was decided by it; `NOW_MS`: it holds."""

    fingerprint: str
    packs: bytes
    until_ms: int


class _Place(msgspec.Struct):
    replaced: list[Replaced] = []


NOW_MS = 1 << 62  # later than all times


def definitions(client: Client, keys: Keys) -> dict[str, Definition]:
    """Fingerprint → definition, of those that follow each other."""
    kept = client.hgetall(keys.definitions)
    return {
        name.decode(): Definition(name.decode(), *msgspec.msgpack.decode(entry, type=tuple[int, int, bytes]))
        for name, entry in kept.items()
        if name.decode() != _NUMBER
    }


def _newest_number(client: Client, keys: Keys) -> int:
    """The number of the definition that was announced last, 0 before the first."""
    return int(client.hget(keys.definitions, _NUMBER) or 0)


def held_definitions(client: Client, keys: Keys) -> list[Held]:
    """The definitions that the city's values were decided by, the oldest first, the one in force last; [] before any.

    What was decided before the oldest of them was decided anew with it, or is kept no more.
    """
    known, stored = definitions(client, keys), client.hget(keys.checkpoint(CITY_SLOT), CHUNK + PLACE)
    now = definition_of(client, keys, CITY_SLOT).partition("-")[2]
    replaced = msgspec.json.decode(stored, type=_Place).replaced if stored else []
    line = [*replaced, Replaced(now, NOW_MS)]
    return [
        Held(one.fingerprint, known[one.fingerprint].packs, one.until_ms) for one in line if one.fingerprint in known
    ]


def begin(client: Client, keys: Keys, fingerprint: str, packs: bytes) -> None:
    """Forget all definitions but this one, which holds from the beginning."""
    number = client.hincrby(keys.definitions, _NUMBER, 1)
    pipe = client.pipeline(transaction=True)
    pipe.delete(keys.definitions)
    pipe.hset(keys.definitions, mapping={_NUMBER: number, fingerprint: _kept(number, 0, packs)})
    pipe.execute()


def announce(client: Client, keys: Keys, fingerprint: str, effective_ms: int, packs: bytes) -> Definition:
    """Keep a definition and append it to the log of every slot, the partitions first.

    Once more after a crash in the middle does no harm: a slot that has it already passes the entry over. One that held
    before another did comes back as a new one, under a new number.
    """
    known, newest = definitions(client, keys).get(fingerprint), _newest_number(client, keys)
    again = known is not None and known.number == newest
    number = newest if again else int(client.hincrby(keys.definitions, _NUMBER, 1))
    definition = Definition(fingerprint, number, effective_ms, packs)
    client.hset(keys.definitions, fingerprint, _kept(number, effective_ms, packs))
    for slot in (*keys.slots, CITY_SLOT):
        client.xadd(keys.log(slot), {b"k": KIND, b"h": msgspec.msgpack.encode(definition)})
    return definition


def keep_definition(client: Client, keys: Keys, definition: Definition) -> None:
    """Keep a definition under its fingerprint; with the number under which it is known, if it is."""
    kept = _kept(definition.number, definition.effective_ms, definition.packs)
    client.hsetnx(keys.definitions, definition.fingerprint, kept)


def decode_definition(fields: Mapping[bytes, bytes]) -> Definition:
    """The definition in an entry of a log. Raises UnreadableEntry."""
    try:
        return msgspec.msgpack.decode(fields.get(b"h", b""), type=Definition)
    except msgspec.MsgspecError as problem:
        raise UnreadableEntry(f"a definition cannot be read: {problem}") from problem


def _kept(number: int, effective_ms: int, packs: bytes) -> bytes:
    return msgspec.msgpack.encode((number, effective_ms, packs))
