"""Arrivals in a real database: a vehicle by its stay inside the fence, a tap held against one fix, both correctable."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from office_day import NOW_MS, a_person, bearer_of, signed_in

from accounts.office import Office
from accounts.warden import Warden
from core.accounts import Role
from core.declared import Words
from core.records import HOUR_MS, MINUTE_MS
from dispatch.arrivals import BY, Arrivals
from dispatch.book import CaseBook, Now, Rules, Told, Wish
from dispatch.calendars import Counting, round_the_clock
from dispatch.clocks import Obligation, Standing, Terms
from dispatch.kinds import CaseKind, KindClass
from dispatch.log import Origin
from dispatch.states import AssignmentState, CaseState
from dispatch.steps import Verb
from dispatch.units import Fix

NOW = Now("live-440900", "live", "440900", NOW_MS, NOW_MS)
LIMITS = {Obligation.ARRIVE: Terms(30 * MINUTE_MS), Obligation.HANDLE: Terms(4 * HOUR_MS)}
KIND = CaseKind("water.road_water", "1", Words("积水", "Water"), KindClass.EVENT, "水务局", limits=LIMITS)
CALENDARS = {Counting.ALWAYS: round_the_clock()}
RULES = Rules({KIND.id: KIND}, CALENDARS, lambda area: (area, "440900"))
PLACE = {"lon_deg": 110.92, "lat_deg": 21.66, "accuracy_m": 50.0, "origin": "gps"}
HERE, FAR = (110.9203, 21.6602), (110.95, 21.66)  # some 40 m and 3 km away
SECOND_MS = 1000


def at(seconds: int) -> Now:
    return replace(NOW, city_ms=NOW_MS + seconds * SECOND_MS, real_ms=NOW_MS + seconds * SECOND_MS)


def fix(seconds: int, place_deg: tuple[float, float] = HERE, accuracy_m: float = 20.0) -> Fix:
    return Fix(*place_deg, accuracy_m, NOW_MS + seconds * SECOND_MS)


class Street:
    """A case to which one vehicle was sent at second 0."""

    def __init__(self, office: Office) -> None:
        self.book = CaseBook(Warden(office.database, office.journal), lambda: RULES)
        self.arrivals = Arrivals(office.database, self.book, lambda: {"pump-1": "gps-7"})
        self.case = self.did(Verb.REPORT, "", kind=KIND.id, title="积水", area="440902", place=PLACE).case.id
        self.did(Verb.FILE)
        self.did(Verb.DISPATCH, lead="水务局")
        self.did(Verb.NOTIFY, "t1", unit="pump-1")

    def did(self, verb: Verb, assignment: str = "", now: Now = NOW, **fields: Any) -> Told:
        case = "" if verb is Verb.REPORT else self.case
        return self.book.happen("test", Wish(f"{verb}{now.city_ms}", verb, case, fields, None, assignment), now)

    def arrived(self) -> tuple[int, Origin, str] | None:
        reached = self.book.read(self.case).case.assignments["t1"].reached.get(AssignmentState.ON_SCENE)
        return (round((reached.at_ms - NOW_MS) / SECOND_MS), reached.origin, reached.by) if reached else None


@pytest.fixture
def street(office: Office) -> Street:
    return Street(office)


@pytest.mark.claim("COMMAND", "A vehicle that stays inside the fence has arrived by itself, since its first fix there.")
def test_a_vehicle_arrives_by_its_fence(street: Street) -> None:
    for second, place_deg in ((-60, HERE), (10, FAR), (20, HERE), (21, FAR), (40, HERE), (50, HERE)):
        street.arrivals.seen("gps-7", fix(second, place_deg))
        assert street.arrivals.turn(at(max(second, 0))) == 0, "it was there before it was sent, and passed by"
    street.arrivals.seen("gps-7", fix(60, accuracy_m=400.0))
    assert street.arrivals.turn(at(61)) == 0, "a doubtful fix says nothing"
    street.arrivals.seen("gps-7", fix(71))
    assert street.arrivals.turn(at(72)) == 1
    assert street.arrived() == (40, Origin.FENCE, BY)
    told = street.book.read(street.case)
    assert told.case.state is CaseState.HANDLING
    assert told.case.clock(Obligation.ARRIVE).standing(at(72).city_ms, CALENDARS) is Standing.MET  # type: ignore[union-attr]
    assert street.arrivals.turn(at(73)) == 0
    street.did(Verb.CORRECT, "", at(600), entry=5, at_ms=NOW_MS + 45 * SECOND_MS, reason="在路口等红灯")
    assert street.arrived() == (45, Origin.FENCE, BY)


@pytest.mark.claim(
    "COMMAND", "A vehicle that leaves the fence after it arrived is 离场 by itself, correctable; it may come back."
)
def test_a_vehicle_leaves_by_its_fence(street: Street) -> None:
    def drive(*stays: tuple[int, int, tuple[float, float]]) -> None:
        for first, last, place_deg in stays:
            for second in range(first, last + 1, 5):
                street.arrivals.seen("gps-7", fix(second, place_deg))
                street.arrivals.turn(at(second))

    def times() -> list[tuple[Verb, int, Origin]]:
        log = [one for one in street.book.read(street.case).log if one.assignment == "t1"][1:]
        return [(one.verb, (one.at_ms - NOW_MS) // SECOND_MS, one.origin) for one in log]

    drive((10, 60, HERE), (65, 80, FAR), (85, 100, HERE))
    assert times() == [(Verb.ARRIVE, 10, Origin.FENCE)], "20 s outside are a doubtful fix, or a turn of the car"
    drive((105, 140, FAR))
    assert times()[1:] == [(Verb.LEAVE, 105, Origin.FENCE)]
    left = next(one.number for one in street.book.read(street.case).log if one.verb is Verb.LEAVE)
    street.did(Verb.CORRECT, "", at(150), entry=left, at_ms=NOW_MS + 100 * SECOND_MS, reason="先驶离路口")
    unit = street.book.read(street.case).case.assignments["t1"]
    assert (unit.state, unit.since_ms) == (AssignmentState.LEFT, NOW_MS + 100 * SECOND_MS)
    drive((200, 240, HERE))
    assert times()[2:] == [(Verb.ARRIVE, 200, Origin.FENCE)]
    assert street.arrived() == (10, Origin.FENCE, BY), "the first arrival is the one that counts"
    drive((300, 340, FAR))
    assert times()[3:] == [(Verb.LEAVE, 300, Origin.FENCE)]


def test_who_was_never_seen_there_has_not_left(street: Street) -> None:
    street.did(Verb.ARRIVE, "t1", at(5))
    for second in range(10, 100, 10):
        street.arrivals.seen("gps-7", fix(second, FAR))
        assert street.arrivals.turn(at(second)) == 0, "the tap is marked, and nobody takes it back"


def test_an_old_position_says_nothing_of_now(street: Street) -> None:
    for second in (10, 20, 30, 50):
        street.arrivals.seen("gps-7", fix(second))
    assert street.arrivals.turn(at(171)) == 0
    assert street.arrivals.turn(at(170)) == 1


def test_positions_that_come_in_disorder_are_passed_over(street: Street) -> None:
    street.arrivals.seen("gps-7", fix(50, FAR))
    for second in (10, 20, 45):
        street.arrivals.seen("gps-7", fix(second))
    assert street.arrivals.turn(at(60)) == 0


def test_who_has_tapped_is_left_alone(street: Street) -> None:
    street.did(Verb.ARRIVE, "t1", at(30))
    for second in (40, 50, 60):
        street.arrivals.seen("gps-7", fix(second))
    assert street.arrivals.turn(at(61)) == 0
    assert street.arrived() == (30, Origin.PERSON, "test")


@pytest.mark.claim(
    "COMMAND", "An arrival entered by hand is superseded by the vehicle's own, unless a person corrected it."
)
def test_what_was_entered_by_hand_gives_way_to_the_fence(street: Street) -> None:
    for second in (10, 20, 30, 45):
        street.arrivals.seen("gps-7", fix(second))
        if second == 30:
            street.did(Verb.ARRIVE, "t1", at(30))
    assert street.arrivals.turn(at(46)) == 1
    assert street.arrived() == (10, Origin.PERSON, "test"), "who said it first stays, with the time that was measured"
    last = street.book.read(street.case).log[-1]
    assert (last.verb, last.origin, last.by, last.fields["reason"]) == (Verb.CORRECT, Origin.FENCE, BY, "fence")
    assert street.arrivals.turn(at(47)) == 0, "once"
    arrival = next(one.number for one in street.book.read(street.case).log if one.verb is Verb.ARRIVE)
    street.did(Verb.CORRECT, "", at(50), entry=arrival, at_ms=NOW_MS + 15 * SECOND_MS, reason="行车记录仪")
    assert street.arrivals.turn(at(51)) == 0 and street.arrived() == (15, Origin.PERSON, "test"), "a person goes before"


@pytest.mark.claim("COMMAND", "A 到场 tap is held against one fix and marked; it is never refused.")
def test_a_tap_far_from_its_place_is_marked_and_counts(office: Office, street: Street) -> None:
    a_person(office, "li", Role.FIELD)
    li = bearer_of(office, signed_in(office, "li"), NOW_MS)
    fields = {"agrees": True, "fix": {"lon_deg": 110.95, "lat_deg": 21.66, "accuracy_m": 30, "age_ms": 2000}}
    done = street.book.act(li, Wish("tap", Verb.ARRIVE, street.case, fields, None, "t1"), at(60))
    entry = next(one for one in done.log if one.verb is Verb.ARRIVE)
    assert not entry.fields["agrees"]
    assert 2900 < entry.fields["beyond_m"] < 2950
    assert street.arrived() == (60, Origin.PERSON, "person:li")
