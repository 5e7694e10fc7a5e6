"""Hand entries 人工录入 go on to the streams after their act is committed, by the appender of every other push.

An entry whose transaction fails is nowhere; one that is committed arrives, also when the process dies in between: it is
then appended again, and a reading of one device, metric and time, or an event of one id, counts once.
"""

from __future__ import annotations

import logging

from core.acts import ActTopic
from core.errors import StreamFull
from core.records import Rejected
from ingest.known import Known
from ingest.transports.http import Pushed, push
from store.outbox import followed_to, note_followed, told_after
from store.sql import Database
from stream.appender import Appender

log = logging.getLogger(__name__)

FOLLOWER = "entries"


class Entering:
    """Follows the outbox of one installation for the scene that is shown; entries of others are passed over."""

    def __init__(self, database: Database, appender: Appender, known: Known) -> None:
        self._database, self._appender, self._known = database, appender, known

    def turn(self, now_ms: int) -> int:
        """Append what was entered; how many entries. now_ms: city time. Raises NeighbourDown."""
        with self._database.reading() as connection:
            rows = told_after(connection, followed_to(connection, FOLLOWER))
        if not rows:
            return 0
        told = [row.body for row in rows if row.topic == ActTopic.ENTRY]
        entries = [body for body in told if body["scene"] == self._known.scene.id]
        try:
            for body in entries:
                self._append(body, now_ms)
        except StreamFull as full:  # the engine is behind; it is tried again with the next turn
            log.warning("entries wait: %s", full)
            return 0
        with self._database.transaction() as connection:
            note_followed(connection, FOLLOWER, rows[-1].number)
        return len(entries)

    def _append(self, body: dict[str, str], now_ms: int) -> None:
        pushed = Pushed(body["feed"], body["device"], body["message"].encode(), body["shape"])
        result = push(self._appender, self._known, pushed, now_ms)
        refused = result if isinstance(result, Rejected) else result.rejected
        if refused is not None:  # it was looked at before it was kept; definitions have changed since
            log.error("an entry is kept as a dead letter: %s %s", refused.reason, refused.detail)
