"""The book of responses in a real database: who may begin what, how high, and what the city is told."""

from __future__ import annotations

from dataclasses import replace

import pytest
from office_day import NOW_MS, a_person, acts_of, bearer_of, signed_in

from accounts.bearer import Bearer
from accounts.office import Office
from accounts.warden import Warden
from core.accounts import Role
from core.acts import ActTopic
from core.declared import Words
from core.errors import IllegalStep, NotAllowed
from core.records import HOUR_MS, MINUTE_MS
from dispatch.book import CaseBook, Now, Rules, Wish
from dispatch.calendars import Counting, round_the_clock
from dispatch.clocks import Obligation, Terms
from dispatch.kinds import CaseKind, KindClass
from dispatch.plans import Plan, PlanStep, Progress, ResponseLevel
from dispatch.reminding import Reminding
from dispatch.response_book import Ground, ResponseBook, ResponseWish
from dispatch.response_rows import ResponseTold, in_force
from dispatch.responses import Deed, ResponseState, review_of
from dispatch.steps import Verb
from dispatch.supervision_book import OrderGround, SupervisionBook
from store import cases as kept
from store.outbox import told_after

NOW = Now("live-440900", "live", "440900", NOW_MS, NOW_MS)
PLAN = Plan(
    "flood",
    "3",
    Words("防汛应急预案", "Flood plan"),
    "市三防办",
    (
        PlanStep("consult", Words("会商研判", "consult"), "市三防办", 1800),
        PlanStep("schools", Words("停课", "close schools"), "市教育局", 7200, ("consult",), (ResponseLevel.SECOND,)),
    ),
    review_s=3600,
    hastens={ResponseLevel.SECOND: 0.5},
)
ASKED = {"level": 3, "areas": ["440900"], "reason": "河道水位持续上涨"}


@pytest.fixture
def book(office: Office) -> ResponseBook:
    ground = Ground({"flood": PLAN}, lambda area: (area, "440900"))
    return ResponseBook(Warden(office.database, office.journal), lambda: ground)


def bearer(office: Office, role: Role) -> Bearer:
    a_person(office, str(role), role)
    return bearer_of(office, signed_in(office, str(role)), NOW_MS)


def at(minutes: int) -> Now:
    return replace(NOW, city_ms=NOW_MS + minutes * MINUTE_MS, real_ms=NOW_MS + minutes * MINUTE_MS)


def proposed(book: ResponseBook, by: Bearer, key: str = "proposal", **other: object) -> ResponseTold:
    return book.act(by, ResponseWish(key, Deed.PROPOSE, plan="flood", fields=ASKED | other), NOW)


def does(
    book: ResponseBook, by: Bearer, told: ResponseTold, deed: Deed, minutes: int, **fields: object
) -> ResponseTold:
    course = told.course
    wish = ResponseWish(f"{deed}-{course.revision}", deed, course.response.id, "", fields, course.revision)
    return book.act(by, wish, at(minutes))


@pytest.mark.claim(
    "COMMAND", "A duty officer proposes a response, a shift leader approves Ⅲ and Ⅳ, and Ⅰ and Ⅱ only a leader."
)
def test_who_may_begin_what_and_how_high(office: Office, book: ResponseBook) -> None:
    duty, shift, leader = (bearer(office, role) for role in (Role.DUTY, Role.SHIFT_LEADER, Role.LEADER))
    told = proposed(book, duty)
    assert told == proposed(book, duty) and told.course.state is ResponseState.PROPOSED
    assert told.course.response.id == "R440900-20261122-01" and told.course.standings(NOW_MS) == []
    with pytest.raises(NotAllowed):
        does(book, duty, told, Deed.APPROVE, 1)
    told = does(book, shift, told, Deed.APPROVE, 5)
    assert told.course.response.approver == "shift-leader 的姓名"
    assert told.course.response.review_ms == NOW_MS + 5 * MINUTE_MS + HOUR_MS
    with pytest.raises(NotAllowed):
        does(book, shift, told, Deed.CHANGE, 9, level=2, reason="超警戒")
    told = does(book, leader, told, Deed.CHANGE, 10, level=2, reason="超警戒")
    with pytest.raises(NotAllowed):
        does(book, shift, told, Deed.END, 11, reason="水退")
    assert [act[1:] for act in acts_of(office) if act[1] in ("responses.approve", "responses.command")] == [
        ("responses.approve", "refused"),
        ("responses.approve", "done"),
        ("responses.command", "refused"),
        ("responses.command", "done"),
        ("responses.command", "refused"),
    ]
    with office.database.reading() as connection:
        assert [(plan, one.level) for plan, one in in_force(connection, NOW.scene)] == [(PLAN, ResponseLevel.SECOND)]
        sent = [row.body for row in told_after(connection, 0) if row.topic == ActTopic.RESPONSE]
    assert [(one["state"], one["level"], one["steps"]) for one in sent] == [
        ("proposed", 3, 0),
        ("in-force", 3, 1),
        ("in-force", 2, 2),
    ]
    assert sent[-1]["due_ms"] == [NOW_MS + 35 * MINUTE_MS]  # the second step waits for the first


def test_the_second_desk_is_told_and_nothing_is_done_twice(office: Office, book: ResponseBook) -> None:
    leader = bearer(office, Role.LEADER)
    told = proposed(book, leader)
    approved = does(book, leader, told, Deed.APPROVE, 1)
    with pytest.raises(IllegalStep, match="somebody else was faster"):
        book.act(leader, ResponseWish("late-key", Deed.DECLINE, told.course.response.id, "", {"reason": "x"}, 1), at(2))
    with pytest.raises(IllegalStep, match="in force nobody can"):
        does(book, leader, approved, Deed.DECLINE, 2, reason="x")
    with pytest.raises(IllegalStep, match="still needs: Reason"):
        does(book, leader, approved, Deed.END, 2)
    with pytest.raises(IllegalStep, match="a level is 1 to 4"):
        does(book, leader, approved, Deed.CHANGE, 2, level=5, reason="x")
    assert book.read(told.course.response.id) == approved


@pytest.mark.claim("COMMAND", "An exercise is worked like a response, and is told to the city with the stamp of one.")
def test_an_exercise_leaves_nothing_behind(office: Office, book: ResponseBook) -> None:
    leader = bearer(office, Role.LEADER)
    told = does(book, leader, proposed(book, leader, exercise=True), Deed.APPROVE, 1)
    told = does(book, leader, told, Deed.TICK, 2, step="consult")
    with office.database.reading() as connection:
        assert in_force(connection, NOW.scene) == []
        stamps = {row.body["stamp"] for row in told_after(connection, 0) if row.topic == ActTopic.RESPONSE}
        stamps |= {row.body["stamp"] for row in told_after(connection, 0) if row.topic == ActTopic.CALL}
    assert stamps == {"drill"}
    assert [one.progress for one in told.course.standings(NOW_MS)] == [Progress.DONE]


@pytest.mark.claim(
    "COMMAND", "An after-action review counts from the log alone: levels, steps in time and late, reviews."
)
def test_a_review_is_counted_from_the_log(office: Office, book: ResponseBook) -> None:
    leader = bearer(office, Role.LEADER)
    told = does(book, leader, proposed(book, leader), Deed.APPROVE, 0)
    told = does(book, leader, told, Deed.TICK, 40, step="consult")
    told = does(book, leader, told, Deed.CHANGE, 60, level=2, reason="超警戒")
    told = does(book, leader, told, Deed.REVIEW, 130)
    told = does(book, leader, told, Deed.NOTE, 140, text="水位回落")
    told = does(book, leader, told, Deed.TICK, 150, step="schools")
    told = does(book, leader, told, Deed.END, 200, reason="水退")
    review = review_of(PLAN, told.log, NOW_MS + 999 * HOUR_MS)
    assert [(at_ms - NOW_MS, level) for at_ms, level, _ in review.levels] == [(0, 3), (HOUR_MS, 2)]
    assert (review.in_time, review.late, review.skipped, review.open) == (1, 1, 0, 0)
    assert [one.late_ms for one in review.steps] == [10 * MINUTE_MS, 0]
    assert (review.reviews, review.reviews_late, review.lasted_ms) == (1, 1, 200 * MINUTE_MS)
    assert [one.fields["text"] for one in review.notes] == ["水位回落"]
    assert told.course.state is ResponseState.ENDED and not told.course.review_late(NOW_MS + 999 * HOUR_MS)


@pytest.mark.claim("COMMAND", "Under a response in force a case of its area is due sooner; its citizen's reply is not.")
def test_cases_of_the_area_are_due_sooner(office: Office, book: ResponseBook) -> None:
    leader = bearer(office, Role.LEADER)
    limits = {Obligation.FILE: Terms(HOUR_MS, warn_ms=30 * MINUTE_MS), Obligation.REPLY: Terms(4 * HOUR_MS)}
    kind = CaseKind("x", "1", Words("积水", "water"), KindClass.EVENT, "市水务局", limits=limits)
    rules = Rules({"x": kind}, {Counting.ALWAYS: round_the_clock()}, lambda area: (area, "440900"))
    cases = CaseBook(Warden(office.database, office.journal), lambda: rules)

    def granted(key: str, area: str) -> dict[Obligation, tuple[int, int]]:
        told = cases.act(leader, Wish(key, Verb.REPORT, fields={"kind": "x", "title": "积水", "area": area}), at(9))
        return {clock.obligation: (clock.terms.limit_ms, clock.terms.warn_ms) for clock in told.case.clocks}

    usual = {Obligation.FILE: (HOUR_MS, 30 * MINUTE_MS), Obligation.REPLY: (4 * HOUR_MS, 0)}
    told = proposed(book, leader, level=2, areas=["440902"])
    assert granted("before-1", "440902") == usual
    told = does(book, leader, told, Deed.APPROVE, 1)
    assert granted("during-1", "440902") == usual | {Obligation.FILE: (HOUR_MS // 2, 15 * MINUTE_MS)}
    with office.database.reading() as connection:
        during = kept.entry_with_key(connection, leader.name, "during-1")
    again = cases.read(during.case).case if during else None
    parts = {clock.obligation: clock.terms.part for clock in again.clocks} if again else {}
    assert parts == {Obligation.FILE: 0.5, Obligation.REPLY: 1.0}, "the log says how much sooner it goes up"
    assert granted("elsewhere", "440981") == usual
    does(book, leader, told, Deed.END, 2, reason="水退")
    assert granted("after-it", "440902") == usual


@pytest.mark.claim(
    "COMMAND", "A response calls the room and the owners of its steps; a review that is overdue, leaders."
)
def test_whom_a_response_calls(office: Office, book: ResponseBook) -> None:
    leader = bearer(office, Role.LEADER)
    told = does(book, leader, proposed(book, leader), Deed.APPROVE, 0)
    orders = SupervisionBook(
        Warden(office.database, office.journal),
        lambda: OrderGround({}, lambda area: (area,)),
        lambda *given: None,
    )
    reminding = Reminding(book, orders)
    assert [reminding.turn(at(minutes)) for minutes in (59, 61, 62)] == [0, 1, 0]
    does(book, leader, book.read(told.course.response.id), Deed.REVIEW, 63)
    assert [reminding.turn(at(minutes)) for minutes in (64, 124)] == [0, 1]
    with office.database.reading() as connection:
        calls = [row.body for row in told_after(connection, 0) if row.topic == ActTopic.CALL]
    assert [one["kind"] for one in calls] == ["response", "review", "review"]
    assert {"department:市三防办", "role:duty", "role:leader"} <= set(calls[0]["to"])
    assert calls[1]["to"] == ["role:leader", "role:shift-leader"]


@pytest.mark.claim(
    "COMMAND", "A message of a plan is sent to the owners of its steps and its contacts, and stands in the log."
)
def test_a_message_is_sent(office: Office) -> None:
    plan = replace(PLAN, contacts=("市水务局", "市三防办"))
    book = ResponseBook(Warden(office.database, office.journal), lambda: Ground({"flood": plan}, lambda area: (area,)))
    leader, words = bearer(office, Role.LEADER), "请低洼地区群众按通知转移"
    for exercise, stamp in ((False, "live"), (True, "drill")):
        response = proposed(book, leader, f"asked-{exercise}", exercise=exercise).course.response.id
        sent = ResponseWish(f"send-{exercise}", Deed.SEND, response, fields={"text": words})
        with pytest.raises(IllegalStep):
            book.act(leader, sent, at(0))
        book.act(leader, ResponseWish(f"approve-{exercise}", Deed.APPROVE, response), at(1))
        told = book.act(leader, sent, at(2))
        assert (told.log[-1].deed, told.log[-1].fields["text"]) == (Deed.SEND, words)
        with office.database.reading() as connection:
            call = [row.body for row in told_after(connection, 0) if row.topic == ActTopic.CALL][-1]
        assert (call["kind"], call["about"]["text"], call["stamp"]) == ("message", words, stamp)
        assert call["to"] == ["department:市三防办", "department:市水务局"]
