"""The one question, held against a plain reading of the table."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as some

from accounts.bearer import NOBODY, Bearer, Grant, held, of_seat, of_token
from accounts.rights import OPEN, OWN, RIGHTS, may, may_somewhere, who_may
from core.accounts import ADMINISTRATORS, Appointment, Person, Post, Reach, Role, Seat, Sensitivity, Token

CITY, COUNTY, OTHER, TOWN = "440900", "440981", "440982", "440981101"
LINEAGES = ((CITY,), (COUNTY, CITY), (OTHER, CITY), (TOWN, COUNTY, CITY), ())
TOPICS = ("flood", "air", "")

reaches = some.builds(
    Reach,
    some.lists(some.sampled_from([CITY, COUNTY, OTHER, TOWN, "*"]), max_size=3).map(tuple),
    some.lists(some.sampled_from(["flood", "air", "*"]), max_size=2).map(tuple),
    some.sampled_from(Sensitivity),
)
actions = some.sampled_from([*RIGHTS, "no.such", OPEN])
grants = some.builds(
    Grant,
    some.sampled_from([Role.DUTY, Role.SECURITY, *Role]),
    reaches,
    some.just("post"),
    some.lists(actions, max_size=2).map(tuple),
)
bearers = some.builds(
    Bearer,
    some.just("person:one"),
    some.lists(grants, max_size=3).map(tuple),
    strong=some.booleans(),
    locked=some.booleans(),
    renewing=some.booleans(),
)


def _plainly(bearer: Bearer, action: str, lineage: Iterable[str], topic: str, sensitivity: Sensitivity) -> bool:
    """The table read aloud, grant by grant."""
    if action == OPEN:
        return True
    if action not in RIGHTS:
        return False
    right = RIGHTS[action]
    for grant in bearer.grants:
        if grant.role not in right.roles or (grant.actions and action not in grant.actions):
            continue
        inside = any(area in ("*", *lineage) for area in grant.reach.areas)
        about = any(mine == "*" or (mine == topic and topic) for mine in grant.reach.topics)
        if right.placed and not (inside and about):
            continue
        if sensitivity > grant.reach.sensitivity:
            continue
        if (bearer.locked and not right.lasts) or (bearer.renewing and action != OWN):
            continue
        if right.strong and not bearer.strong:
            continue
        return True
    return False


@pytest.mark.claim(
    "ACCOUNTS", "Role, area, topic, sensitivity, expiry and second factor decide together, as the table says."
)
@given(bearers, actions, some.sampled_from(LINEAGES), some.sampled_from(TOPICS), some.sampled_from(Sensitivity))
def test_the_answer_is_the_table_read_aloud(
    bearer: Bearer, action: str, lineage: tuple[str, ...], topic: str, sensitivity: Sensitivity
) -> None:
    decision = may(bearer, action, area=lineage, topic=topic, sensitivity=sensitivity)
    assert decision.allowed == _plainly(bearer, action, lineage, topic, sensitivity)
    assert decision.in_words("zh") and decision.in_words("en")


@given(bearers, actions, some.sampled_from(LINEAGES), some.sampled_from(TOPICS))
def test_a_door_opens_exactly_for_whom_there_may_be_something_behind(
    bearer: Bearer, action: str, lineage: tuple[str, ...], topic: str
) -> None:
    if may(bearer, action, area=lineage, topic=topic).allowed and action != OPEN:
        assert may_somewhere(bearer, action).allowed


@given(bearers, grants, actions, some.sampled_from(LINEAGES), some.sampled_from(TOPICS))
def test_holding_more_never_takes_a_right_away(
    bearer: Bearer, further: Grant, action: str, lineage: tuple[str, ...], topic: str
) -> None:
    more = Bearer(bearer.name, (*bearer.grants, further), bearer.strong, bearer.locked, bearer.renewing)
    assert (
        may(bearer, action, area=lineage, topic=topic).allowed <= may(more, action, area=lineage, topic=topic).allowed
    )


@pytest.mark.claim("ACCOUNTS", "None of the three administrators can do what another of them does, nor any business.")
def test_the_three_administrators_share_no_act() -> None:
    shared = {"posts.see", "people.see", OWN}  # lists that two of them need to read, and one's own account
    for role in ADMINISTRATORS:
        mine = {action for action, right in RIGHTS.items() if role in right.roles} - shared
        others = {action for action, right in RIGHTS.items() if right.roles & (ADMINISTRATORS - {role})}
        assert mine and not mine & others
        assert all(not right.placed for action, right in RIGHTS.items() if role in right.roles), "that is business"


def test_who_runs_the_installation_never_touches_a_rule() -> None:
    operations = {action for action, right in RIGHTS.items() if Role.OPERATIONS in right.roles}
    rules = {action for action, right in RIGHTS.items() if Role.RULES in right.roles}
    assert not any(action.startswith("rules.") for action in operations)
    assert not rules & {"installation.run", "feeds.edit"}
    assert not RIGHTS["rules.edit"].roles & RIGHTS["rules.release"].roles, "who drafts does not release"


def _duty(*areas: str) -> Bearer:
    return Bearer("person:li", (Grant(Role.DUTY, Reach(areas), "高州值班岗"),))


def test_reasons_say_what_is_missing() -> None:
    assert may(_duty(COUNTY), "warnings.confirm", area=(COUNTY, CITY), topic="flood").allowed
    refused = may(_duty(COUNTY), "warnings.confirm", area=(OTHER, CITY), topic="flood")
    assert refused.in_words("zh") == "岗位“高州值班岗”管辖范围不含此区域"
    assert may(_duty(COUNTY), "rules.edit").in_words("zh") == "所任岗位无权起草预警规则；有权的是：预警规则管理员"
    assert may(NOBODY, "wall.see").in_words("zh") == "请先登录"
    assert may(_duty(COUNTY), "no.such").in_words("en") == "nobody ever declared the action no.such"


@pytest.mark.claim("ACCOUNTS", "What is more sensitive than a post reaches stays hidden from it.")
@pytest.mark.parametrize("reached", list(Sensitivity))
@pytest.mark.parametrize("asked", list(Sensitivity))
def test_sensitivity_has_an_upper_end(reached: Sensitivity, asked: Sensitivity) -> None:
    bearer = Bearer("person:li", (Grant(Role.DUTY, Reach(sensitivity=reached), "值班岗"),))
    decision = may(bearer, "personal.see", area=(CITY,), topic="flood", sensitivity=asked)
    assert decision.allowed == (asked <= reached)
    assert decision.code == ("granted" if asked <= reached else "sensitivity")


def test_what_has_no_place_is_only_for_who_reaches_everywhere() -> None:
    assert not may(_duty(CITY), "warnings.confirm", topic="flood").allowed
    assert may(_duty("*"), "warnings.confirm", topic="flood").allowed


def test_who_can_see_it_and_why() -> None:
    room = [_duty(COUNTY), Bearer("person:wang", (Grant(Role.LEADER, Reach((CITY,)), "分管领导"),)), NOBODY]
    found = who_may(room, "warnings.see", area=(OTHER, CITY), topic="flood")
    assert [(bearer.name, decision.in_words("zh")) for bearer, decision in found] == [
        ("person:wang", "岗位“分管领导”（带班领导）有权看告警")
    ]


POST = Post("duty-1", "市值班一岗", "office", Role.DUTY, Reach((CITY,)))
PERSON = Person(7, "li", "李四")


@pytest.mark.claim(
    "ACCOUNTS",
    "A post counts from its first day to its last; a deputy has it within his dates; a disabled person has none.",
)
def test_what_a_person_holds_depends_on_the_day() -> None:
    term = Appointment(1, PERSON.id, POST.id, from_ms=100, until_ms=200)
    assert [bool(held(PERSON, [term], {POST.id: POST}, now_ms)) for now_ms in (99, 100, 199, 200)] == [
        False,
        True,
        True,
        False,
    ]
    deputy = Appointment(2, PERSON.id, POST.id, from_ms=300, rank=1)
    assert held(PERSON, [term, deputy], {POST.id: POST}, 300)[0].role is Role.DUTY
    assert held(Person(8, "wang", "王五"), [term], {POST.id: POST}, 150) == ()
    assert held(Person(7, "li", "李四", disabled=True), [term], {POST.id: POST}, 150) == ()


@pytest.mark.claim("ACCOUNTS", "A seat where nobody is signed in shows and rings, and can do nothing.")
def test_a_seat_keeps_the_picture_and_acts_never() -> None:
    seat = of_seat(Seat("s1", "值班一席", POST.id), POST)
    lasting = {action for action in RIGHTS if may_somewhere(seat, action).allowed}
    assert {"wall.see", "warnings.see", "indicators.see"} <= lasting
    assert lasting == {action for action, right in RIGHTS.items() if right.lasts and Role.DUTY in right.roles}
    assert may(seat, "warnings.confirm", area=(CITY,), topic="flood").code in {"topic", "locked"}


def test_a_token_opens_nothing_once_revoked_or_old() -> None:
    token = Token(3, "总控大屏", Role.WALL, "d", Reach(), (), made_ms=0, expires_ms=100)
    assert may_somewhere(of_token(token, 99), "wall.see").allowed
    assert not may_somewhere(of_token(token, 100), "wall.see").allowed
    revoked = Token(3, "总控大屏", Role.WALL, "d", Reach(), (), made_ms=0, expires_ms=None, revoked_ms=5)
    assert not may_somewhere(of_token(revoked, 6), "wall.see").allowed
    narrow = Token(4, "水务", Role.MACHINE, "d", Reach(), ("warnings.see",), made_ms=0, expires_ms=None)
    assert may_somewhere(of_token(narrow, 0), "readings.push").code == "narrowed"
