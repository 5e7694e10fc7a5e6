"""The notify worker: decides what is told of warnings and cases, and delivers it. Killed, it loses nothing."""

from __future__ import annotations

import logging
import time
from collections import Counter

from accounts.sealing import Seal, seal_of
from core.clock import ClockSteps, monotonic_s, real_ms
from core.messages import text
from core.records import MINUTE_MS
from core.settings import Settings
from ingest.transports.publish import Publisher
from notices.channels.choose import carriers_of, status_pages_of
from notices.defaults import recipients_of, routes_of
from store.migrate import migrate
from store.notice_routes import put_recipient, put_route, recipients, routes
from store.notices import counts
from store.sql import Database, open_database
from workers.asking import Asking
from workers.calling import Calling
from workers.deciding import Deciding
from workers.delivering import Delivering
from workers.worker import Running, mqtt_url, run_worker

log = logging.getLogger(__name__)

LOOK_S = 0.25  # red is told at once
COUNT_S = 10.0
TOLD_OF_CLOCK_S = 600.0  # so long the health of the city says that its clock was set back


def run(settings: Settings) -> int:
    """Notify until a signal. Exit code."""
    return run_worker("notify", settings, serve)


def serve(running: Running) -> None:
    """Notify of one scene until another is shown."""
    settings = running.settings
    database = open_database(settings.database_url, settings.var)
    try:
        migrate(database)
        with Publisher(mqtt_url(settings), f"cityvitals-notify-{running.scene.id}") as publisher:
            _notify(running, database, publisher)
    finally:
        database.close()


def _notify(running: Running, database: Database, publisher: Publisher) -> None:
    settings = running.settings
    seal = seal_of(settings.key, settings.var)
    _begin_with_defaults(database, seal, settings.language)
    deciding = Deciding(database, seal, running.scene, running.declared, settings.language)
    calling = Calling(database, seal, running.declared, settings.language)
    delivering = Delivering(database, seal, settings, carriers_of(settings, publisher), running.declared)
    asking = Asking(database, status_pages_of(settings))
    says, counted_s = "", float("-inf")
    steps, wrong_until_s = ClockSteps(real_ms(), monotonic_s()), float("-inf")
    try:
        while not running.stopping():
            if back_ms := steps.back_ms(real_ms(), monotonic_s()):
                says, wrong_until_s = _set_back(back_ms, settings.language), monotonic_s() + TOLD_OF_CLOCK_S
                deciding.set_back(back_ms)
            deciding.turn(real_ms(), running.now_ms())
            calling.turn(real_ms())
            delivering.turn(real_ms())
            asking.turn(real_ms())
            clock_is_wrong = monotonic_s() < wrong_until_s
            if monotonic_s() - counted_s >= COUNT_S and not clock_is_wrong:
                counted_s, says = monotonic_s(), _says(database, settings.language)
            running.beat("clock" if clock_is_wrong else "ok", says)
            time.sleep(LOOK_S)
    finally:
        delivering.close()
        asking.close()


def _begin_with_defaults(database: Database, seal: Seal, language: str) -> None:
    """In a new installation; who has dropped them all gets them again with the next start."""
    with database.transaction() as connection:
        if recipients(connection, seal.open) or routes(connection):
            return
        for recipient in recipients_of(language):
            put_recipient(connection, recipient, seal.close)
        for route in routes_of(language):
            put_route(connection, route)


def _set_back(back_ms: int, language: str) -> str:
    said = text("health.clock-set-back", language, minutes=f"{back_ms / MINUTE_MS:.1f}")
    log.error("%s", said)
    return said


def _says(database: Database, language: str) -> str:
    """How many deliveries are in each state, for the heartbeat."""
    with database.reading() as connection:
        found = counts(connection)
    by_state: Counter[str] = Counter()
    for (_, state), number in found.items():
        by_state[state] += number
    named = ((text(f"notice.state_{state}", language), number) for state, number in sorted(by_state.items()))
    parts = (text("notice.counted", language, state=state, n=number) for state, number in named)
    return text("notice.digest_and", language).join(parts)
