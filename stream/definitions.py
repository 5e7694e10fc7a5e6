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

KIND = b"d"
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


def definitions(client: Client, keys: Keys) -> dict[str, Definition]:
    """Fingerprint → definition, of those that follow each other."""
    kept = client.hgetall(keys.definitions)
    return {
        name.decode(): Definition(name.decode(), *msgspec.msgpack.decode(entry, type=tuple[int, int, bytes]))
        for name, entry in kept.items()
        if name.decode() != _NUMBER
    }


def newest_number(client: Client, keys: Keys) -> int:
    """The number of the definition that was announced last, 0 before the first."""
    return int(client.hget(keys.definitions, _NUMBER) or 0)


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
    known, newest = definitions(client, keys).get(fingerprint), newest_number(client, keys)
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
