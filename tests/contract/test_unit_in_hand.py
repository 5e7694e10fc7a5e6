"""One unit is not sent to two cases by two desks unless one of them says that he means both."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from office_day import NOW_MS, a_person, bearer_of, signed_in
from prerequisites import ANSWER_S
from test_case_book import CALENDARS, KIND, NOW, at, reported

from accounts.bearer import Bearer
from accounts.office import Office
from accounts.warden import Warden
from core.accounts import Role
from core.errors import IllegalStep
from core.units import UnitKind, UnitRow
from dispatch.book import CaseBook, Rules, Wish
from dispatch.log import Origin
from dispatch.states import AssignmentState
from dispatch.steps import Verb

ENGINE = UnitRow("fire-3", "消防3", "市消防救援支队", ("pumping",))
SHELTER = UnitRow("school", "一小避难所", "市教育局", ("shelter",), kind=UnitKind.SHELTER)
ROUNDS = 6


@pytest.fixture
def book(office: Office) -> CaseBook:
    units = {unit.id: unit for unit in (ENGINE, SHELTER)}
    rules = Rules({KIND.id: KIND}, CALENDARS, lambda area: (area, "440900"), units)
    return CaseBook(Warden(office.database, office.journal), lambda: rules)


@pytest.fixture
def desks(office: Office) -> list[Bearer]:
    """Two dispatchers."""
    for login in ("wang", "zhang"):
        a_person(office, login, Role.DISPATCHER)
    return [bearer_of(office, signed_in(office, login), NOW_MS) for login in ("wang", "zhang")]


def send(unit: str, case: str, verb: Verb = Verb.NOTIFY, **also: object) -> Wish:
    return Wish(f"{verb}-{unit}-{case}-{len(also)}", verb, case, {"unit": unit} | also, assignment=unit)


@pytest.mark.claim(
    "COMMAND",
    "Of two desks that send one unit to two cases at once exactly one does; the other is told.",
)
def test_of_two_desks_at_once_one_is_told(book: CaseBook, desks: list[Bearer]) -> None:
    for turn in range(ROUNDS):
        cases = [reported(book, by, f"r{turn}").case.id for by in desks]
        start = Barrier(len(desks), timeout=ANSWER_S)

        def sent(by: Bearer, case: str, start: Barrier = start, unit: str = f"pump-{turn}") -> str:
            start.wait()
            try:
                return str(book.act(by, send(unit, case), NOW).case.assignments[unit].state)
            except IllegalStep as refused:
                return refused.code

        with ThreadPoolExecutor(len(desks)) as threads:
            assert sorted(threads.map(sent, desks, cases)) == [AssignmentState.NOTIFIED, "unit-in-hand"]


@pytest.mark.claim(
    "COMMAND",
    "Who sends a unit that another case has, also one kept free for it, is told unit, case, state, time and person.",
)
def test_who_says_so_sends_it_all_the_same(book: CaseBook, desks: list[Bearer]) -> None:
    wang, zhang = desks
    first, second = (reported(book, by, "r").case.id for by in desks)
    book.act(zhang, send(ENGINE.id, first, Verb.RESERVE), NOW)
    for verb in (Verb.RESERVE, Verb.NOTIFY):
        with pytest.raises(IllegalStep, match="reserved") as refused:
            book.act(wang, send(ENGINE.id, second, verb), at(1))
        assert refused.value.code == "unit-in-hand"
    book.act(zhang, send(ENGINE.id, first), NOW)
    book.act(zhang, Wish("goes", Verb.DEPART, first, assignment=ENGINE.id, origin=Origin.RELAYED), at(3))
    for doubtful in (False, "true", 1):
        with pytest.raises(IllegalStep) as refused:
            book.act(wang, send(ENGINE.id, second, also=doubtful), at(4))
        said = refused.value.in_words("zh")
    assert said.startswith(f"消防3已在 {first} 号案件中“已出发”（06:29 起，zhang 的姓名派）"), said
    told = book.act(wang, replace(send(ENGINE.id, second, also=True), key="means-it"), at(5))
    assert told.case.assignments[ENGINE.id].state is AssignmentState.NOTIFIED
    assert told.log[-1].fields == {"unit": ENGINE.id, "also": True}, "that he said so stands in the log"


def test_who_is_free_again_is_sent(book: CaseBook, desks: list[Bearer]) -> None:
    """A unit whose task is over, whose case is over, or that never leaves its place keeps nobody waiting."""
    wang, zhang = desks
    first, second = (reported(book, by, "r").case.id for by in desks)
    for unit in ("done", "dropped", SHELTER.id):
        book.act(zhang, send(unit, first), NOW)
    book.act(wang, send(SHELTER.id, second), NOW)
    refusal = Wish("over", Verb.REFUSE, first, {"reason": "故障"}, assignment="done", origin=Origin.RELAYED)
    book.act(zhang, refusal, NOW)
    book.act(wang, send("done", second), NOW)
    with pytest.raises(IllegalStep, match="dropped is notified"):
        book.act(wang, send("dropped", second), NOW)
    book.act(zhang, Wish("none", Verb.REJECT, first, {"reason": "无此事"}), NOW)
    book.act(wang, send("dropped", second), NOW)


def test_a_rehearsal_keeps_nobody_from_real_work(book: CaseBook, desks: list[Bearer]) -> None:
    wang, zhang = desks
    replayed = replace(NOW, scene="replay-440900", stamp="replay")
    real = reported(book, wang).case
    case = book.act(zhang, Wish("r", Verb.REPORT, fields=real.facts), replayed).case.id
    book.act(zhang, send(ENGINE.id, case), replayed)
    book.act(wang, send(ENGINE.id, real.id), NOW)
