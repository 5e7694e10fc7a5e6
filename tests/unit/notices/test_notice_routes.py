"""Which routes apply, and whom a seat leads to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.accounts import Appointment, Person, Seat
from core.notices import Channel, InForce, Kind, Notice, Recipient, Route
from core.records import Level, Stamp
from notices.roster import Roster
from notices.routes import aims, applies

NOTICE = Notice("k", "live", Stamp.LIVE, Kind.OPENED, Level.ORANGE, "w", "w", "water", ("440983", "440900"), "…", 0)
ROUTE = Route("r", "r", to=("post:watch",), channels=(Channel.SMS, Channel.MAIL))
EIGHT_MS = 1_795_305_600_000  # 08:00 in China


@pytest.mark.parametrize(
    ("route", "meant"),
    [
        (ROUTE, True),
        (replace(ROUTE, level=Level.RED), False),
        (replace(ROUTE, topics=("ecology", "water")), True),
        (replace(ROUTE, topics=("ecology",)), False),
        (replace(ROUTE, areas=("440900",)), True),
        (replace(ROUTE, areas=("440902",)), False),
        (replace(ROUTE, from_min=480, until_min=540), True),
        (replace(ROUTE, from_min=420, until_min=480), False),
        (replace(ROUTE, from_min=1080, until_min=481), True),
        (replace(ROUTE, from_min=1080, until_min=480), False),
        (replace(ROUTE, disabled=True), False),
    ],
)
def test_a_route_is_there_for_topics_areas_levels_and_times_of_day(route: Route, meant: bool) -> None:
    assert applies(route, NOTICE, EIGHT_MS) is meant


@pytest.mark.claim(
    "WARN", "A route leads by a topic narrower than a domain: a pack's, an indicator, or how its name begins."
)
@pytest.mark.parametrize(
    ("topics", "meant"),
    [
        (("water",), True),
        (("water.river",), True),
        (("ecology", "water.river_stage"), True),
        (("water.river_stage_rise",), False),
        (("wat",), False),
        (("meteorology",), False),
    ],
)
def test_a_route_of_a_narrower_topic(topics: tuple[str, ...], meant: bool) -> None:
    about = replace(NOTICE, topic="eco_environment", about="water.river_stage")
    assert applies(replace(ROUTE, topics=topics), about, EIGHT_MS) is meant
    assert applies(replace(ROUTE, topics=topics), replace(about, issued=True, about=""), EIGHT_MS), (
        "a signal is for all"
    )


@pytest.mark.claim(
    "WARN", "A route of a response holds only while that plan is in force there, at its level or graver."
)
@pytest.mark.parametrize(
    ("in_force", "meant"),
    [
        ((), False),
        ((InForce("flood", 3, ("440900",)),), True),
        ((InForce("flood", 1, ("440983",)),), True),
        ((InForce("flood", 4, ("440900",)),), False),
        ((InForce("flood", 2, ("440902",)),), False),
        ((InForce("typhoon", 1, ("440900",)), InForce("flood", 3, ("440983", "440902"))), True),
    ],
)
def test_a_route_of_a_response(in_force: tuple[InForce, ...], meant: bool) -> None:
    assert applies(replace(ROUTE, response="flood", response_level=3), NOTICE, EIGHT_MS, in_force) is meant
    assert applies(ROUTE, NOTICE, EIGHT_MS, in_force)


def _roster() -> Roster:
    people = {n: Person(n, f"p{n}", f"第{n}人", f"1380000000{n}") for n in range(4)}
    held = [
        Appointment(0, 0, "watch", 0, 1000),
        Appointment(1, 1, "watch", 1000),
        Appointment(2, 2, "watch", 0, rank=1),
    ]
    held.append(Appointment(3, 3, "other", 0))
    own = Recipient("second", "第二人", {Channel.MAIL: "p2@city.example"}, person="p2")
    return Roster({"second": own}, people, held, {"desk": Seat("desk", "一席", "watch")})


@pytest.mark.parametrize(("now_ms", "first"), [(999, "person:p0"), (1000, "person:p1")])
def test_who_has_the_watch_now_comes_first_and_then_the_deputy_as_he_wants_to_be_told(now_ms: int, first: str) -> None:
    for target in ("seat:desk", "post:watch"):
        chain = _roster().chain(target, now_ms)
        assert [[one.id for one in step] for step in chain] == [[first], ["second"]]


def test_the_deputy_comes_at_once_while_nobody_has_the_watch() -> None:
    roster = _roster()
    away = replace(roster, people=roster.people | {0: replace(roster.people[0], disabled=True)})
    assert [[one.id for one in step] for step in away.chain("post:watch", 5)] == [["second"]]


def test_first_by_the_channels_of_the_route_then_by_telephone() -> None:
    roster = _roster()
    assert [(a.recipient.id, a.channel) for a in aims([ROUTE, ROUTE], roster, 0, 5)] == [("person:p0", Channel.SMS)]
    by_mail = replace(ROUTE, channels=(Channel.MAIL, Channel.WECOM))
    assert len(aims([by_mail], roster, 0, 5)) == 2, "none of them is his: that is told with its reason"
    assert {a.channel for a in aims([ROUTE], roster, 1, 5)} == {Channel.SMS, Channel.MAIL}, "he has no telephone"


def test_recipients_are_known_again_by_their_id() -> None:
    roster = _roster()
    assert roster.known("second") == roster.recipients["second"]
    found = roster.known("person:p3")
    assert found is not None and found.addresses[Channel.VOICE] == "13800000003"
    assert roster.known("person:nobody") is None is roster.known("nobody")
