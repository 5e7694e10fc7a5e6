"""The relay: rows of the outbox go to the stream of acts, each exactly once; the head of the audit is kept aside.

The stream itself says how far it came, so there is no mark that could be wrong: the number of a row is its id, and
Redis takes an id only above its last. Two relays, or one that died half way, append nothing twice, leave nothing out.
"""

from __future__ import annotations

import time

from accounts.journal import Journal
from board.names import Names
from core.clock import monotonic_s, real_ms
from core.messages import text
from core.settings import Settings
from store.migrate import migrate
from store.outbox import last_number, told_after
from store.sql import Database, open_database
from stream.acts import append_acts, last_act
from stream.appender import Appender
from stream.connect import Client
from workers.adoption import lay_over
from workers.entering import Entering
from workers.ingest import known
from workers.intake import taking_in
from workers.project import projecting
from workers.project_signals import ProjectingSignals
from workers.worker import Running, run_worker

LOOK_S = 0.1  # an act is on every screen within a second, so this may take a small part of it
ANCHOR_S = 1.0


def run(settings: Settings) -> int:
    """Relay until a signal. Exit code."""
    return run_worker("relay", settings, serve)


def serve(running: Running) -> None:
    """Relay for as long as one scene is shown; acts belong to none, so nothing is left out between two.

    The same process keeps warnings, signals and the intake of the scene in SQL, and brings the rules of SQL to the
    engines: a few rows a second, and three parts less to watch.
    """
    settings = running.settings
    database = open_database(settings.database_url, settings.var)
    try:
        migrate(database)
        journal, anchored_s = Journal(database, settings.audit_digest, settings.var), float("-inf")
        says = text("health.relay-behind", settings.language) if is_behind(database, running.client) else ""
        warnings = projecting(running, database)
        signals = ProjectingSignals(database, running.client, running.keys, Names(running.declared, settings.language))
        intake = taking_in(running, database, journal)
        entering = Entering(database, Appender(running.client, running.keys, settings.stream_limit), known(running))
        while not running.stopping():
            relay(database, running.client)
            warnings.turn(running.now_ms())
            signals.turn(running.now_ms())
            intake.turn(running.now_ms())
            entering.turn(running.now_ms())
            if monotonic_s() - anchored_s >= ANCHOR_S:
                anchored_s = monotonic_s()
                journal.anchor(real_ms())
                declared = running.declared
                lay_over(database, running.client, settings, declared.city.code, real_ms(), declared.rules)
            running.beat("behind" if says else "ok", says)
            time.sleep(LOOK_S)
    finally:
        database.close()


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
