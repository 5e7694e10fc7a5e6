"""The book of cases in a real database: rights, repeats, two desks at once, and a log that rebuilds every case."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from office_day import NOW_MS, a_person, acts_of, bearer_of, signed_in

from accounts.bearer import Bearer
from accounts.office import Office
from accounts.warden import Warden
from core.accounts import Role
from core.acts import ActTopic
from core.declared import Words
from core.errors import IllegalStep, NotAllowed, UnknownName
from core.records import DAY_MS, HOUR_MS, MINUTE_MS
from dispatch import urgency
from dispatch.book import CaseBook, Now, Rules, Told, Wish
from dispatch.calendars import Counting, round_the_clock
from dispatch.case import fold
from dispatch.clocks import Obligation, Terms
from dispatch.kinds import CaseKind, KindClass
from dispatch.log import Origin
from dispatch.states import AssignmentState, CaseState
from dispatch.steps import Verb
from store import cases as kept
from store.case_queue import Asked, queue
from store.outbox import told_after

NOW = Now("live-440900", "live", "440900", NOW_MS, NOW_MS)
KIND = CaseKind(
    "water.road_water",
    "1",
    Words("道路积水", "Water on the road"),
    KindClass.EVENT,
    "市水务局",
    domain="social_management",
    limits={Obligation.FILE: Terms(HOUR_MS), Obligation.HANDLE: Terms(4 * HOUR_MS)},
    needs={Verb.CLOSE: ("photo",)},
    returned=2,
)
CALENDARS = {Counting.ALWAYS: round_the_clock()}
REPORTED = {
    "kind": KIND.id,
    "title": "迎宾路积水",
    "area": "440902",
    "place": {"lon_deg": 110.92, "lat_deg": 21.66, "accuracy_m": 50, "origin": "gps"},
    "correlation": "w-17",
}


@pytest.fixture
def book(office: Office) -> CaseBook:
    rules = Rules({KIND.id: KIND}, CALENDARS, lambda area: (area, "440900"))
    return CaseBook(Warden(office.database, office.journal), lambda: rules)


@pytest.fixture
def wang(office: Office) -> Bearer:
    """A dispatcher."""
    a_person(office, "wang", Role.DISPATCHER)
    return bearer_of(office, signed_in(office, "wang"), NOW_MS)


def at(minutes: int) -> Now:
    return replace(NOW, city_ms=NOW_MS + minutes * MINUTE_MS, real_ms=NOW_MS + minutes * MINUTE_MS)


def reported(book: CaseBook, by: Bearer, key: str = "r1", **other: Any) -> Told:
    return book.act(by, Wish(key, Verb.REPORT, fields=REPORTED | other), NOW)


def step(book: CaseBook, by: Bearer, told: Told, verb: Verb, minutes: int = 1, **wish: Any) -> Told:
    key = wish.pop("key", f"{verb}-{told.case.revision}")
    return book.act(by, Wish(key, verb, told.case.id, revision=told.case.revision, **wish), at(minutes))


@pytest.mark.claim("COMMAND", "A step, its audit entry and its telling are one transaction; a repeat adds nothing.")
def test_a_report_is_written_audited_and_told_once(office: Office, book: CaseBook, wang: Bearer) -> None:
    first, again = reported(book, wang), reported(book, wang)
    assert first == again
    assert first.case.id == "440900-20261122-0001"
    assert [act for act in acts_of(office) if act[1] == "cases.tell"] == [("person:wang", "cases.tell", "done")]
    with office.database.reading() as connection:
        told = [row for row in told_after(connection, 0) if row.topic == ActTopic.CASE]
        row = kept.case_of(connection, first.case.id)
    assert [(one.body["id"], one.body["revision"]) for one in told] == [(first.case.id, 1)]
    assert (row.due_ms, row.due_of, row.lead) == (NOW_MS + HOUR_MS, "file", "市水务局")
    assert reported(book, wang, "r2").case.id == "440900-20261122-0002"


def test_what_is_stored_folds_to_what_was_answered(office: Office, book: CaseBook, wang: Bearer) -> None:
    told = reported(book, wang)
    told = step(book, wang, told, Verb.FILE)
    told = step(book, wang, told, Verb.DISPATCH, fields={"lead": "市水务局"})
    told = step(book, wang, told, Verb.NOTIFY, assignment="t1", fields={"unit": "抢修1"})
    told = step(book, wang, told, Verb.ARRIVE, 30, assignment="t1", origin=Origin.RELAYED)
    assert told.case.state is CaseState.HANDLING  # the first unit that arrives takes the case
    assert told.case.assignments["t1"].state is AssignmentState.ON_SCENE
    assert told.case.assignments["t1"].reached[AssignmentState.ON_SCENE].origin is Origin.RELAYED
    again = book.read(told.case.id)
    assert again == told
    assert fold(again.log, CALENDARS) == told.case
    with office.database.reading() as connection:
        assert [row.case for row in kept.tasks_of(connection, ["抢修1"])] == [told.case.id]


@pytest.mark.claim("COMMAND", "The second of two desks is told that the case has changed; nothing is written over.")
def test_the_second_desk_is_told(book: CaseBook, wang: Bearer) -> None:
    told = reported(book, wang)
    step(book, wang, told, Verb.FILE, key="a")
    with pytest.raises(IllegalStep) as refused:
        step(book, wang, told, Verb.REJECT, key="b", fields={"reason": "重复"})
    assert refused.value.in_words("zh") == "案卷刚被他人更新，已到第 2 条记录；请看过再办"
    assert book.read(told.case.id).case.state is CaseState.FILED


def test_a_number_that_another_platform_gave_is_passed_over(book: CaseBook, wang: Bearer) -> None:
    handed = Wish("from-above", Verb.REPORT, fields=REPORTED, number="440900-20261122-0001")
    assert book.act(wang, handed, NOW).case.id == "440900-20261122-0001"
    assert reported(book, wang).case.id == "440900-20261122-0002"


def test_a_key_is_known_of_whoever_chose_it(office: Office, book: CaseBook, wang: Bearer) -> None:
    first = reported(book, wang, "same-key")
    a_person(office, "zhao", Role.HOTLINE)
    zhao = bearer_of(office, signed_in(office, "zhao"), NOW_MS)
    assert reported(book, zhao, "same-key").case.id != first.case.id


@pytest.mark.claim("COMMAND", "What is struck out stays readable, and says who struck it and why.")
def test_a_strike_takes_nothing_away(book: CaseBook, wang: Bearer) -> None:
    told = step(book, wang, reported(book, wang), Verb.NOTE, fields={"text": "记错了"})
    step(book, wang, told, Verb.STRIKE, fields={"entry": 2, "reason": "写错案卷"})
    log = book.read(told.case.id).log
    assert [(one.number, one.verb, one.by) for one in log[1:]] == [
        (2, Verb.NOTE, "person:wang"),
        (3, Verb.STRIKE, "person:wang"),
    ]
    assert (log[1].fields["text"], log[2].fields) == ("记错了", {"entry": 2, "reason": "写错案卷"})


def test_only_what_is_open_is_held_against_others(office: Office, book: CaseBook, wang: Bearer) -> None:
    """A case that was rejected is no double, no precedent, and its units have nothing in hand."""
    told = step(book, wang, reported(book, wang), Verb.NOTIFY, assignment="t1", fields={"unit": "pump-1"})
    here = kept.Circle(110.921, 21.661, 300.0)
    with office.database.transaction() as connection:
        assert [one.id for one in kept.near(connection, NOW.scene, here, (0, NOW_MS))] == [told.case.id]
        assert [one.case for one in kept.tasks_of(connection, ["pump-1"])] == [told.case.id]
        kept.look_again(connection, told.case.id, told.case.revision - 1, None)
        assert kept.due_before(connection, NOW.scene, NOW_MS + DAY_MS) == [told.case.id], "its log went on meanwhile"
        assert kept.due_before(connection, "replay-440900", NOW_MS + DAY_MS) == []
        kept.look_again(connection, told.case.id, told.case.revision, None)
        assert kept.due_before(connection, NOW.scene, NOW_MS + DAY_MS) == []
    step(book, wang, told, Verb.REJECT, fields={"reason": "无此事"})
    with office.database.reading() as connection:
        assert kept.near(connection, NOW.scene, here, (0, NOW_MS)) == []
        assert kept.tasks_of(connection, ["pump-1"]) == []
        assert kept.closed_of(connection, NOW.scene, KIND.id, 10) == []


def test_what_a_kind_needs_is_asked_for(book: CaseBook, wang: Bearer) -> None:
    with pytest.raises(IllegalStep, match="still needs: Title"):
        book.act(wang, Wish("k", Verb.REPORT, fields={"kind": KIND.id}), NOW)
    with pytest.raises(IllegalStep, match="no kind 'fire'"):
        reported(book, wang, kind="fire")
    with pytest.raises(UnknownName, match="no case has the number"):
        book.act(wang, Wish("k", Verb.FILE, "440900-0"), NOW)


def test_another_scene_is_not_worked_on(book: CaseBook, wang: Bearer) -> None:
    told = reported(book, wang)
    with pytest.raises(IllegalStep, match="another scene"):
        book.act(wang, Wish("k", Verb.FILE, told.case.id), replace(NOW, scene="replay-440900"))


@pytest.mark.claim(
    "COMMAND", "A step asks for the right to it in the area and topic of the case; refusals are audited."
)
def test_rights_are_asked_for_each_step(office: Office, book: CaseBook, wang: Bearer) -> None:
    told = reported(book, wang)
    a_person(office, "li", Role.FIELD)
    field = bearer_of(office, signed_in(office, "li"), NOW_MS)
    with pytest.raises(NotAllowed):
        step(book, field, told, Verb.FILE)
    assert ("person:li", "cases.open", "refused") in acts_of(office)
    narrow = replace(wang, grants=tuple(replace(g, reach=replace(g.reach, areas=("440981",))) for g in wang.grants))
    with pytest.raises(NotAllowed):
        step(book, narrow, told, Verb.FILE)
    assert book.read(told.case.id).case.revision == 1


@pytest.mark.claim("COMMAND", "Refused by its departments too often, a case is escalated by itself.")
def test_too_many_returns_escalate(book: CaseBook, wang: Bearer) -> None:
    told = step(book, wang, reported(book, wang), Verb.FILE)
    for turn in range(2):
        told = step(book, wang, told, Verb.DISPATCH, fields={"lead": f"局{turn}"})
        told = step(book, wang, told, Verb.RETURN, origin=Origin.RELAYED, fields={"reason": "不属我局"})
    assert (told.case.returned, told.case.escalated) == (2, 1)
    assert told.log[-1].verb is Verb.ESCALATE and told.log[-1].origin is Origin.CLOCK


def test_the_queue_is_by_what_is_due_first(office: Office, book: CaseBook, wang: Bearer) -> None:
    early, late = reported(book, wang, "a"), reported(book, wang, "b")
    late = step(book, wang, late, Verb.FILE)  # its clock was met: none runs
    with office.database.reading() as connection:
        asked = Asked(areas=("440902",))
        assert [row.id for row in queue(connection, NOW.scene, asked)] == [early.case.id, late.case.id]
        assert queue(connection, NOW.scene, replace(asked, areas=("440981",))) == []
        here, always = kept.Circle(110.921, 21.661, 300.0), (0, NOW_MS)
        assert [row.id for row in kept.near(connection, NOW.scene, here, always)] == [early.case.id, late.case.id]
        assert kept.near(connection, NOW.scene, here, (0, NOW_MS - 1)) == [], "told at another time"
        assert kept.near(connection, NOW.scene, replace(here, lon_deg=111.2), always) == []
        assert kept.due_before(connection, NOW.scene, NOW_MS + HOUR_MS + 1) == [early.case.id]


def test_the_queue_turns_its_pages_for_who_sees_little(
    book: CaseBook, wang: Bearer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nine areas in turn, two cases in three under a clock; whoever asks sees two areas."""
    monkeypatch.setattr(urgency, "AT_ONCE", 4)
    found = []
    for number in range(36):
        told = reported(book, wang, f"many-{number:02}", area=f"44090{number % 9}")
        found.append(step(book, wang, told, Verb.FILE, key=f"file-{number:02}") if number % 3 == 0 else told)
    order = sorted(found, key=lambda told: (told.case.state is CaseState.FILED, told.case.id))
    own = [told.case.id for told in order if told.case.facts["area"] in ("440903", "440904")]
    turned, asked = [], Asked(limit=2)
    while True:
        page = book.queue(NOW.scene, asked, lambda area, topic: area in ("440903", "440904"))
        turned += [row.id for row in page.cases]
        if page.after is None:
            break
        assert len(page.cases) == 2
        asked = replace(asked, after=page.after)
    assert turned == own and len(own) == 8
    assert book.queue(NOW.scene, Asked(), lambda area, topic: False).cases == ()
