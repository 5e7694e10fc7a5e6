"""What is told of warnings, as a timetable: at a second a warning stands so, and these are told of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from core.accounts import Appointment, Person, Post, Role, Seat
from core.notices import Channel, Delivery, InForce, Kind, Matter, Notice, Recipient, Route, Rung, State
from core.records import Level, Stamp, WarningPhase
from notices.addressing import Policy
from notices.budget import Ledger
from notices.decide import Decision, decide, followed
from notices.roster import Roster

LI = Recipient("li", "李", {Channel.SMS: "13800000001", Channel.MAIL: "li@city.example"})
WATCH = Post("watch", "值班", "office", Role.DUTY)
DRILL = Recipient("drill", "演练组", {Channel.SMS: "13900000000"}, exercise=True)
ROUTE = Route("all", "全部", to=("recipient:li",), channels=(Channel.SMS,), level=Level.BLUE)
BEGAN_MS = 1_795_304_100_000


def matter(warning: str = "w1", level: Level = Level.ORANGE, card: str = "", **more: object) -> Matter:
    base = Matter(
        warning, card or warning, "water", ("440983", "440900"), f"{warning} 水位 62.35 m", level, "active", 0, 0
    )
    return replace(base, **more)  # type: ignore[arg-type]


@dataclass
class Room:
    """Turns of one worker, as the database would carry them from one to the next."""

    routes: tuple[Route, ...] = (ROUTE,)
    roster: Roster = field(default_factory=lambda: Roster({"li": LI, "drill": DRILL}))
    stamp: Stamp = Stamp.LIVE
    ledger: Ledger = field(default_factory=Ledger)
    open: dict[str, Matter] = field(default_factory=dict)
    responses: tuple[InForce, ...] = ()
    notices: dict[str, Notice] = field(default_factory=dict)
    deliveries: list[Delivery] = field(default_factory=list)

    def at(
        self, second: float, *seen: Matter, quiet: dict[str, str] | None = None, rung: list[Rung] | None = None
    ) -> list[tuple[str, str]]:
        """One turn: who is told what kind of notice, in order; suppressed ones are kept in `reasons`."""
        now_ms = BEGAN_MS + int(second * 1000)
        for one in seen:
            self.open[one.warning] = followed(replace(one, seen_ms=now_ms), self.open.get(one.warning))
        rings = {"w1": rung or []}
        policy = Policy("live", self.stamp, self.routes, self.roster, quiet or {}, responses=self.responses, rung=rings)
        decision: Decision = decide(list(self.open.values()), policy, self.ledger, now_ms)
        self.open |= decision.matters
        for over in decision.over:
            del self.open[over]
        told = []
        for notice, deliveries in decision.told:
            assert notice.key not in self.notices, f"decided twice: {notice.key}"
            self.notices[notice.key] = notice
            self.deliveries += deliveries
            told += [(one.recipient, str(notice.kind)) for one in deliveries if one.state is State.WAITING]
        return told

    def reasons(self) -> list[str]:
        """Why what was not told was not."""
        return [n.suppressed for n in self.notices.values() if n.suppressed] + [
            d.reason for d in self.deliveries if d.reason
        ]


def test_orange_waits_for_what_comes_with_it_and_red_does_not() -> None:
    room = Room()
    assert room.at(0, matter()) == []
    assert room.at(9) == []
    assert room.at(10) == [("li", "opened")]
    assert room.at(11) == []
    assert room.at(12, matter(level=Level.RED)) == [("li", "risen")]
    assert room.at(30, matter(level=Level.RED)) == []


@pytest.mark.claim("WARN", "300 warnings of one cause in one card are one notice a level to each recipient.")
@pytest.mark.parametrize("level", [Level.ORANGE, Level.RED])
def test_a_storm_in_one_card_is_told_once(level: Level) -> None:
    room = Room()
    told = [
        told
        for second in range(60)
        for told in room.at(second, *(matter(f"w{second * 5 + n}", level, "w0") for n in range(5)))
    ]
    assert told == [("li", "opened")]
    assert room.reasons() == ["card"] * 299
    gone = [told for n in range(300) for told in room.at(100, matter(f"w{n}", level, "w0", phase="cleared"))]
    assert gone == [("li", "cleared")], "and once when all of it is over"


def test_beyond_its_budget_a_recipient_gets_one_digest_and_every_red_one_at_once() -> None:
    room = Room()
    for n in range(20):
        room.at(0, matter(f"w{n:02}"))
    told = room.at(10)
    assert told == [("li", "opened")] * 6 + [("li", "digest")]
    assert room.reasons() == ["budget"] * 14
    (digest,) = (d for d in room.deliveries if room.notices.get(d.key) is None and d.next_ms > d.made_ms)
    assert digest.next_ms == BEGAN_MS + 10_000 + 600_000, "when the first of the six leaves the ten minutes"
    assert {d.digest for d in room.deliveries if d.reason == "budget"} == {digest.key}
    assert room.at(11, matter("w99", Level.RED)) == [("li", "opened")]


def test_machines_have_no_budget() -> None:
    room = Room(roster=Roster({"li": replace(LI, budget=0)}))
    for n in range(20):
        room.at(0, matter(f"w{n}"))
    assert len(room.at(10)) == 20


@pytest.mark.parametrize("end", ["cleared", "retracted"])
def test_who_was_told_hears_that_it_is_over_or_never_was_and_nobody_else_does(end: str) -> None:
    room = Room()
    room.at(0, matter("w1", Level.RED))
    room.at(0, matter("w2"))
    assert room.at(1, matter("w2", phase=end)) == [], "of w2 nobody was told"
    assert room.at(2, matter("w1", Level.RED, phase=end)) == [("li", end)]
    assert room.open == {}
    assert room.reasons() == ["over"]


def test_a_route_that_was_closed_meanwhile_does_not_keep_the_retraction_from_who_was_told() -> None:
    room = Room()
    room.at(0, matter(level=Level.RED))
    room.routes = ()
    assert room.at(1, matter(level=Level.RED, phase="retracted")) == [("li", "retracted")]


def test_of_a_retracted_first_warning_they_hear_and_then_what_is_true() -> None:
    room = Room()
    room.at(0, matter("w1", Level.RED), matter("w2", Level.RED, "w1"), matter("w3", Level.RED, "w1"))
    assert room.at(5, matter("w1", Level.RED, phase="retracted")) == [("li", "retracted"), ("li", "opened")]
    assert room.at(6, matter("w2", Level.RED, "w2", phase="cleared"), matter("w3", Level.RED, "w2")) == []
    assert room.at(7, matter("w3", Level.RED, "w3", phase="cleared")) == [("li", "cleared")]


@pytest.mark.parametrize("why", ["trial", "late", "flapping"])
def test_trial_and_late_reports_do_not_ring_and_are_kept_with_their_reason(why: str) -> None:
    room = Room()
    silent = matter(level=Level.RED, silent=why)
    assert room.at(0, silent) == []
    assert room.at(60, replace(silent, phase=WarningPhase.CLEARED)) == []
    assert set(room.reasons()) == {why}


def test_what_is_shelved_rings_when_it_comes_back_and_still_stands() -> None:
    room = Room()
    assert room.at(0, matter(level=Level.RED), quiet={"w1": "shelved"}) == []
    assert room.at(30, quiet={"w1": "shelved"}) == []
    assert room.at(60) == [("li", "opened")]
    assert room.reasons() == ["shelved"]


def _post(*ranks: int) -> Roster:
    people = {rank: Person(rank, f"p{rank}", f"第{rank}人", f"1380000000{rank}") for rank in ranks}
    held = [Appointment(rank, rank, "watch", 0, rank=rank) for rank in ranks]
    return Roster({"li": LI}, people, held, {"seat-1": Seat("seat-1", "一席", "watch")}, posts={"watch": WATCH})


CHAIN = replace(ROUTE, to=("seat:seat-1",), then=("recipient:li",), unacknowledged_s=45)


@pytest.mark.claim("WARN", "An unacknowledged red goes to the next person's phone, deputies by rank, each within 60 s.")
def test_nobody_acknowledges_a_red_one() -> None:
    room = Room((CHAIN,), _post(0, 1, 2))
    assert room.at(0, matter(level=Level.RED)) == [("person:p0", "opened")]
    assert room.at(44) == []
    assert room.at(45) == [("person:p1", "escalated")] * 2, "by short message and by voice"
    assert room.at(90) == [("person:p2", "escalated")] * 2
    assert room.at(135) == [("li", "escalated")]
    assert [room.at(second) for second in range(136, 400, 20)] == [[]] * 14
    assert [n.sentence[:5] for n in room.notices.values() if n.kind is Kind.ESCALATED] == ["无人确认，"] * 3


@pytest.mark.claim(
    "WARN", "A call that failed, or that nobody answered within N s, goes to the next person, at any level."
)
def test_nobody_answers_a_call() -> None:
    calls = replace(CHAIN, channels=(Channel.VOICE,), unacknowledged_s=0, unanswered_s=20, level=Level.BLUE)
    room = Room((calls,), _post(0, 1, 2))
    room.at(0, matter("w1", Level.ORANGE))
    assert room.at(10) == [("person:p0", "opened")]

    def since(second: float, state: State = State.SENT) -> list[Rung]:
        return [Rung(state, BEGAN_MS + int(second * 1000))]

    assert room.at(29, rung=since(10)) == [], "it still rings"
    assert room.at(30, rung=since(10)) == [("person:p1", "escalated")] * 2
    assert room.at(31, rung=since(30, State.WAITING)) == [], "the next call has not been made yet"
    assert room.at(32, rung=since(32, State.FAILED)) == [("person:p2", "escalated")] * 2, (
        "a failed one waits for nothing"
    )
    assert room.at(60, rung=since(33, State.ANSWERED)) == []
    assert room.at(99, rung=since(33, State.ANSWERED) + since(33)) == [], "one of several took it"
    room.at(100, matter("w1", Level.ORANGE, acknowledged=Level.ORANGE))
    assert room.at(200, rung=since(33, State.FAILED)) == []
    plain = Room((replace(CHAIN, channels=(Channel.VOICE,), unacknowledged_s=0),), _post(0, 1))
    plain.at(0, matter("w1", Level.RED))
    assert plain.at(99, rung=since(0)) == [], "a gateway without receipts"


def test_an_acknowledgement_ends_the_calls_and_covers_one_level() -> None:
    room = Room((CHAIN,), _post(0, 1))
    room.at(0, matter("w1", Level.ORANGE))
    assert room.at(10) == [("person:p0", "opened")]
    room.at(12, matter("w1", Level.ORANGE, acknowledged=Level.ORANGE))
    assert room.at(20, matter("w1", Level.RED)) == [("person:p0", "risen")]
    assert room.at(65) == [("person:p1", "escalated")] * 2
    room.at(66, matter("w1", Level.RED, acknowledged=Level.RED))
    assert [room.at(second) for second in (111, 200)] == [[], []]


def test_the_calls_go_on_when_the_first_of_a_card_clears() -> None:
    room = Room((CHAIN,), _post(0, 1))
    room.at(0, matter("w1", Level.RED), matter("w2", Level.RED, "w1"))
    room.at(10, matter("w1", Level.RED, phase="cleared"), matter("w2", Level.RED, "w2"))
    assert room.at(45) == [("person:p1", "escalated")] * 2


def test_a_deputy_without_a_telephone_does_not_stop_the_calls() -> None:
    roster = _post(0, 1, 2)
    roster = replace(roster, people=roster.people | {1: Person(1, "p1", "无号")})
    room = Room((CHAIN,), roster)
    room.at(0, matter(level=Level.RED))
    assert room.at(45) == [("person:p2", "escalated")] * 2


def test_what_stands_for_long_is_told_to_those_above() -> None:
    room = Room((replace(CHAIN, standing_s=3600),), _post(0))
    room.at(0, matter())
    room.at(10)
    assert room.at(3609) == []
    assert room.at(3610) == [("li", "standing")]
    assert room.at(9999) == []


FLOOD = InForce("flood", 3, ("440900",), "r1")
TEAM = Recipient("team", "抢险队", {Channel.SMS: "13700000000"})
OF_FLOOD = Route("flood", "防汛", ("recipient:team",), (Channel.SMS,), level=Level.YELLOW, response="flood")


def _flood_room(*routes: Route, recipients: tuple[Recipient, ...] = (LI, TEAM)) -> Room:
    return Room(routes or (ROUTE, OF_FLOOD), Roster({one.id: one for one in recipients}))


@pytest.mark.claim("WARN", "A response that begins later tells its routes of what stands already: each card once.")
def test_a_response_begins_while_warnings_stand() -> None:
    room = _flood_room()
    room.at(0, matter("w1", card="c"), matter("w2", card="c"), matter("w3"), matter("w4", Level.BLUE))
    assert room.at(10) == [("li", "opened")] * 3
    room.responses = (FLOOD,)
    assert room.at(60) == [("team", "briefed")] * 2, "two cards; a blue one is below the route"
    briefed = [one for one in room.notices.values() if one.kind is Kind.BRIEFED]
    assert {one.sentence for one in briefed} == {f"响应启动前已有：{w} 水位 62.35 m" for w in ("w1", "w3")}
    assert [room.at(second) for second in (61, 120)] == [[], []]
    over = matter("w3", level=Level.NORMAL, phase=WarningPhase.CLEARED)
    assert room.at(130, over) == [("li", "cleared"), ("team", "cleared")], "who heard of it hears of its end"
    assert room.at(140, matter("w5")) == []
    assert room.at(150) == [("li", "opened"), ("team", "opened")], "what is new goes there by itself"


@pytest.mark.claim("WARN", "A response tells nobody twice, nothing that is quiet, and stays within budgets.")
def test_what_a_response_does_not_tell() -> None:
    room = _flood_room(replace(ROUTE, to=("recipient:li", "recipient:team")), OF_FLOOD)
    room.at(0, matter("w1"), matter("w2"), matter("w3", silent="late"))
    room.at(10, quiet={"w2": "shelved"})
    room.responses = (FLOOD,)
    assert room.at(20, quiet={"w2": "shelved"}) == [], "the team has heard of w1, w2 is shelved, w3 never rings"
    many = _flood_room()
    many.at(0, *[matter(f"w{n}") for n in range(9)])
    many.at(10)
    many.responses = (FLOOD,)
    assert many.at(1000).count(("team", "briefed")) == 6
    assert many.deliveries[-1].reason == "budget"


def test_what_was_shelved_when_a_response_began_is_told_when_it_comes_back() -> None:
    room = _flood_room()
    room.at(0, matter("w1"))
    room.at(10)
    room.responses = (FLOOD,)
    assert room.at(20, quiet={"w1": "shelved"}) == []
    assert room.at(30) == [("team", "briefed")]


def test_another_level_or_another_response_is_told_and_a_change_of_watch_is_not() -> None:
    room = _flood_room(ROUTE, replace(OF_FLOOD, response_level=2))
    room.at(0, matter("w1"))
    room.at(10)
    room.responses = (FLOOD,)
    assert room.at(20) == [], "level III is below the route"
    room.responses = (replace(FLOOD, level=2),)
    assert room.at(30) == [("team", "briefed")]
    room.routes = (ROUTE, replace(OF_FLOOD, to=("recipient:drill",)))
    room.roster = Roster({"li": LI, "team": TEAM, "drill": replace(DRILL, exercise=False)})
    assert room.at(40) == []
    room.responses = (replace(FLOOD, level=1, id="r2"),)
    assert room.at(50) == [("drill", "briefed")]


def test_a_red_one_that_nobody_was_there_for_climbs_from_the_response_on() -> None:
    chief = Recipient("chief", "指挥长", {Channel.VOICE: "13600000000"})
    route = replace(OF_FLOOD, unacknowledged_s=45, then=("recipient:chief",))
    room = _flood_room(route, recipients=(TEAM, chief))
    assert room.at(0, matter(level=Level.RED)) == []
    room.responses = (FLOOD,)
    assert room.at(600) == [("team", "briefed")]
    assert room.at(644) == []
    assert room.at(645) == [("chief", "escalated")]


@pytest.mark.claim(
    "WARN",
    "Who was told of orange or red hears once that its data are lost and it is judged no more, and when they return.",
)
def test_data_are_lost_under_a_standing_warning() -> None:
    room = Room(roster=Roster({"li": replace(LI, budget=9)}))
    room.at(0, matter("w1"), matter("w2", Level.YELLOW), matter("w3", card="w1"))
    assert room.at(10) == [("li", "opened")] * 2
    lost = {"lost_ms": BEGAN_MS}
    assert room.at(20, matter("w2", Level.YELLOW, **lost)) == [], "yellow that cannot be judged wakes nobody"
    assert room.at(30, matter("w1", **lost)) == [("li", "lost")]
    said = next(one.sentence for one in room.notices.values() if one.kind is Kind.LOST)
    assert said == "数据中断，暂时无法判断：w1 水位 62.35 m"
    assert room.at(40, matter("w1", **lost), matter("w3", card="w1", **lost)) == [], "one card, told once"
    assert room.at(50, matter("w1")) == [], "the other one of the card is silent still"
    assert room.at(60, matter("w3", card="w1")) == [("li", "returned")]
    assert room.at(70, matter("w1", **lost)) == [("li", "lost")], "lost again is news again"
    assert room.at(80, matter("w1", phase="cleared"), matter("w3", card="w3")) == [("li", "returned")]
    assert room.at(90, matter("w3", card="w3", phase="cleared")) == [("li", "cleared")]


def test_lost_data_stay_within_the_budget_also_of_red_and_nobody_else_hears_of_them() -> None:
    room = Room()
    for n in range(8):
        room.at(0, matter(f"w{n}", Level.RED))
    told = [told for n in range(8) for told in room.at(n + 1, matter(f"w{n}", Level.RED, lost_ms=BEGAN_MS))]
    assert told == [("li", "digest")], "eight red ones went at once; what is judged no more is in one digest"
    quiet = Room()
    quiet.at(0, matter("w1", Level.RED, silent="late"))
    assert quiet.at(9, matter("w1", Level.RED, silent="late", lost_ms=BEGAN_MS)) == [], "he was never told of it"
    shelved = Room()
    shelved.at(0, matter("w1", Level.RED))
    assert shelved.at(5, matter("w1", Level.RED, lost_ms=BEGAN_MS), quiet={"w1": "shelved"}) == []
    assert shelved.at(6) == [("li", "lost")], "when it comes off the shelf"


@pytest.mark.claim(
    "WARN", "What is simulated, exercised, replayed or tested reaches the exercise list alone, marked 【演练】."
)
@pytest.mark.parametrize("stamp", [stamp for stamp in Stamp if stamp is not Stamp.LIVE])
def test_only_the_exercise_list_hears_of_what_is_not_live(stamp: Stamp) -> None:
    room = Room((replace(ROUTE, to=("recipient:li", "recipient:drill")),), stamp=stamp)
    assert room.at(0, matter(level=Level.RED)) == [("drill", "opened")]
    assert room.reasons() == ["exercise-only"]
    assert all(notice.sentence.startswith("【演练】") for notice in room.notices.values())


def test_reasons_of_those_who_cannot_be_told() -> None:
    roster = Roster({"li": replace(LI, disabled=True), "drill": replace(DRILL, addresses={})})
    room = Room((replace(ROUTE, to=("recipient:li", "recipient:drill")),), roster)
    assert room.at(0, matter(level=Level.RED)) == []
    assert room.reasons() == ["disabled", "no-address"]
    room = Room(())
    room.at(0, matter(level=Level.RED))
    assert room.reasons() == ["no-route"]
    room = Room((replace(ROUTE, to=("post:empty",)),))
    room.at(0, matter(level=Level.RED))
    assert room.reasons() == ["nobody"]
