"""The clocks worker: what comes round by time alone. A further act of this kind is one line in `ROUNDS`.

What is found goes the way of every act: the service decides and writes, the outbox tells.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event

from accounts.journal import Journal
from accounts.warden import Warden
from board.belonging import chain_of
from core.clock import monotonic_s, real_ms
from core.records import DAY_MS
from core.settings import Settings
from dispatch.arrivals import Arrivals
from dispatch.book import CaseBook, Now, Rules
from dispatch.coverage import Coverage
from dispatch.evaluations import Ground as EvaluationGround
from dispatch.exchange import peers_of
from dispatch.exchange_book import ExchangeBook
from dispatch.fleet import UnitBook, abilities
from dispatch.folding_ahead import FoldingAhead
from dispatch.holidays import calendars_at
from dispatch.reminding import Reminding
from dispatch.response_book import Ground as ResponseGround
from dispatch.response_book import ResponseBook
from dispatch.returning import Returning
from dispatch.supervision_book import OrderGround, SupervisionBook
from dispatch.timekeeper import TimeKeeper
from early_warning.week_round import WeekRound
from store.migrate import migrate
from store.outbox import drop_told
from store.photos import MediaFolder
from store.signing_in import drop_attempts
from store.sql import Database, open_database
from store.units import all_units
from stream.acts import last_act
from workers.exchange import Aside, Exchanging, Ways
from workers.positions import Positions
from workers.worker import Running, run_worker

LOOK_S = 0.25
TOLD_KEPT_MS = 7 * DAY_MS  # rows of the outbox that everybody has
ATTEMPTS_KEPT_MS = 7 * DAY_MS  # a login is locked for a day at most; who failed stands in the audit for good
# Who follows nothing for so long holds nothing back any more; `doctor` says it from the first day.
GONE_MS = 30 * DAY_MS

Look = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Ground:
    """What a round stands on for as long as one scene is shown."""

    running: Running
    database: Database
    warden: Warden
    aside: Executor  # one thread for what waits for other machines
    ended: Event

    def now(self) -> Now:
        """Scene and times of this moment."""
        scene = self.running.scene
        return Now(scene.id, str(scene.stamp), self.running.declared.city.code, self.running.now_ms(), real_ms())

    def rules(self) -> Rules:
        """What the city on show declares about cases."""
        declared = self.running.declared
        calendars = calendars_at(declared.city.work_hours, real_ms())
        return Rules(declared.case_kinds, calendars, lambda area: chain_of(declared, area))


@dataclass(frozen=True, slots=True)
class Round:
    """Something that is looked at again and again. begin: makes the look, anew for each scene."""

    every_s: float
    begin: Callable[[Ground], Look]


def _time_of_cases(ground: Ground) -> Look:
    book = CaseBook(ground.warden, ground.rules)
    keeper = TimeKeeper(ground.database, book, ground.rules)
    return lambda: keeper.turn(ground.now())


def _arrivals(ground: Ground) -> Look:
    running, database = ground.running, ground.database

    def devices() -> dict[str, str]:
        with database.reading() as connection:
            units = {**running.declared.units, **{unit.id: unit for unit in all_units(connection)}}
        return {name: unit.device for name, unit in units.items() if unit.device}

    positions = Positions(running.client, running.keys, real_ms())
    arrivals = Arrivals(database, CaseBook(ground.warden, ground.rules), devices)

    def look() -> None:
        for device, fix in positions.read():
            arrivals.seen(device, fix)
        arrivals.turn(ground.now())

    return look


def _coverage(ground: Ground) -> Look:
    running = ground.running
    units = UnitBook(ground.warden, lambda: running.declared.units, lambda: running.scene.id)
    coverage = Coverage(ground.database, units)
    return lambda: coverage.turn(ground.now())


def _reminders(ground: Ground) -> Look:
    def of_responses() -> ResponseGround:
        return ResponseGround(ground.running.declared.plans, ground.rules().above)

    def of_orders() -> OrderGround:
        rules = ground.rules()
        return OrderGround(rules.calendars, rules.above)

    returns = Returning(CaseBook(ground.warden, ground.rules), ground.running.settings.language)
    reminding = Reminding(ResponseBook(ground.warden, of_responses), SupervisionBook(ground.warden, of_orders, returns))
    return lambda: reminding.turn(ground.now())


def _weeks(ground: Ground) -> Look:
    running = ground.running
    week = WeekRound(ground.warden, running.declared.city.code, running.settings.language)
    return lambda: week.turn(running.scene.id, real_ms())


def _exchange(ground: Ground) -> Look:
    settings, peers = ground.running.settings, peers_of(ground.running.settings.exchange_peers)
    own = settings.exchange_name or ground.running.declared.city.code
    book = ExchangeBook(ground.warden, CaseBook(ground.warden, ground.rules), own, peers)
    ways = Ways(peers, MediaFolder(settings.media_folder), settings.notices_local, settings.language)
    exchanging = Exchanging(ground.database, book, ways)
    return Aside(ground.aside, lambda: exchanging.turn(ground.now(), ground.ended.is_set))


def _outbox(ground: Ground) -> Look:
    def look() -> None:
        up_to = last_act(ground.running.client)
        with ground.database.transaction() as connection:
            drop_told(connection, up_to, real_ms() - TOLD_KEPT_MS, real_ms() - GONE_MS)

    return look


def _attempts(ground: Ground) -> Look:
    def look() -> None:
        with ground.database.transaction() as connection:
            drop_attempts(connection, real_ms() - ATTEMPTS_KEPT_MS)

    return look


def _figures(ground: Ground) -> Look:
    running = ground.running

    def judged_by() -> EvaluationGround:
        rules = ground.rules()
        able = abilities(ground.database, running.declared.units)
        return EvaluationGround(rules.kinds, rules.calendars, able, running.now_ms())

    ahead = FoldingAhead(ground.database, judged_by)
    return lambda: ahead.turn(running.scene.id, real_ms())


ROUNDS: Mapping[str, Round] = {
    "time-of-cases": Round(0.5, _time_of_cases),
    "arrivals": Round(1.0, _arrivals),
    "coverage": Round(2.0, _coverage),
    "reminders": Round(10.0, _reminders),
    "exchange": Round(2.0, _exchange),
    "figures": Round(1.0, _figures),
    "week-after": Round(600.0, _weeks),
    "outbox": Round(3600.0, _outbox),
    "attempts": Round(3600.0, _attempts),
}


def run(settings: Settings) -> int:
    """Look until a signal. Exit code."""
    return run_worker("clocks", settings, serve)


def serve(running: Running) -> None:
    """Go the rounds of one scene until another is shown."""
    settings = running.settings
    database, ended = open_database(settings.database_url, settings.var), Event()
    warden = Warden(database, Journal(database, settings.audit_digest, settings.var))
    try:
        migrate(database)
        with ThreadPoolExecutor(1, "exchange") as aside:
            try:
                _go_round(Ground(running, database, warden, aside, ended))
            finally:
                ended.set()
    finally:
        database.close()


def _go_round(ground: Ground) -> None:
    running, looks = ground.running, [(one.every_s, one.begin(ground)) for one in ROUNDS.values()]
    due_s = [float("-inf")] * len(looks)
    while not running.stopping():
        for at, (every_s, look) in enumerate(looks):
            if monotonic_s() >= due_s[at]:
                due_s[at] = monotonic_s() + every_s
                look()
        running.beat()
        time.sleep(LOOK_S)
