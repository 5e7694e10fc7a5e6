"""Who may hear of a warning: people by their own right, other systems by a route that says so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.accounts import Appointment, Person, Post, Reach, Role, Sensitivity
from core.notices import Channel, Delivery, Kind, Matter, Notice, Recipient, Route, State
from core.records import Level, Stamp, WarningPhase
from notices.addressing import Policy
from notices.budget import Ledger
from notices.decide import decide
from notices.entitled import Ways
from notices.roster import Roster

PUBLIC, INTERNAL, RESTRICTED = Sensitivity
NOW_MS = 1_795_304_100_000
HERE = ("440983", "440900")
REACHES = {
    "cleared": Reach(sensitivity=RESTRICTED),
    "plain": Reach(),
    "elsewhere": Reach(("440981",), sensitivity=RESTRICTED),
    "other-topic": Reach(topics=("air",), sensitivity=RESTRICTED),
}
ROLES = dict.fromkeys(REACHES, Role.DUTY) | {"engineer": Role.OPERATIONS}
PEOPLE = {number: Person(number, login, login, "13800000000") for number, login in enumerate(ROLES)}
HOOK = Recipient("hook", "上级平台", {Channel.WEBHOOK: "https://up.example/in"}, "s")
PHONE = Recipient("outside", "外单位", {Channel.SMS: "13900000000"})
OF_PERSON = {
    name: Recipient(name, name, {Channel.SMS: "13800000000", Channel.WECOM: "https://robot.example"}, person=name)
    for name in (*ROLES, "nobody")
}
ROSTER = Roster(
    recipients={one.id: one for one in (HOOK, PHONE, *OF_PERSON.values())},
    people=PEOPLE,
    appointments=[Appointment(number, number, one.login, 0) for number, one in PEOPLE.items()],
    posts={name: Post(name, name, "office", role, REACHES.get(name, Reach())) for name, role in ROLES.items()},
)
ROUTE = Route("all", "全部", tuple(f"recipient:{one}" for one in ROSTER.recipients), tuple(Channel), level=Level.BLUE)


def notice(grade: Sensitivity | None, **more: object) -> Notice:
    base = Notice(
        key="k",
        scene="live",
        stamp=Stamp.LIVE,
        kind=Kind.OPENED,
        level=Level.RED,
        warning="w1",
        card="w1",
        topic="water",
        areas=HERE,
        sentence="…",
        at_ms=NOW_MS,
        grade=grade,
    )
    return replace(base, **more)  # type: ignore[arg-type]


def why(one: Notice, who: Recipient, channel: Channel, *routes: Route, roster: Roster = ROSTER) -> str:
    return Ways(routes or (ROUTE,), roster).refused(one, who, channel, NOW_MS)


@pytest.mark.claim(
    "ACCOUNTS", "Somebody with an account hears of a warning by his right to its place, topic and grade at that moment."
)
def test_people_hear_of_what_they_may_see() -> None:
    said = {
        (name, grade.name): why(notice(grade), who, Channel.SMS)
        for name, who in OF_PERSON.items()
        for grade in (PUBLIC, RESTRICTED)
    }
    may = {("cleared", "PUBLIC"), ("cleared", "RESTRICTED"), ("plain", "PUBLIC")}
    assert {asked for asked, reason in said.items() if not reason} == may
    assert {said[asked] for asked in said.keys() - may} == {"no-right"}
    left = replace(ROSTER, people={number: replace(one, disabled=True) for number, one in PEOPLE.items()})
    assert why(notice(PUBLIC), OF_PERSON["plain"], Channel.SMS, roster=left) == "no-right"
    later = replace(ROSTER, appointments=[replace(one, until_ms=NOW_MS) for one in ROSTER.appointments])
    assert why(notice(PUBLIC), OF_PERSON["plain"], Channel.SMS, roster=later) == "no-right"


@pytest.mark.claim(
    "ACCOUNTS", "A restricted warning goes to another system or a robot only by a route that says so and names it."
)
@pytest.mark.parametrize(
    ("who", "channel"),
    [(HOOK, Channel.WEBHOOK), (PHONE, Channel.SMS), (OF_PERSON["cleared"], Channel.WECOM)],
)
def test_other_systems_hear_of_what_a_route_opens(who: Recipient, channel: Channel) -> None:
    opened = replace(ROUTE, restricted=True)
    assert why(notice(INTERNAL), who, channel) == ""
    assert why(notice(RESTRICTED), who, channel) == why(notice(None), who, channel) == "restricted"
    assert why(notice(RESTRICTED), who, channel, ROUTE, opened) == ""
    shut = {
        "disabled": replace(opened, disabled=True),
        "of others": replace(opened, to=("recipient:another", "post:cleared")),
        "elsewhere": replace(opened, areas=("440981",)),
        "of another topic": replace(opened, topics=("air",)),
    }
    assert {name: why(notice(RESTRICTED), who, channel, one) for name, one in shut.items()} == dict.fromkeys(
        shut, "restricted"
    )
    assert why(notice(RESTRICTED), OF_PERSON["plain"], Channel.WECOM, opened) == "no-right", "a route opens no eyes"


def test_signals_and_cases_are_told_as_before() -> None:
    for one in (notice(RESTRICTED, issued=True), notice(None, warning="", kind=Kind.ASSIGNED)):
        assert [why(one, who, Channel.SMS) for who in (HOOK, PHONE, OF_PERSON["nobody"])] == ["", "", ""]


def matter(warning: str, grade: Sensitivity, level: Level = Level.RED, **more: object) -> Matter:
    base = Matter(warning, "card", "water", HERE, f"{warning} 的内容", level, "active", NOW_MS, 0, grade=grade)
    return replace(base, **more)  # type: ignore[arg-type]


def decided(*matters: Matter) -> tuple[dict[str, Matter], list[tuple[Notice, Delivery]]]:
    policy = Policy("live", Stamp.LIVE, (replace(ROUTE, channels=(Channel.SMS, Channel.WEBHOOK)),), ROSTER)
    decision = decide(matters, policy, Ledger(), NOW_MS)
    told = [(one, delivery) for one, deliveries in decision.told for delivery in deliveries]
    return {one.warning: one for one in matters} | decision.matters, told


def _sent(told: list[tuple[Notice, Delivery]]) -> set[tuple[str, str, str]]:
    return {(n.warning, d.recipient, n.kind) for n, d in told if d.state is State.WAITING}


@pytest.mark.claim(
    "ACCOUNTS", "A restricted warning is told apart from the rest of its card: it neither leaks by it nor silences it."
)
def test_a_restricted_warning_of_a_card_is_told_apart() -> None:
    known, told = decided(matter("secret", RESTRICTED), matter("open", PUBLIC))
    hear_all = {(one, "cleared", Kind.OPENED) for one in ("secret", "open")}
    assert _sent(told) == hear_all | {("open", one, Kind.OPENED) for one in ("plain", "hook", "outside")}
    refused = {d.reason for n, d in told if n.warning == "secret" and d.state is State.SUPPRESSED}
    assert refused == {"no-right", "restricted"}
    ended = replace(known["open"], phase=WarningPhase.CLEARED)
    known, told = decided(known["secret"], ended)
    assert _sent(told) == {("open", one, Kind.CLEARED) for one in ("cleared", "plain", "hook", "outside")}
    _, told = decided(replace(known["secret"], phase=WarningPhase.CLEARED))
    assert _sent(told) == {("secret", "cleared", Kind.CLEARED)}, "nobody inherited it from the one that ended"


def test_the_chain_goes_on_to_the_next_who_may_hear() -> None:
    people = {0: replace(PEOPLE[1], id=0), 1: replace(PEOPLE[0], id=1)}  # plain, then cleared
    own = {"first": Post("first", "", "office", Role.DUTY, Reach()), "cleared": ROSTER.posts["cleared"]}
    held = [
        Appointment(0, 0, "watch", 0),
        Appointment(1, 1, "watch", 0, rank=2),
        Appointment(2, 0, "watch", 0, rank=1),
        Appointment(3, 1, "cleared", 0),
    ]
    watch = Post("watch", "值班", "office", Role.DUTY, Reach())
    roster = Roster(people=people, appointments=held, posts=own | {"watch": watch})
    route = Route("watch", "值班", ("post:watch",), (Channel.SMS,))
    policy = Policy("live", Stamp.LIVE, (route,), roster)
    first = decide([matter("secret", RESTRICTED)], policy, Ledger(), NOW_MS)
    assert [d.reason for _, ds in first.told for d in ds] == ["no-right"]
    second = decide(first.matters.values(), policy, Ledger(), NOW_MS + 45_000)
    assert {(d.recipient, d.state) for _, ds in second.told for d in ds} == {("person:cleared", State.WAITING)}
