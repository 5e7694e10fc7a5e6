"""The clocks worker as a process, killed in the middle of its work: each point of a clock stands once, at its time."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from forked_worker import StartWorker
from prerequisites import REPOSITORY, eventually

import catalogue
from accounts.office import open_office
from accounts.warden import Warden
from core.clock import real_ms
from core.records import HOUR_MS, MINUTE_MS, Scene, Stamp
from core.settings import load
from dispatch.book import CaseBook, Now, Rules, Wish
from dispatch.case import fold
from dispatch.holidays import calendars_at
from dispatch.log import Entry, Origin
from dispatch.steps import Verb
from dispatch.timekeeper import BY
from store import cases as kept
from stream.connect import Client
from stream.embedded.children import Child
from stream.scenes import declare_scene

COUNT = 12
BEGAN_MS = real_ms() - 8 * HOUR_MS
LIVE = Scene("live-440900", "440900", Stamp.LIVE, "city", city_ms=BEGAN_MS, real_ms=BEGAN_MS)
EXPECTED = [(Verb.BREACH, 30), (Verb.ESCALATE, 60), (Verb.ESCALATE, 150)]  # half an hour to file, nobody did


@pytest.mark.claim("COMMAND", "Kill -9 of the clocks worker: every warning, breach and level stands once, at its time.")
def test_each_point_stands_once(
    tmp_path: Path, redis_server: str, redis_client: Client, start_worker: StartWorker
) -> None:
    declare_scene(redis_client, LIVE, 1)
    declared = catalogue.load(REPOSITORY / "packs", "440900")
    environment = {"CITYVITALS_VAR": str(tmp_path), "CITYVITALS_PACKS": str(REPOSITORY / "packs")}
    environment |= {"REDIS_URL": redis_server, "CITYVITALS_SIMULATE": "0"}
    office = open_office(load(environment))
    rules = Rules(declared.case_kinds, calendars_at(declared.city.work_hours, BEGAN_MS), lambda area: (area,))
    book = CaseBook(Warden(office.database, office.journal), lambda: rules)
    now, fields = Now(LIVE.id, "live", "440900", BEGAN_MS, BEGAN_MS), {"kind": "water.road_water", "title": "积水"}
    names = [book.happen("test", Wish(f"r{n}", Verb.REPORT, fields=fields), now).case.id for n in range(COUNT)]

    def written() -> dict[str, list[Entry]]:
        return {name: [one for one in book.read(name).log if one.by == BY] for name in names}

    def working() -> Child:
        return start_worker("clocks", tmp_path / "clocks.log", environment)

    killed = working()
    eventually(lambda: sum(map(len, written().values())) >= COUNT, 30)
    killed.kill()
    killed.wait()
    working()
    eventually(lambda: sum(map(len, written().values())) >= COUNT * len(EXPECTED), 30)
    for name, entries in written().items():
        assert [(one.verb, (one.at_ms - BEGAN_MS) // MINUTE_MS) for one in entries] == EXPECTED, name
        assert {one.origin for one in entries} == {Origin.CLOCK}
        assert fold(book.read(name).log, rules.calendars).escalated == 2
    with office.database.reading() as connection:
        assert kept.due_before(connection, LIVE.id, real_ms()) == []
        keys = Counter(row.key for name in names for row in kept.log_of(connection, name))
    assert set(keys.values()) == {1}
    office.database.close()
