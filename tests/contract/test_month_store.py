"""Cases of a month and issued papers in both databases: found by the step that counts, kept as bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from month_of_cases import Month as Worked
from month_of_cases import work, worker
from sqlalchemy import delete

from accounts.office import Office
from accounts.warden import Warden
from catalogue.load import load
from core.declared import Words
from core.errors import UnknownName
from core.records import HOUR_MS, MINUTE_MS
from dispatch import folding_ahead
from dispatch.book import CaseBook, Rules
from dispatch.calendars import Counting, round_the_clock
from dispatch.clocks import Obligation, Terms
from dispatch.evaluation import Outcome
from dispatch.evaluations import Asked, Basis, Evaluations, Ground
from dispatch.folding_ahead import LOOK_MS, FoldingAhead
from dispatch.holidays import calendars_at
from dispatch.kinds import CaseKind, KindClass
from dispatch.months import Month
from dispatch.steps import Verb
from store import evaluation
from store import papers as kept
from store.cases import EntryRow, log_of
from store.evaluation import Head, stepped_between
from store.papers import PaperRow
from store.sql import Transaction
from store.tables.cases import case_outcomes

PACKS = Path(__file__).parents[2] / "packs"
SCENE, MARCH = "live-440900", Month(2025, 3)
ABLE = {"pump-1": frozenset({"pump"})}


@pytest.fixture
def book(office: Office) -> CaseBook:
    declared = load(PACKS, "440900")
    calendars = calendars_at(declared.city.work_hours, MARCH.from_ms)
    rules = Rules(declared.case_kinds, calendars, lambda area: (area, "440900"))
    return CaseBook(Warden(office.database, office.journal), lambda: rules)


def logs_read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The cases whose logs are read from now on."""
    read: list[str] = []
    logs_of = evaluation.logs_of

    def noting(connection: Transaction, wanted: Sequence[str]) -> Iterator[tuple[str, list[EntryRow]]]:
        read.extend(wanted)
        return logs_of(connection, wanted)

    monkeypatch.setattr(evaluation, "logs_of", noting)
    return read


def test_a_month_has_what_was_stepped_in_it(office: Office, book: CaseBook) -> None:
    cases = work(book, office.database, SCENE, MARCH.from_ms, "m", count=6)
    with office.database.reading() as connection:
        closed = next(row for row in reversed(log_of(connection, cases[0])) if row.verb == "close")
    with office.database.transaction() as connection:
        desk = Worked(book, connection, SCENE, "correction", MARCH.from_ms)
        moved = {"entry": closed.number, "at_ms": MARCH.from_ms - 1, "reason": "补录"}
        desk.act(40_000, Verb.CORRECT, cases[0], fields=moved)
    rules = book._rules()
    ground = Ground(rules.kinds, rules.calendars, ABLE, MARCH.after.until_ms)
    desk_of_figures = Evaluations(office.database)

    def found(month: Month, sees: bool = True, scene: str = SCENE) -> set[str]:
        return set(desk_of_figures.outcomes(Asked(scene, month, Basis.CLOSED), ground, lambda head: sees))

    assert found(MARCH.before) == {cases[0]}, "a close that was corrected into February counts there"
    assert found(MARCH) == set(cases[1:]) and found(MARCH) == set(cases[1:]), "the second look gives the same"
    assert found(MARCH, sees=False) == set() == found(MARCH, scene="demo-440900")
    with office.database.reading() as connection:
        heads = stepped_between(connection, SCENE, "file", (MARCH.from_ms, MARCH.until_ms))
        assert [head.id for head in heads] == sorted(cases)
        assert heads[0] == Head(cases[0], heads[0].revision, "440902", "social_management", "积水 0")


def test_what_was_folded_is_what_the_logs_say(office: Office, book: CaseBook, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = work(book, office.database, SCENE, MARCH.from_ms, "f", count=16)
    rules, asked = book._rules(), Asked(SCENE, MARCH, Basis.CLOSED)
    ground = Ground(rules.kinds, rules.calendars, ABLE, MARCH.after.until_ms)
    read = logs_read(monkeypatch)

    def look(by: Ground = ground) -> tuple[dict[str, tuple[Head, Outcome]], list[str]]:
        """What a process says that has just begun, and whose logs it had to read."""
        read.clear()
        return Evaluations(office.database).outcomes(asked, by, lambda head: True), sorted(read)

    first, all_of_them = look()
    again, none = look()
    assert (all_of_them, none) == (sorted(cases), []) and again == first
    with office.database.transaction() as connection:
        desk = Worked(book, connection, SCENE, "later", MARCH.from_ms)
        desk.act(40_000, Verb.EVALUATE, cases[0], fields={"score": 70})
        desk.act(40_000, Verb.NOTE, cases[1], fields={"text": "补记"})
    changed, two = look()
    assert two == sorted(cases[:2])
    other = replace(ground, able={"pump-1": frozenset[str](), "patrol-1": frozenset({"pump"})})
    by_others, anew = look(other)
    assert anew == sorted(cases)
    with office.database.transaction() as connection:
        connection.execute(delete(case_outcomes))
    for by, kept_before in ((ground, changed), (other, by_others)):
        assert look(by)[0] == kept_before, "the same as from the logs alone"
    assert by_others != changed != first


@pytest.mark.claim("COMMAND", "Closed cases are folded ahead in small bites: a first look at a month reads no log.")
def test_closed_cases_are_folded_before_anybody_looks(
    office: Office, book: CaseBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = work(book, office.database, SCENE, MARCH.from_ms, "a", count=12)
    rules, read = book._rules(), logs_read(monkeypatch)
    monkeypatch.setattr(folding_ahead, "BITE", 5)
    able, at_ms = dict(ABLE), MARCH.after.from_ms
    ahead = FoldingAhead(office.database, lambda: Ground(rules.kinds, rules.calendars, dict(able), at_ms))

    def turns(count: int, now_ms: int) -> list[int]:
        """How many logs each turn reads."""
        found = []
        for _ in range(count):
            read.clear()
            ahead.turn(SCENE, now_ms)
            found.append(len(read))
        return found

    def look() -> dict[str, tuple[Head, Outcome]]:
        ground = Ground(rules.kinds, rules.calendars, able, at_ms)
        return Evaluations(office.database).outcomes(Asked(SCENE, MARCH, Basis.CLOSED), ground, lambda head: True)

    assert turns(5, 0) == [5, 5, 2, 0, 0]
    found = look()
    assert read == [] and sorted(found) == sorted(cases)
    able["pump-1"] = frozenset()
    assert turns(2, LOOK_MS) == [5, 5], "what a unit can do has changed"
    assert turns(2, LOOK_MS) == [2, 0]
    by_others = look()
    assert read == [] and by_others != found
    with office.database.transaction() as connection:
        connection.execute(delete(case_outcomes))
    assert look() == by_others and sorted(read) == sorted(cases), "the same as from the logs alone"


def test_what_still_runs_is_judged_anew_when_a_clock_ends(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = {Obligation.FILE: Terms(HOUR_MS), Obligation.DISPATCH: Terms(2 * HOUR_MS)}
    kind = CaseKind("water.road_water", "1", Words("积水", "flood"), KindClass.EVENT, "市水务局", limits=limits)
    rules = Rules({kind.id: kind}, {Counting.ALWAYS: round_the_clock()}, lambda area: (area, "440900"))
    with office.database.transaction() as connection:
        desk = Worked(
            CaseBook(Warden(office.database, office.journal), lambda: rules), connection, SCENE, "open", MARCH.from_ms
        )
        case = desk.act(60, Verb.REPORT, "", fields={"kind": kind.id, "title": "积水", "area": "440902"})
        desk.act(70, Verb.FILE, case)
    asked, read = Asked(SCENE, MARCH, Basis.FILED), logs_read(monkeypatch)
    desk_of_figures, told, folded = Evaluations(office.database), set[str](), list[int]()
    for minute in (*range(71, 400, 7), 300, 100):
        ground = Ground(rules.kinds, rules.calendars, ABLE, MARCH.from_ms + minute * MINUTE_MS)
        read.clear()
        found = desk_of_figures.outcomes(asked, ground, lambda head: True)
        folded += [minute] * len(read)
        assert found == Evaluations(office.database).outcomes(asked, ground, lambda head: True), minute
        told.add(str(found[case][1].on_time))
    assert folded == [71, 197, 100], "when it was seen first, when a clock had ended, when time went back"
    assert len(told) == 2, "in time first, late then"


def test_an_issued_paper_is_kept_byte_by_byte(office: Office, book: CaseBook) -> None:
    (case,) = work(book, office.database, SCENE, MARCH.from_ms, "p", count=1)
    draft = PaperRow(
        case, 1, "first", "draft", {"measures": "关阀"}, {"units_sent": 1}, 5, worker("li").name, 6, chain=[], trail=[]
    )
    files = {"docx": b"PK\x00\xff", "pdf": b"%PDF\x00"}
    with office.database.transaction() as connection:
        assert kept.next_number(connection, case) == 1
        kept.add_paper(connection, draft)
        assert kept.next_number(connection, case) == 2
    with office.database.reading() as connection:
        assert kept.papers_of(connection, case) == [draft]
        assert kept.file_of(connection, case, 1, "pdf") is None
    with office.database.transaction() as connection:
        kept.change_paper(connection, draft, files)
    with office.database.reading() as connection:
        assert {form: kept.file_of(connection, case, 1, form) for form in files} == files
        with pytest.raises(UnknownName):
            kept.file_of(connection, case, 2, "pdf")
