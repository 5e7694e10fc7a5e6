"""A bad rating opens a case to rectify; a case that nobody wants is decided on once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from office_day import NOW_MS, a_person, bearer_of, below_the_office, signed_in

from accounts.bearer import Bearer
from accounts.office import Office
from accounts.warden import Warden
from core.accounts import Role
from core.declared import Words
from core.errors import IllegalStep
from core.records import DAY_MS, HOUR_MS, MINUTE_MS
from dispatch.book import CaseBook, Now, Rules, Told, Wish
from dispatch.calendars import Counting
from dispatch.clocks import Obligation, Terms
from dispatch.holidays import calendars_at
from dispatch.kinds import CaseKind, KindClass
from dispatch.states import CaseState
from dispatch.steps import Verb
from store.case_queue import Asked
from store.cases import CaseRow

NOW = Now("live-440900", "live", "440900", NOW_MS, NOW_MS)
ROAD = CaseKind("road", "1", Words("路灯不亮", "lamp"), KindClass.COMPONENT, "市城管局", domain="public_service")
RECTIFY = CaseKind(
    "service.rectify",
    "1",
    Words("差评整改", "rectify"),
    KindClass.EVENT,
    "市政数局",
    domain="public_service",
    limits={Obligation.DISPATCH: Terms(HOUR_MS), Obligation.HANDLE: Terms(15 * DAY_MS, Counting.WORKING_DAYS)},
    needs={Verb.VERIFY: ("called_back",)},
    rectifies=True,
)


class City:
    """A dispatcher who takes calls, a liaison, a leader, and one case that is on its way."""

    def __init__(self, office: Office) -> None:
        rules = Rules(
            {ROAD.id: ROAD, RECTIFY.id: RECTIFY}, calendars_at(((32_400, 61_200),), NOW_MS), lambda area: (area,)
        )
        self.office, self.book, self.minute = (
            office,
            CaseBook(Warden(office.database, office.journal), lambda: rules),
            0,
        )
        below_the_office(office, "市城管局", "市供电局", "市政数局")
        self.people = {role: self._bearer(role) for role in (Role.DISPATCHER, Role.DUTY, Role.LIAISON, Role.LEADER)}
        report = {"kind": "road", "title": "站前路灯不亮", "area": "440902", "caller": {"name": "王五"}}
        told = self.book.act(self.people[Role.DISPATCHER], Wish("report", Verb.REPORT, fields=report), NOW)
        self.case = told.case.id
        self.does(Role.DISPATCHER, Verb.FILE)
        self.does(Role.DISPATCHER, Verb.DISPATCH, lead="市城管局")

    def does(self, role: Role, verb: Verb, case: str = "", **fields: Any) -> Told:
        self.minute += 1
        now = replace(NOW, city_ms=NOW_MS + self.minute * MINUTE_MS, real_ms=NOW_MS + self.minute * MINUTE_MS)
        wish = Wish(f"{verb}-{self.minute}-key", verb, case or self.case, fields)
        return self.book.act(self.people[role], wish, now)

    def open(self) -> list[CaseRow]:
        page = self.book.queue(NOW.scene, Asked(), lambda area, topic: True)
        return [row for row in page.cases if row.id != self.case]

    def _bearer(self, role: Role) -> Bearer:
        a_person(self.office, str(role), role)
        return bearer_of(self.office, signed_in(self.office, str(role)), NOW_MS)


@pytest.fixture
def city(office: Office) -> City:
    return City(office)


@pytest.mark.claim(
    "COMMAND", "A bad rating opens a case to rectify within 15 working days, verified only after a call back."
)
def test_a_bad_rating_opens_a_case(city: City) -> None:
    city.does(Role.LIAISON, Verb.TAKE)
    city.does(Role.LIAISON, Verb.FINISH, result="已更换")
    city.does(Role.DUTY, Verb.VERIFY)
    city.does(Role.DISPATCHER, Verb.CLOSE)
    city.does(Role.DUTY, Verb.CALL_BACK, satisfied=80)
    assert city.open() == []
    city.does(Role.DUTY, Verb.CALL_BACK, satisfied=20)
    city.does(Role.DUTY, Verb.CALL_BACK, satisfied=0)
    (row,) = city.open()  # once, however often it is rated
    assert (row.kind, row.title, row.lead, row.area) == ("service.rectify", "站前路灯不亮", "市城管局", "440902")
    assert row.body["facts"]["rectifies"] == city.case
    city.does(Role.DISPATCHER, Verb.FILE, row.id)
    told = city.does(Role.DISPATCHER, Verb.DISPATCH, row.id, lead="市城管局")
    clock = told.case.clock(Obligation.HANDLE)
    assert clock is not None and clock.terms == Terms(15 * DAY_MS, Counting.WORKING_DAYS)
    city.does(Role.LIAISON, Verb.TAKE, row.id)
    city.does(Role.LIAISON, Verb.FINISH, row.id, result="已重做")
    with pytest.raises(IllegalStep, match="What the citizen said"):
        city.does(Role.DUTY, Verb.VERIFY, row.id)
    city.does(Role.DUTY, Verb.VERIFY, row.id, called_back="满意")
    city.does(Role.DUTY, Verb.CALL_BACK, row.id, satisfied=0)
    assert len(city.open()) == 1  # what rectifies is not rectified again


@pytest.mark.claim("COMMAND", "A case that was sent back is given to somebody finally, and he cannot return it.")
def test_whose_it_is_is_decided_once(city: City) -> None:
    city.does(Role.LIAISON, Verb.RETURN, reason="产权不属我局")
    told = city.does(Role.LEADER, Verb.ARBITRATE, lead="市供电局", reason="产权清楚")
    assert (told.case.state, told.case.facts["lead"]) == (CaseState.DISPATCHED, "市供电局")
    assert Verb.RETURN not in told.case.possible
    with pytest.raises(IllegalStep):
        city.does(Role.LIAISON, Verb.RETURN, reason="仍不属我局")
    assert city.does(Role.LIAISON, Verb.TAKE).case.state is CaseState.HANDLING
