"""The relay: rows of the outbox go to the stream of acts, each exactly once.

The stream itself says how far it came, so there is no mark that could be wrong: the number of a row is its id, and
Redis takes an id only above its last. Two relays, or one that died half way, append nothing twice, leave nothing out.
"""

from __future__ import annotations

from store.outbox import last_number, told_after
from store.sql import Database
from stream.acts import append_acts, last_act
from stream.connect import Client


def relay(database: Database, client: Client) -> int:
    """Append what the stream does not have yet. Returns how many rows were new. Raises NeighbourDown."""
    new = 0
    while True:
        known = last_act(client)
        with database.reading() as connection:
            rows = told_after(connection, known)
        if not rows:
            return new
        new += append_acts(client, ((row.number, row.topic, row.body) for row in rows))


def is_behind(database: Database, client: Client) -> bool:
    """Whether the database is older than the stream, as after a restore: its next rows would be taken for told ones."""
    known = last_act(client)
    with database.reading() as connection:
        return last_number(connection) < known
