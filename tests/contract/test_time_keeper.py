"""The keeper of time in a real database: every point once, whoever dies or comes twice; in log, audit and outbox."""

from __future__ import annotations

from dataclasses import replace

import pytest
from office_day import NOW_MS, a_person, acts_of, bearer_of, signed_in

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
from dispatch.kinds import CaseKind, KindClass, Rung
from dispatch.log import Origin
from dispatch.steps import Verb
from dispatch.timekeeper import BY, TimeKeeper
from store import cases as kept
from store.outbox import told_after

NOW = Now("live-440900", "live", "440900", NOW_MS, NOW_MS)
LIMITS = {Obligation.FILE: Terms(HOUR_MS, warn_ms=15 * MINUTE_MS), Obligation.REPLY: Terms(2 * HOUR_MS)}
KIND = CaseKind("water.road_water", "1", Words("积水", "Water"), KindClass.EVENT, "水务局", limits=LIMITS)
RULES = Rules({KIND.id: KIND}, {Counting.ALWAYS: round_the_clock()}, lambda area: (area, "440900"))


def book_of(office: Office) -> CaseBook:
    return CaseBook(Warden(office.database, office.journal), lambda: RULES)


def keeper_of(office: Office) -> TimeKeeper:
    return TimeKeeper(office.database, book_of(office), lambda: RULES)


def at(minutes: int) -> Now:
    return replace(NOW, city_ms=NOW_MS + minutes * MINUTE_MS, real_ms=NOW_MS + minutes * MINUTE_MS)


@pytest.fixture
def case(office: Office) -> str:
    """A case that nobody files."""
    a_person(office, "wang", Role.DISPATCHER)
    wang = bearer_of(office, signed_in(office, "wang"), NOW_MS)
    fields = {"kind": KIND.id, "title": "迎宾路积水", "area": "440902"}
    return book_of(office).act(wang, Wish("reported", Verb.REPORT, fields=fields), NOW).case.id


@pytest.mark.claim("COMMAND", "What time did stands once in log, audit and outbox, as the act of the clocks worker.")
def test_each_point_is_an_act(office: Office, case: str) -> None:
    for minute in range(0, 100, 3):
        keeper_of(office).turn(at(minute))  # each time another process
    told = book_of(office).read(case)
    assert [(one.verb, one.at_ms // MINUTE_MS - NOW_MS // MINUTE_MS) for one in told.log[1:]] == [
        (Verb.WARN, 45),
        (Verb.BREACH, 60),
        (Verb.ESCALATE, 90),
    ]
    assert {(one.by, one.origin) for one in told.log[1:]} == {(BY, Origin.CLOCK)}
    assert [act for act in acts_of(office) if act[0] == BY] == [
        (BY, "cases.time", "done"),
        (BY, "cases.time", "done"),
        (BY, "cases.supervise", "done"),
    ]
    with office.database.reading() as connection:
        rows = [row.body for row in told_after(connection, 0) if row.topic == ActTopic.CASE]
        assert [(row["revision"], row["escalated"]) for row in rows] == [(1, 0), (2, 0), (3, 0), (4, 1)]
        assert kept.due_before(connection, NOW.scene, NOW_MS + 119 * MINUTE_MS) == []
        assert kept.due_before(connection, NOW.scene, NOW_MS + 121 * MINUTE_MS) == [case]


def test_a_keeper_that_died_in_the_middle_leaves_nothing_half(
    office: Office, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []

    def dies(connection: kept.Transaction, entry: kept.EntryRow) -> None:
        written.append(entry.verb)
        if len(written) == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        add = kept.add_entry
        patch.setattr(kept, "add_entry", lambda connection, entry: (dies(connection, entry), add(connection, entry)))
        with pytest.raises(KeyboardInterrupt):
            keeper_of(office).turn(at(70))
    assert [one.verb for one in book_of(office).read(case).log] == [Verb.REPORT, Verb.WARN]
    assert keeper_of(office).turn(at(70)) == 1
    assert keeper_of(office).turn(at(70)) == 0
    assert [one.verb for one in book_of(office).read(case).log] == [Verb.REPORT, Verb.WARN, Verb.BREACH]


def test_a_case_of_another_scene_keeps_its_own_time(office: Office, case: str) -> None:
    assert keeper_of(office).turn(replace(at(500), scene="replay-440900")) == 0
    assert len(book_of(office).read(case).log) == 1


def test_the_right_of_time_is_nobodys(office: Office, case: str) -> None:
    a_person(office, "li", Role.LEADER)
    li = bearer_of(office, signed_in(office, "li"), NOW_MS)
    with pytest.raises(NotAllowed):
        book_of(office).act(li, Wish("k", Verb.BREACH, case, {"obligation": "file"}, origin=Origin.CLOCK), at(70))
    with pytest.raises(IllegalStep, match="has not come so far"):
        book_of(office).happen(BY, Wish("k", Verb.BREACH, case, {"obligation": "file"}, origin=Origin.CLOCK), at(50))


def test_what_is_not_due_any_more_is_looked_at_when_it_is(office: Office, case: str) -> None:
    """The pack's ladder became slower: its case would stand first in every look, and keep others from theirs."""
    keeper_of(office).turn(at(61))
    slower = replace(KIND, escalation=(Rung(Role.SHIFT_LEADER, 300 * MINUTE_MS),))
    keeper = TimeKeeper(office.database, book_of(office), lambda: replace(RULES, kinds={KIND.id: slower}))
    assert keeper.turn(at(95)) == 0
    with office.database.reading() as connection:
        assert kept.due_before(connection, NOW.scene, at(100).city_ms) == []
        assert kept.due_before(connection, NOW.scene, at(121).city_ms) == [case], "the reply is owed all the same"


def test_a_kind_that_packs_lost_stops_nobody_else(office: Office, case: str) -> None:
    bare = replace(RULES, kinds={})
    keeper = TimeKeeper(office.database, book_of(office), lambda: bare)
    assert keeper.turn(at(70)) == 0
    with office.database.reading() as connection:
        assert kept.due_before(connection, NOW.scene, NOW_MS + 80 * MINUTE_MS) == []
