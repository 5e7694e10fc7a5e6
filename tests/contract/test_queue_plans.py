"""How the databases answer what the queue asks: from one index of what is open, without a row that is not shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, text

from store.case_filters import Only
from store.case_queue import Asked, counts, queue
from store.sql import Database, Transaction

SCENE, AT_MS = "live-440900", 1_795_300_000_000
NARROWED = {
    "none": Only(),
    "area": Only(within=("440902", "440902001")),
    "kind": Only(kind="water.road_water"),
    "grade": Only(grade=2),
    "late": Only(due_by_ms=AT_MS),
    "source": Only(source="hotline"),
    "own": Only(by="person:wang", leads=("应急办",)),
    "words": Only(words="积水"),
    "hold": Only(holds=("shelved", "postponed")),
    "all": Only(
        within=("440902",),
        kind="water.road_water",
        grade=2,
        holds=("shelved",),
        source="video",
        due_by_ms=AT_MS,
        by="person:wang",
        leads=("应急办",),
        words="积水",
    ),
}
OWN_INDEX = ("COVERING INDEX ix_cases_queue", "Index Only Scan using ix_cases_queue")
# PostgreSQL without statistics takes either index: a case has few marks, and a mark few cases.
BY_MARK = (
    "case_marks USING PRIMARY KEY (mark=? AND case=?)",
    "pk_case_marks on case_marks",
    "ix_case_marks_case on case_marks",
)
Asking = tuple[str, Any]  # a statement and its parameters


@contextmanager
def noted(connection: Transaction) -> Iterator[list[Asking]]:
    """What is asked meanwhile."""
    found: list[Asking] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        found.append((statement, parameters))

    event.listen(connection, "before_cursor_execute", note)
    yield found
    event.remove(connection, "before_cursor_execute", note)


def plans(database: Database, ask: Callable[[Transaction], object]) -> list[str]:
    """How each question is answered. Tables are empty here: PostgreSQL is told to think of large ones."""
    with database.reading() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        if not is_sqlite:
            for way in ("seqscan", "bitmapscan", "sort"):
                connection.execute(text(f"SET LOCAL enable_{way} = off"))
        with noted(connection) as asked:
            ask(connection)
        explain = "EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN "
        return [
            "\n".join(str(row[-1]) for row in connection.exec_driver_sql(explain + statement, parameters))
            for statement, parameters in asked
        ]


@pytest.mark.parametrize("name", NARROWED)
def test_no_row_is_read_that_is_not_shown(database: Database, name: str) -> None:
    asked = Asked(lead="市水务局", state="filed", only=NARROWED[name])

    def ask(connection: Transaction) -> None:
        assert queue(connection, SCENE, asked) == []
        assert counts(connection, SCENE, asked, AT_MS) == []

    found = plans(database, ask)
    assert len(found) == 3, "what is due, what rests, the counts"
    for plan in found:
        assert any(way in plan for way in OWN_INDEX), plan
        assert "Seq Scan" not in plan and "SCAN cases" not in plan, plan
    if name in ("source", "own", "all"):
        assert all(any(way in plan for way in BY_MARK) for plan in found), found
