"""The stream of what people did: one entry a row of the outbox, the row's number as id, so that none is there twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import redis

from core.errors import UnreadableEntry
from stream.connect import Client

ACTS = "cityvitals:acts"
_REPEATED = "equal or smaller"  # how Redis refuses an id that is not above the last one


def last_act(client: Client) -> int:
    """The number of the newest row that the stream ever took; 0 when it took none. Raises NeighbourDown."""
    if not client.exists(ACTS):
        return 0
    newest: bytes = client.xinfo_stream(ACTS)["last-generated-id"]
    return int(newest.split(b"-")[0])


def append_acts(client: Client, rows: Iterable[tuple[int, str, object]]) -> int:
    """Append rows (number, topic, body) whose numbers rise. Returns how many were new. Raises NeighbourDown.

    A row that the stream has, because a relay died before it knew or another relay was faster, is refused by its id.
    """
    new = 0
    for number, topic, body in rows:
        try:
            client.xadd(ACTS, {"topic": topic, "body": msgspec.json.encode(body)}, id=f"{number}-0")
            new += 1
        except redis.ResponseError as refusal:
            if _REPEATED not in str(refusal):
                raise
    return new


def decode_act(fields: Mapping[bytes, bytes]) -> tuple[str, dict[str, Any]]:
    """Topic and body of one entry. Raises UnreadableEntry."""
    try:
        return fields[b"topic"].decode(), msgspec.json.decode(fields[b"body"], type=dict[str, Any])
    except (KeyError, UnicodeDecodeError, msgspec.DecodeError) as why:
        raise UnreadableEntry(f"no act: {why}") from why
