"""Reading several streams as they grow, without owning them."""

from __future__ import annotations

from collections.abc import Mapping

from stream.connect import Client
from stream.entries import Entry, entries


class Tail:
    """A reader of several streams from given positions on. `positions` says how far it has read."""

    def __init__(self, client: Client, streams: Mapping[str, str]) -> None:
        self._client = client
        self.positions = dict(streams)

    def read(self, count: int, block_ms: int) -> list[tuple[str, Entry]]:
        """The next entries, at most `count` a stream, as (stream, entry); each stream in its own order.

        [] after `block_ms` without any (0: do not wait). Raises NeighbourDown.
        """
        found: list[tuple[str, Entry]] = []
        for name, answer in self._client.xread(dict(self.positions), count, block_ms or None) or ():
            stream = name.decode()
            found += [(stream, entry) for entry in entries(answer)]
            self.positions[stream] = found[-1][1][0]
        return found
