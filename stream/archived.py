"""Up to where the history holds each stream: the archive tells it here, and nothing beyond is trimmed."""

from __future__ import annotations

from collections.abc import Mapping

from stream.connect import Client
from stream.keys import Keys


def note_archived(client: Client, keys: Keys, positions: Mapping[str, str]) -> None:
    """Tell the id of the last entry of each stream that lies in the history, on disk. Raises NeighbourDown."""
    client.hset(keys.archived, mapping=dict(positions))


def archived(client: Client, keys: Keys) -> dict[str, str]:
    """What `note_archived` told; {} when no archive ever followed this scene. Raises NeighbourDown."""
    return {stream.decode(): entry_id.decode() for stream, entry_id in client.hgetall(keys.archived).items()}
