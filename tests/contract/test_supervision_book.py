"""The book of supervision in a real database: who may write, who answers, and where the reply returns."""

from __future__ import annotations

from dataclasses import replace

import pytest
from office_day import NOW_MS, a_person, bearer_of, below_the_office, signed_in

from accounts.bearer import Bearer
from accounts.founding import console
from accounts.office import Office
from accounts.roster import Term
from accounts.warden import Warden
from core.accounts import Department, Post, Role
from core.acts import ActTopic
from core.clock import real_ms
from core.declared import Words
from core.errors import IllegalStep, NotAllowed
from core.records import MINUTE_MS
from dispatch.book import CaseBook, Now, Rules, Wish
from dispatch.holidays import calendars_at
from dispatch.kinds import CaseKind, KindClass
from dispatch.reminding import Reminding
from dispatch.response_book import Ground as ResponseGround
from dispatch.response_book import ResponseBook
from dispatch.returning import Returning
from dispatch.steps import Verb
from dispatch.supervision import OrderDeed, OrderState
from dispatch.supervision_book import About, OrderGround, OrderTold, OrderWish, SupervisionBook
from store.duty import acts_about
from store.outbox import told_after

NOW = Now("live-440900", "live", "440900", NOW_MS, NOW_MS)
KIND = CaseKind("water.x", "1", Words("积水", "water"), KindClass.EVENT, "市水务局", domain="public_service")
ASKED = {"text": "查明原因，报我", "owner": "市水务局", "working_days": 3}


@pytest.fixture
def cases(office: Office) -> CaseBook:
    rules = Rules({KIND.id: KIND}, calendars_at(((32_400, 61_200),), real_ms()), lambda area: (area, "440900"))
    return CaseBook(Warden(office.database, office.journal), lambda: rules)


@pytest.fixture
def book(office: Office, cases: CaseBook) -> SupervisionBook:
    ground = OrderGround(calendars_at(((32_400, 61_200),), real_ms()), lambda area: (area, "440900"))
    warden = Warden(office.database, office.journal)
    return SupervisionBook(warden, lambda: ground, Returning(cases, "zh"))


def bearer(office: Office, role: Role) -> Bearer:
    a_person(office, str(role), role)
    return bearer_of(office, signed_in(office, str(role)), NOW_MS)


def at(minutes: int) -> Now:
    return replace(NOW, city_ms=NOW_MS + minutes * MINUTE_MS, real_ms=NOW_MS + minutes * MINUTE_MS)


def written(book: SupervisionBook, by: Bearer, about: About) -> OrderTold:
    return book.issue(by, OrderWish("instruction", OrderDeed.ISSUE, fields=ASKED | {"kind": "instruct"}), about, NOW)


def does(book: SupervisionBook, by: Bearer, told: OrderTold, deed: OrderDeed, **fields: object) -> OrderTold:
    order = told.order
    return book.act(
        by, OrderWish(f"{deed}-{order.revision}", deed, order.id, fields, order.revision), at(order.revision)
    )


@pytest.mark.claim(
    "COMMAND", "A leader's instruction on a case becomes an order; its reply returns into the log of the case."
)
def test_an_instruction_on_a_case_and_its_reply(office: Office, book: SupervisionBook, cases: CaseBook) -> None:
    below_the_office(office, "市水务局")
    leader, liaison, dispatcher = (bearer(office, role) for role in (Role.LEADER, Role.LIAISON, Role.DISPATCHER))
    report = {"kind": KIND.id, "title": "迎宾路积水", "area": "440902"}
    case = cases.act(dispatcher, Wish("report-1", Verb.REPORT, fields=report), NOW).case.id
    about = About(f"case:{case}", "迎宾路积水", "440902", "public_service")
    with pytest.raises(NotAllowed):
        written(book, dispatcher, about)
    told = written(book, leader, about)
    assert told == written(book, leader, about)  # the same form, sent twice
    with pytest.raises(NotAllowed):
        does(book, leader, told, OrderDeed.REPLY, text="x")
    told = does(book, liaison, told, OrderDeed.REPLY, text="泵站停电，已恢复")
    told = does(book, leader, told, OrderDeed.VERIFY)
    assert told.order.state is OrderState.DONE
    said = [entry.fields["text"] for entry in cases.read(case).log if entry.verb is Verb.NOTE]
    assert said == [
        f"批示（{told.order.id}，市水务局）：查明原因，报我",
        f"督办答复（{told.order.id}）：泵站停电，已恢复",
        f"督办办结（{told.order.id}，市水务局）",
    ]
    with office.database.reading() as connection:
        sent = [row.body for row in told_after(connection, 0) if row.topic == ActTopic.ORDER]
    assert [(one["state"], one["is_open"]) for one in sent] == [("open", True), ("replied", True), ("done", False)]
    assert "查明原因" not in str(sent)


@pytest.mark.claim("COMMAND", "An instruction on a warning and its reply stand among the comments of the warning.")
def test_an_instruction_on_a_warning(office: Office, book: SupervisionBook) -> None:
    below_the_office(office, "市水务局")
    leader, liaison = bearer(office, Role.LEADER), bearer(office, Role.LIAISON)
    about = About("warning:w-17", "水位超警戒", "440902", "public_service")
    assert book.has_read(leader, about, NOW).name == "leader 的姓名"
    told = does(book, liaison, written(book, leader, about), OrderDeed.REPLY, text="已加开泵机")
    with office.database.reading() as connection:
        comments = [(act.name, act.text) for act in acts_about(connection, NOW.scene, ["w-17"])]
    assert [name for name, _ in comments] == ["leader 的姓名", "liaison 的姓名"]
    assert comments[1][1].endswith("已加开泵机")
    orders, reads = book.about(NOW.scene, about.key)
    assert orders == [told] and [one.name for one in reads] == ["leader 的姓名"]


@pytest.mark.claim(
    "ACCOUNTS", "A department's liaison answers for his own department alone: its orders, its cases, its units' tasks."
)
def test_a_liaison_answers_for_his_own_department_alone(office: Office, book: SupervisionBook, cases: CaseBook) -> None:
    leader, other, duty = (bearer(office, role) for role in (Role.LEADER, Role.LIAISON, Role.DUTY))
    by, water = console(), Department("water", "市水务局")
    for department in (water, Department("drains", "排水科", parent="water"), Department("police", "市公安局")):
        office.roster.put_department(by, department, NOW_MS)
    a_person(office, "own")
    office.roster.put_post(by, Post("water-liaison", "水务联络员", "water", Role.LIAISON), NOW_MS)
    office.roster.appoint(by, "own", "water-liaison", Term(NOW_MS - 1000), NOW_MS)
    own = bearer_of(office, signed_in(office, "own"), NOW_MS)
    case = cases.act(
        duty, Wish("case-1", Verb.REPORT, fields={"kind": KIND.id, "title": "积水", "area": "440902"}), NOW
    )
    about = About(f"case:{case.case.id}", "积水", "440902", "public_service")
    told = written(book, leader, about)
    for deed, said in ((OrderDeed.REPLY, {"text": "x"}), (OrderDeed.REFUSE, {"reason": "x"})):
        with pytest.raises(NotAllowed) as no:
            does(book, other, told, deed, **said)
        assert no.value.code == "other-department" and "市水务局" in no.value.in_words("zh")
    reply = Wish("reply-1", Verb.REPLY, case.case.id, {"text": "已处理"})
    with pytest.raises(NotAllowed):
        cases.act(other, reply, NOW)
    assert cases.act(own, reply, NOW).log[-1].verb is Verb.REPLY
    assert does(book, own, told, OrderDeed.REPLY, text="已恢复").order.state is OrderState.REPLIED
    office.roster.dissolve(by, "water", "police", NOW_MS)
    told = does(book, leader, book.read(told.order.id), OrderDeed.REDO, reason="再核实")
    assert does(book, own, told, OrderDeed.REPLY, text="再答").order.state is OrderState.REPLIED, "his post passed on"
    told = does(book, leader, book.read(told.order.id), OrderDeed.REDO, reason="再核实")
    assert does(book, duty, told, OrderDeed.REPLY, text="代答").order.state is OrderState.REPLIED, "the room may"


@pytest.mark.claim(
    "ACCOUNTS",
    "For a department that nobody entered no liaison answers, whatever his area and topic; the room may.",
)
def test_nobody_speaks_for_a_department_that_is_not_entered(office: Office, book: SupervisionBook) -> None:
    leader, liaison, duty = (bearer(office, role) for role in (Role.LEADER, Role.LIAISON, Role.DUTY))
    told = written(book, leader, About("warning:w-18", "水位超警戒", "440902", "public_service"))
    with pytest.raises(NotAllowed) as no:
        does(book, liaison, told, OrderDeed.REPLY, text="x")
    assert no.value.code == "unknown-department" and "市水务局" in no.value.in_words("zh")
    assert does(book, duty, told, OrderDeed.REPLY, text="代答").order.state is OrderState.REPLIED


def test_nobody_verifies_his_own_reply_and_the_second_desk_is_told(office: Office, book: SupervisionBook) -> None:
    leader, duty = bearer(office, Role.LEADER), bearer(office, Role.DUTY)
    told = does(
        book, duty, written(book, leader, About("indicator:x/440900", "x", "440900")), OrderDeed.REPLY, text="y"
    )
    both = replace(duty, grants=(*duty.grants, *leader.grants))
    with pytest.raises(IllegalStep, match="somebody else"):
        does(book, both, told, OrderDeed.VERIFY)
    does(book, leader, told, OrderDeed.REDO, reason="说清原因")
    with pytest.raises(IllegalStep, match="somebody else was faster"):
        book.act(leader, OrderWish("late-one", OrderDeed.VERIFY, told.order.id, {}, told.order.revision), at(9))
    assert [one.order.id for one in book.all(NOW.scene, is_open=True)] == [told.order.id]
    assert book.all(NOW.scene, is_open=False) == []


@pytest.mark.claim("COMMAND", "Of an order its owner is reminded once when its end is near and once when it is past.")
def test_time_alone_reminds(office: Office, book: SupervisionBook) -> None:
    leader = bearer(office, Role.LEADER)
    told = written(book, leader, About("indicator:x/440900", "x", "440900"))
    responses = ResponseBook(Warden(office.database, office.journal), lambda: ResponseGround({}, lambda area: (area,)))
    reminding = Reminding(responses, book)
    due_ms = told.row.due_ms
    assert due_ms is not None
    turns = [
        reminding.turn(replace(NOW, city_ms=at_ms, real_ms=at_ms))
        for at_ms in (NOW_MS, due_ms - 1000, due_ms - 500, due_ms + 1000, due_ms + 99_000)
    ]
    assert turns == [0, 1, 0, 1, 0]
    with office.database.reading() as connection:
        calls = [row.body for row in told_after(connection, 0) if row.topic == ActTopic.CALL]
    assert [(one["kind"], one["to"][0], len(one["to"])) for one in calls] == [
        ("order", "department:市水务局", 1),
        ("order", "department:市水务局", 1),
        ("order-late", "department:市水务局", 2),
    ]
    assert "查明原因" not in str(calls)
