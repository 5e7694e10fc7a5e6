"""Who hears of a case: the unit that is sent, those who owe what a clock counts, then the levels above; each once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from notify_room import NoBroker
from prerequisites import REPOSITORY, eventually
from recorded_server import Server, recorded

import catalogue
from accounts.founding import console
from accounts.office import Office, open_office
from accounts.roster import Term
from accounts.sealing import Seal, seal_of
from accounts.warden import Warden
from catalogue.declared import Declared
from core.accounts import Department, Person, Post, Role
from core.records import MINUTE_MS, Stamp
from core.settings import Settings, load
from dispatch.book import CaseBook, Now, Rules, Wish
from dispatch.holidays import calendars_at
from dispatch.log import Origin
from dispatch.steps import Verb
from dispatch.timekeeper import TimeKeeper
from notices.channels.choose import carriers_of
from store import notices as kept
from store.outbox import note_followed
from store.units import put_unit
from workers.calling import FOLLOWER, Calling
from workers.delivering import Delivering

BEGAN_MS = 1_795_500_000_000
LIVE = Now("live-440900", str(Stamp.LIVE), "440900", BEGAN_MS, BEGAN_MS)
PHONES = {
    Role.LIAISON: "138-liaison",
    Role.DISPATCHER: "138-desk",
    Role.SHIFT_LEADER: "138-shift",
    Role.LEADER: "138-leader",
}
CASE: dict[str, Any] = {"kind": "water.road_water", "title": "迎宾路积水", "area": "440902"}


@dataclass
class Room:
    """An office with a case book, whoever is called, and the gateway that calls him."""

    office: Office
    settings: Settings
    declared: Declared
    gateway: Server
    seal: Seal
    now: Now = LIVE

    def __post_init__(self) -> None:
        calendars = calendars_at(self.declared.city.work_hours, BEGAN_MS)
        rules = Rules(self.declared.case_kinds, calendars, lambda area: (area, "440900"))
        self.book = CaseBook(Warden(self.office.database, self.office.journal), lambda: rules)
        self.keeper = TimeKeeper(self.office.database, self.book, lambda: rules)

    def step(
        self, verb: Verb, case: str = "", assignment: str = "", origin: Origin = Origin.CLOCK, **fields: object
    ) -> str:
        wish = Wish(f"{verb}-{self.now.city_ms}", verb, case, fields, None, assignment, origin)
        return self.book.happen("worker:test", wish, self.now).case.id

    def passes(self, minutes: float) -> list[tuple[str, str]]:
        """Let time pass; whom that reached, with what."""
        later_ms = int(minutes * MINUTE_MS)
        self.now = replace(self.now, city_ms=self.now.city_ms + later_ms, real_ms=self.now.real_ms + later_ms)
        self.keeper.turn(self.now)
        Calling(self.office.database, self.seal, self.declared, "zh").turn(self.now.real_ms)
        before = len(self.gateway.asked)
        carriers = carriers_of(self.settings, NoBroker())
        delivering = Delivering(self.office.database, self.seal, self.settings, carriers, self.declared)
        delivering.turn(self.now.real_ms)
        eventually(lambda: all(one.tried.done() for one in delivering._under_way))
        delivering.turn(self.now.real_ms)
        delivering.close()
        asked = [parse_qs(urlsplit(one.path).query) for one in self.gateway.asked[before:]]
        return sorted((query["to"][0], query["text"][0]) for query in asked)


@pytest.fixture(scope="module")
def declared() -> Declared:
    return catalogue.load(REPOSITORY / "packs", "440900")


@pytest.fixture
def room(tmp_path: Path, declared: Declared) -> Iterator[Room]:
    with recorded() as gateway:
        given = {"CITYVITALS_SMS_URL": f"{gateway.url}/send?to={{to}}&text={{text}}", "CITYVITALS_NOTICES_LOCAL": "1"}
        office = open_office(settings := load({"CITYVITALS_VAR": str(tmp_path)} | given))
        office.roster.put_department(console(), Department("water", "市水务局"), BEGAN_MS)
        for role, phone in PHONES.items():
            office.roster.add_person(console(), Person(0, role, role, phone), BEGAN_MS)
            office.roster.put_post(console(), Post(f"post-{role}", role, "water", role), BEGAN_MS)
            office.roster.appoint(console(), role, f"post-{role}", Term(BEGAN_MS - MINUTE_MS), BEGAN_MS)
        with office.database.transaction() as connection:
            put_unit(connection, replace(declared.units["pump-1"], phone="139-pump"))
        yield Room(office, settings, declared, gateway, seal_of("", tmp_path))
        office.database.close()


def sent(room: Room) -> str:
    """A case with one unit sent to it."""
    case = room.step(Verb.REPORT, **CASE)
    room.step(Verb.FILE, case)
    room.step(Verb.DISPATCH, case, lead="市水务局")
    room.step(Verb.NOTIFY, case, "t1", unit="pump-1")
    return case


@pytest.mark.claim("COMMAND", "The unit that is sent, its department, the shift leader and a leader are told, in turn.")
def test_a_case_calls_one_after_another(room: Room) -> None:
    case = sent(room)
    about = f"道路积水，茂南区，案卷 {case}"
    assert room.passes(0.1) == [("139-pump", f"新任务：{about}，请签收")]
    assert room.passes(0.1) == []
    room.step(Verb.ACCEPT, case, "t1")
    room.step(Verb.ARRIVE, case, "t1")
    assert [to for to, _ in room.passes(180)] == ["138-liaison", "139-pump"], "an hour before the work is due"
    late = room.passes(60)
    assert [to for to, _ in late] == ["138-liaison", "139-pump"]
    assert "处置已超时（应于 " in late[0][1]
    assert room.passes(30) == [("138-shift", f"案卷升级至第 1 级，处置超时：{about}")]
    assert [to for to, _ in room.passes(91)] == ["138-leader"]
    assert room.passes(300) == []


@pytest.mark.claim("COMMAND", "What was decided before a process died is decided again under its key, and told once.")
def test_a_call_is_told_once_though_it_was_followed_twice(room: Room) -> None:
    sent(room)
    assert len(room.passes(0.1)) == 1
    with room.office.database.transaction() as connection:
        note_followed(connection, FOLLOWER, 0)
    assert room.passes(0.1) == []
    with room.office.database.reading() as connection:
        assert len(kept.find_notices(connection)) == 1


@pytest.mark.claim("COMMAND", "A case of simulated data calls nobody off the exercise list; why stands at the notice.")
def test_a_simulated_case_calls_nobody(room: Room) -> None:
    room.now = replace(LIVE, scene="demo-440900", stamp=str(Stamp.DEMO))
    sent(room)
    assert room.passes(0.1) == room.passes(400) == []
    with room.office.database.reading() as connection:
        found = kept.find_notices(connection)
    assert found
    assert {one.reason for _, deliveries in found for one in deliveries} == {"exercise-only"}
    assert all(notice.sentence.startswith("【演练】") for notice, _ in found)


def test_what_nobody_filed_calls_the_desk_and_who_was_telephoned_is_not_called(room: Room) -> None:
    case = room.step(Verb.REPORT, **CASE)
    assert [to for to, _ in room.passes(31)] == ["138-desk"], "half an hour to file it"
    room.step(Verb.FILE, case)
    room.step(Verb.DISPATCH, case, lead="没有联络员的单位")
    room.step(Verb.NOTIFY, case, "t1", Origin.RELAYED, unit="pump-2")
    assert room.passes(0.1) == []
    told = room.passes(31)
    assert [to for to, _ in told] == ["138-desk"], "neither the unit nor its department can be reached"
