"""The burst pipe of five sources over 3 km, through the streams, the intake and the book: one case in one act."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import pytest
from office_day import a_person, acts_of, bearer_of, below_the_office, signed_in
from prerequisites import REPOSITORY
from streamed_event import panes_of

from accounts.bearer import Bearer
from accounts.office import Office
from accounts.warden import Warden
from board.belonging import chain_of
from catalogue.declared import Declared
from catalogue.load import load
from core.accounts import Role
from core.errors import IllegalStep, UnknownName
from core.records import (
    MINUTE_MS,
    CityWarning,
    Event,
    Issuer,
    Level,
    Phase,
    Place,
    Scene,
    Stamp,
    WarningPhase,
)
from dispatch.book import CaseBook, Now, Rules, Wish
from dispatch.clocks import Obligation
from dispatch.grouping import Grouper
from dispatch.holidays import calendars_at
from dispatch.incidents import Accepted, Incidents, Look
from dispatch.intake import Admission, Becomes, Source
from dispatch.kinds import Symptom
from dispatch.states import CaseState
from dispatch.steps import Verb
from store import cases as kept
from store import intake
from stream.codec import encode_warnings
from stream.connect import Client
from stream.scenes import declare_scene
from workers.intake import TakingIn
from workers.worker import Outage, Running, Stop

SCENE = Scene("test-440900", "440900", Stamp.TEST, "city")
T0_MS = 1_795_300_000_000
A_DEGREE_M = 111_195.0
PRESSURE = "water.low_pressure"
PUMP = "mm-river-01"  # stands in for a station of the water works: the packs have none


@dataclass
class City:
    """One scene with its intake, its book, and a dispatcher."""

    declared: Declared
    client: Client
    office: Office
    running: Running
    book: CaseBook
    incidents: Incidents
    wang: Bearer
    told: int = 0

    def now(self, minute: float) -> Now:
        at_ms = T0_MS + int(minute * MINUTE_MS)
        return Now(SCENE.id, "test", SCENE.city, at_ms, at_ms)

    def warned(self, name: str, minute: float, phase: WarningPhase = WarningPhase.ACTIVE) -> None:
        at_ms, level = self.now(minute).city_ms, Level.ORANGE
        facts = ("water.river_stage", PUMP, Issuer.COMPUTED, phase, level, level, at_ms, at_ms, None, at_ms)
        warning = CityWarning(name, PRESSURE, "1", *facts, 0.1, 0.2, "MPa", "falling", 1, Stamp.TEST)
        self.client.xadd(self.running.keys.warnings, dict(encode_warnings([warning])))

    def happened(self, name: str, minute: float, what: str, place: Place, **more: Any) -> None:
        at_ms = self.now(minute).city_ms
        attributes = {"area": "440902", "text": more.pop("text", "")}
        feed = {"camera.water": "frigate", "hotline.order": "hotline"}.get(what, "by-hand")
        event = Event(name, feed, what, Phase.NEW, "d", at_ms, at_ms, None, Stamp.TEST, place, attributes=attributes)
        self.client.xadd(self.running.keys.panes("0"), panes_of(replace(event, **more)))

    def reported(self, minute: float, kind: str, title: str, place: Place) -> str:
        """A case by a person: a grid worker, a field report."""
        self.told += 1
        where = {"lon_deg": place.lon_deg, "lat_deg": place.lat_deg, "accuracy_m": place.accuracy_m}
        fields = {"kind": kind, "title": title, "area": "440902", "place": where | {"origin": "gps"}}
        wish = Wish(f"report-{self.told}", Verb.REPORT, fields=fields)
        return self.book.act(self.wang, wish, self.now(minute)).case.id

    def take_in(self, minute: float) -> int:
        """A new intake that goes on where the last one stopped."""
        return TakingIn(self.running, self.office.database, self.incidents).turn(self.now(minute).city_ms)

    def look(self, minute: float) -> Look:
        return self.incidents.look(SCENE.id, self.now(minute).city_ms, lambda area, topic: True)

    def row(self, case: str) -> kept.CaseRow:
        with self.office.database.reading() as connection:
            return kept.case_of(connection, case)

    def near(self, north_m: float, accuracy_m: float = 50.0) -> Place:
        """A place north of the station."""
        station = self.declared.devices[PUMP].place
        assert station is not None
        return Place(station.lon_deg, station.lat_deg + north_m / A_DEGREE_M, accuracy_m, "gps")


@pytest.fixture
def city(office: Office, redis_client: Client) -> Iterator[City]:
    declared = load(REPOSITORY / "packs", "maoming")
    burst = declared.case_causes["pipe-burst"]
    low = Symptom(rule=PRESSURE, reach_m=3000, earliest_s=-1800, latest_s=14_400)
    rows = dict(declared.case_intake)
    rows["low-pressure"] = Admission("low-pressure", Becomes.REVIEW, "water.no_supply", rule=PRESSURE)
    causes = dict(declared.case_causes) | {burst.id: replace(burst, symptoms=(*burst.symptoms, low))}
    declared = replace(declared, case_causes=causes, case_intake=rows)
    keys = declare_scene(redis_client, SCENE, 1)
    settings: Any = SimpleNamespace(language="zh")
    running = Running("relay", settings, SCENE, declared, keys, redis_client, Stop(), Outage())
    calendars = calendars_at(declared.city.work_hours, T0_MS)
    rules = Rules(declared.case_kinds, calendars, lambda area: chain_of(declared, area))
    warden = Warden(office.database, office.journal)
    book = CaseBook(warden, lambda: rules)
    incidents = Incidents(warden, book, lambda: rules, lambda: Grouper(declared.case_kinds, causes.values()))
    a_person(office, "wang", Role.DISPATCHER)
    wang = bearer_of(office, signed_in(office, "wang"), T0_MS)
    yield City(declared, redis_client, office, running, book, incidents, wang)


def burst_pipe(city: City) -> list[str]:
    """02:10 to 02:50: pressure falls, a camera sees water, orders come, two people on the street report."""
    city.warned("w1", 0)
    city.happened("frigate:cam", 4, "camera.water", city.near(60), confidence=0.9)
    for number, north_m in enumerate((-1400, 700, 1500, 2600)):
        text = f"家里没水了，什么时候来水（第{number}户）"
        city.happened(f"hotline:o{number}", 6 + number, "hotline.order", city.near(north_m, 400), text=text)
    city.happened("by-hand:call", 8, "report", city.near(120, 100), text="路上冒水，像是水管爆裂")
    assert city.take_in(10) == 7
    road = city.reported(12, "water.road_water", "环市路积水", city.near(90, 20))
    hole = city.reported(40, "transport.road_collapse", "环市路路面塌陷", city.near(30, 10))
    return [road, hole]


@pytest.mark.claim("COMMAND", "The burst pipe of five sources over 3 km becomes one case in one action.")
def test_five_sources_become_one_case_in_one_act(city: City) -> None:
    by_people = burst_pipe(city)
    orders = sorted(one.id for one in city.look(41).cases.values() if one.kind == "government_services.complaint")
    assert len(orders) == 4, "an order is a case at once, with its own clock"
    look = city.look(41)
    (found,) = look.proposals
    members = tuple(member.id for member in found.members)
    assert (found.cause, found.kind) == ("pipe-burst", "water.pipe_burst")
    assert set(members) == {"warning:w1", "event:frigate:cam", "event:by-hand:call", *orders, *by_people}
    assert {look.items[one].source for one in members if one in look.items} == {
        Source.WARNING,
        Source.VIDEO,
        Source.FIELD,
    }
    wish = Accepted("accept-burst", members, found.kind, "环市路供水管道爆裂")
    told = city.incidents.accept(city.wang, wish, city.now(42))
    assert told.case.facts["kind"] == "water.pipe_burst"
    assert told.case.facts["correlation"] == "w1", "the id of what was told first leads to its readings"
    assert set(told.case.items) == {"warning:w1", "event:frigate:cam", "event:by-hand:call"}
    assert {city.row(one).into for one in (*orders, *by_people)} == {told.case.id}
    assert city.look(43).proposals == [] and city.look(43).items == {}
    own = city.incidents.members(told.case.id)
    assert {one.id for one in own.items} | {row.id for row in own.cases} == set(members)
    assert [act[2] for act in acts_of(city.office) if act[1] == "cases.dispatch"] == ["done"], "one act, audited once"
    again = city.incidents.accept(city.wang, wish, city.now(44))
    assert again == told, "a repeat changes nothing"


@pytest.mark.claim("COMMAND", "A merged 12345 order keeps its own reply, call-back, satisfaction and clock.")
def test_a_merged_order_keeps_its_citizen(city: City) -> None:
    burst_pipe(city)
    look = city.look(41)
    (found,) = look.proposals
    wish = Accepted("accept-burst", tuple(member.id for member in found.members), found.kind)
    city.incidents.accept(city.wang, wish, city.now(42))
    order = next(one.id for one in look.cases.values() if one.kind == "government_services.complaint")
    merged = city.book.read(order).case
    reply = merged.clock(Obligation.REPLY)
    assert merged.state is CaseState.MERGED and reply is not None and reply.runs
    a_person(city.office, "zhao", Role.HOTLINE)
    zhao = bearer_of(city.office, signed_in(city.office, "zhao"), T0_MS)
    below_the_office(city.office, "市政务服务和数据管理局")
    a_person(city.office, "li", Role.LIAISON)
    li = bearer_of(city.office, signed_in(city.office, "li"), T0_MS)
    city.book.act(li, Wish("answered", Verb.REPLY, order, {"text": "管道已修复，恢复供水"}), city.now(300))
    told = city.book.act(zhao, Wish("called", Verb.CALL_BACK, order, {"satisfied": 90}), city.now(400))
    reply = told.case.clock(Obligation.REPLY)
    assert reply is not None and reply.ended_ms == city.now(300).city_ms
    assert told.case.state is CaseState.MERGED and told.log[-1].fields["satisfied"] == 90


def test_taken_apart_and_dismissed_in_one_act_each(city: City) -> None:
    by_people = burst_pipe(city)
    (found,) = city.look(41).proposals
    members = tuple(member.id for member in found.members)
    lead = city.incidents.accept(city.wang, Accepted("accept-burst", members, found.kind), city.now(42)).case.id
    hole, camera = by_people[1], "event:frigate:cam"
    told = city.incidents.split(city.wang, lead, [hole, camera], ("split-it", "另一处塌陷"), city.now(50))
    assert camera not in told.case.items and city.row(hole).into == ""
    look = city.look(51)
    assert set(look.items) == {camera} and look.cases[hole].is_open
    assert all(lead not in {member.id for member in one.members} for one in look.proposals), "said to be apart"
    with pytest.raises(IllegalStep, match="no member"):
        city.incidents.split(city.wang, lead, [hole], ("split-again", "再拆"), city.now(52))
    elsewhere = [replace(one, reach=replace(one.reach, areas=("440981",))) for one in city.wang.grants]
    with pytest.raises(UnknownName):  # for whoever it is not to be seen by there is no such item
        city.incidents.dismiss(replace(city.wang, grants=tuple(elsewhere)), camera, "洒水车", city.now(52))
    city.incidents.dismiss(city.wang, camera, "洒水车", city.now(53))
    assert city.look(54).items == {}
    city.happened("frigate:cam", 55, "camera.water", city.near(60), confidence=0.95)
    city.take_in(56)
    assert city.look(57).items == {}, "what was dismissed stays so when it is told again"


def test_the_oldest_case_of_its_kind_leads(city: City) -> None:
    """Its number is what citizens and other offices were told."""
    told = [city.reported(minute, "water.road_water", "环市路积水", city.near(90, 20)) for minute in (1, 2, 3)]
    wish = Accepted("accept-water", tuple(reversed(told)), "water.road_water")
    assert city.incidents.accept(city.wang, wish, city.now(4)).case.id == told[0]
    assert [city.row(one).into for one in told] == ["", told[0], told[0]]


def test_half_an_act_is_none(city: City) -> None:
    burst_pipe(city)
    (found,) = city.look(41).proposals
    members = tuple(member.id for member in found.members)
    elsewhere = city.incidents.accept(city.wang, Accepted("only-one", ("warning:w1",), "water.no_supply"), city.now(42))
    with pytest.raises(IllegalStep, match=elsewhere.case.id):
        city.incidents.accept(city.wang, Accepted("accept-all", members, found.kind), city.now(43))
    assert not any(row.into for row in city.look(44).cases.values())
    with city.office.database.reading() as connection:
        assert intake.items_of(connection, elsewhere.case.id)[0].id == "warning:w1"
        assert kept.entry_with_key(connection, city.wang.name, "accept-all") is None


@pytest.mark.claim(
    "COMMAND", "The pack says what opens a case at once, what waits for a person and what is only recorded."
)
def test_the_pack_decides_what_becomes_of_it(city: City) -> None:
    fire = city.near(9000)
    city.happened("frigate:f1", 0, "camera.fire", fire, confidence=0.9, feed="frigate")
    city.happened("frigate:f2", 0, "camera.fire", city.near(20_000), confidence=0.5, feed="frigate")
    city.happened("frigate:p1", 0, "video.person", fire, confidence=0.9, feed="frigate")
    city.warned("w2", 0)
    city.warned("w2", 1, WarningPhase.RETRACTED)
    city.take_in(1)
    assert [row.kind for row in city.look(2).cases.values()] == ["security.fire"]
    assert city.look(2).items == {}, "unsure, undeclared or taken back"
    (opened,) = city.look(2).cases.values()
    assert opened.correlation == "event:frigate:f1"
    city.happened("frigate:f3", 3, "camera.fire", city.near(9050), confidence=0.9, feed="frigate")
    city.take_in(4)
    (found,) = city.look(4).proposals
    assert {member.id for member in found.members} == {opened.id, "event:frigate:f3"}, "no second case for one fire"
    city.happened("frigate:f4", 5, "camera.fire", city.near(40_000), confidence=0.9, feed="frigate")
    city.take_in(60)
    assert len(city.look(61).cases) == 1, "an hour later nothing opens by itself"
