"""Values of the past in the log of the city (`k=v`): from there on they are known to it as if it had told them."""

from __future__ import annotations

from collections.abc import Sequence

from core.records import ValueBatch
from stream.codec import encode_values
from stream.connect import Client
from stream.keys import CITY_SLOT, Keys

_RECALLED = "recalled"  # field of the checkpoint; it goes when the state goes


def recalled(client: Client, keys: Keys) -> str:
    """Which state of the history the log was told last; "" since the state of the city began."""
    return (client.hget(keys.checkpoint(CITY_SLOT), _RECALLED) or b"").decode()


def append_past(client: Client, keys: Keys, values: Sequence[ValueBatch]) -> None:
    """Tell the city what was decided before its log began. Told again it changes nothing."""
    client.xadd(keys.log(CITY_SLOT), dict(encode_values(list(values))))


def note_recalled(client: Client, keys: Keys, state: str) -> None:
    """Remember that all of a state of the history was told."""
    client.hset(keys.checkpoint(CITY_SLOT), _RECALLED, state)
