"""The doctor's look at what waits in the database: messages to other platforms, and who follows the outbox."""

from __future__ import annotations

from collections.abc import Iterator

from core.clock import in_china, real_ms
from core.errors import NeighbourDown, StartError
from core.records import DAY_MS
from core.settings import Settings
from dispatch.exchange import peers_of
from store.exchange import by_peer
from store.migrate import newest, revision
from store.outbox import behind
from store.sql import FILE, Database, open_database
from workers.findings import Told, fault, ok, warning


def waiting(settings: Settings) -> Iterator[Told]:
    """Nothing is said of a database that is not there yet or stands at another version."""
    if not settings.accounts or (not settings.database_url and not (settings.var / FILE).exists()):
        return
    try:
        database = open_database(settings.database_url, settings.var)
    except StartError as wrong:
        yield fault("database-wrong", problem=wrong.in_words(settings.language))
        return
    try:
        with database.reading() as connection:
            is_ours = revision(connection) == newest()
        if is_ours:
            yield from exchange(database, settings)
            yield from followers(database)
    except NeighbourDown as down:
        yield fault("database-down", reason=down)
    finally:
        database.close()


def exchange(database: Database, settings: Settings) -> Iterator[Told]:
    """Messages that did not arrive at other platforms."""
    with database.reading() as connection:
        found = by_peer(connection)
    peers = peers_of(settings.exchange_peers)
    for one in found:
        if one.failing:
            at = in_china(one.failed_ms or 0).strftime("%Y-%m-%d %H:%M")
            yield warning("exchange-stuck", peer=one.peer, count=one.failing, at=at)
    if peers and not any(one.failing for one in found):
        yield ok("exchange", count=len(peers))


def followers(database: Database) -> Iterator[Told]:
    """Who follows the outbox and has stood still for a day."""
    with database.reading() as connection:
        found = behind(connection, real_ms() - DAY_MS)
    for one in found:
        at = in_china(one.since_ms).strftime("%Y-%m-%d %H:%M")
        yield warning("follower-behind", follower=one.follower, at=at)


CHECKS = (waiting,)
