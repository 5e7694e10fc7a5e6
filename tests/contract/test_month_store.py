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
from core.errors import UnknownName
from dispatch.book import CaseBook, Rules
from dispatch.evaluation import Outcome
from dispatch.evaluations import Asked, Basis, Evaluations, Ground
from dispatch.holidays import calendars_at
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
    read: list[str] = []
    logs_of = evaluation.logs_of

    def noting(connection: Transaction, wanted: Sequence[str]) -> Iterator[tuple[str, list[EntryRow]]]:
        read.extend(wanted)
        return logs_of(connection, wanted)

    monkeypatch.setattr(evaluation, "logs_of", noting)

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


def test_an_issued_paper_is_kept_byte_by_byte(office: Office, book: CaseBook) -> None:
    (case,) = work(book, office.database, SCENE, MARCH.from_ms, "p", count=1)
    draft = PaperRow(case, 1, "first", "draft", {"measures": "关阀"}, {"units_sent": 1}, 5, worker("li").name, 6)
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
