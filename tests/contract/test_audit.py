"""The audit in a real database: it cannot be changed there, and what is changed all the same is found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from accounts.bearer import NOBODY, Bearer, Grant
from accounts.chain import Fault
from accounts.journal import HEADS, Journal
from accounts.looks import ACTION, BATCH, Look, Looks
from accounts.warden import Warden
from core.accounts import Act, Reach, Role
from core.errors import NotAllowed, Taken
from store import audit, people
from store.audit import Asked
from store.sql import Database

SYSTEM = Bearer("person:sys", (Grant(Role.SYSTEM, Reach(), "系统管理岗"),), strong=True)


@pytest.fixture
def journal(database: Database, tmp_path: Path) -> Journal:
    return Journal(database, "sha256", tmp_path)


def _fill(journal: Journal, rows: int = 5) -> None:
    for number in range(rows):
        journal.write_alone(Act("person:li", "warnings.confirm", f"warning:{number}", number, detail={"n": number}))


@pytest.fixture
def opened(database: Database) -> Iterator[Database]:
    """The database as somebody with all rights on it leaves it: without its triggers."""
    with database.transaction() as connection:
        names = ("audit_keeps_rows", "audit_keeps_words", "audit_counts_on")
        for name in names if database.shown.startswith("sqlite") else (names[0], names[2]):
            on = "" if database.shown.startswith("sqlite") else " ON audit"
            connection.execute(text(f"DROP TRIGGER {name}{on}"))
    return database


@pytest.mark.claim("ACCOUNTS", "The database refuses to change, delete, empty or skip rows of the audit.")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'nobody' WHERE number = 2",
        "UPDATE audit SET detail = '{}'",
        "DELETE FROM audit WHERE number = 5",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE number = 2",
        "INSERT INTO audit SELECT 9, at_ms, actor, action, subject, address, outcome, detail, algorithm, previous,"
        " digest FROM audit WHERE number = 2",
    ],
)
def test_the_database_refuses_to_change_the_audit(journal: Journal, database: Database, statement: str) -> None:
    _fill(journal)
    with pytest.raises((DBAPIError, Exception)) as refused, database.transaction() as connection:
        connection.execute(text(statement))
    assert any(word in str(refused.value) for word in ("append-only", "syntax error"))
    assert journal.verify().rows == 5 and not journal.verify().faults


@pytest.mark.claim(
    "ACCOUNTS", "Rows altered, removed or reordered behind the database's back are found by `audit verify`."
)
@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE audit SET subject = 'warning:9' WHERE number = 2", Fault(2, "altered")),
        ("UPDATE audit SET at_ms = 77 WHERE number = 5", Fault(5, "altered")),
        ("DELETE FROM audit WHERE number = 3", Fault(4, "gap")),
        ("DELETE FROM audit WHERE number = 1", Fault(2, "gap")),
        ("DELETE FROM audit WHERE number >= 4", Fault(5, "cut")),
        ("DELETE FROM audit", Fault(5, "cut")),
        ("UPDATE audit SET number = 6 - number WHERE number IN (2, 4)", Fault(2, "unchained")),
    ],
)
def test_what_was_done_behind_its_back_is_found(
    journal: Journal, opened: Database, statement: str, fault: Fault
) -> None:
    _fill(journal)
    journal.anchor(now_ms=9)
    swaps = "6 - number" in statement
    statements = (
        [f"UPDATE audit SET number = {to} WHERE number = {of}" for of, to in ((2, 99), (4, 2), (99, 4))]
        if swaps
        else [statement]
    )
    with opened.transaction() as connection:
        for one in statements:
            connection.execute(text(one))
    assert fault in journal.verify().faults


def test_heads_are_kept_outside_and_only_when_new(journal: Journal, tmp_path: Path) -> None:
    assert journal.anchor(1) is None, "nothing to keep"
    _fill(journal, 2)
    assert journal.anchor(2) is not None
    assert journal.anchor(3) is None, "nothing new"
    _fill(journal, 1)
    journal.anchor(4)
    assert [head.number for head in journal.heads()] == [2, 3]
    with (tmp_path / HEADS).open("a") as file:
        file.write("4 torn-by-a-power")
    assert [head.number for head in journal.heads()] == [2, 3]
    assert not journal.verify().faults


@pytest.mark.claim("ACCOUNTS", "The act and its audit row are one transaction: neither stands without the other.")
def test_an_act_that_fails_leaves_no_row_and_the_reverse(database: Database, journal: Journal) -> None:
    warden = Warden(database, journal)
    with pytest.raises(RuntimeError), warden.acting(SYSTEM, "people.edit", "person:li", 1) as connection:
        people.add_person(connection, "li", "李四")
        raise RuntimeError("power cut")
    with database.reading() as connection:
        assert people.people(connection) == []
        assert audit.last_entry(connection) is None


@pytest.mark.claim("ACCOUNTS", "What is refused is audited: by right, by rule, and who asked.")
def test_refusals_are_audited(database: Database, journal: Journal) -> None:
    warden = Warden(database, journal)
    with pytest.raises(NotAllowed), warden.acting(NOBODY, "people.edit", "person:li", 1):
        raise AssertionError("nobody comes this far")
    for _ in range(2):
        try:
            with warden.acting(SYSTEM, "people.edit", "person:li", 2) as connection:
                people.add_person(connection, "li", "李四")
        except Taken:
            pass
    with database.reading() as connection:
        rows = [(one.act.actor, one.act.outcome) for one in audit.entries(connection)]
    assert rows == [("nobody", "refused"), ("person:sys", "done"), ("person:sys", "refused")]


def test_rows_may_change_their_digest_over_time(database: Database, tmp_path: Path) -> None:
    _fill(Journal(database, "sha256", tmp_path), 2)
    later = Journal(database, "sm3", tmp_path)
    _fill(later, 2)
    assert not later.verify().faults
    rows = [json.loads(line) for line in later.export()]
    assert [row["algorithm"] for row in rows] == ["sha256", "sha256", "sm3", "sm3"]
    assert [row["previous"] for row in rows[1:]] == [row["digest"] for row in rows[:-1]]


def test_letters_that_no_database_takes_are_replaced(journal: Journal) -> None:
    journal.write_alone(Act("no\x00body", "sign-in", "x" * 10_000 + "\ud800", 1, detail={"login": "a\x00\ud800"}))
    assert not journal.verify().faults
    [row] = [json.loads(line) for line in journal.export()]
    assert "\x00" not in row["act"]["actor"] and len(row["act"]["subject"]) == 500


def test_the_audit_is_searched_by_who_what_and_when(journal: Journal, database: Database) -> None:
    _fill(journal)
    journal.write_alone(Act("person:wang", "rules.edit", "rule:7", 100))
    with database.reading() as connection:
        assert [one.act.actor for one in audit.find_entries(connection, Asked(action="rules."), 200)] == ["person:wang"]
        assert len(audit.find_entries(connection, Asked(actor="person:li", from_ms=3), 200)) == 2
        assert [one.number for one in audit.find_entries(connection, Asked(), 2)] == [6, 5]
        assert audit.find_entries(connection, Asked(action="%"), 200) == []


@pytest.mark.claim(
    "ACCOUNTS",
    "Looks at sensitive data are written in batches, all of them and in their order; looking writes nothing.",
)
def test_looks_are_written_in_batches(journal: Journal, database: Database) -> None:
    looks = Looks(journal)
    for number in range(BATCH + 1):
        looks.noted(Look("person:li", "personal.see", f"case:{number}", number))
    assert journal.verify().rows == 0, "looking waited for writing"
    assert looks.write(now_ms=500) == BATCH + 1
    with database.reading() as connection:
        rows = list(audit.entries(connection))
    assert [row.act.action for row in rows] == [ACTION, ACTION]
    told = [tuple(look) for row in rows for look in row.act.detail["looks"]]
    assert told == [("person:li", "personal.see", f"case:{number}", number) for number in range(BATCH + 1)]
    assert looks.write(now_ms=501) == 0
