"""Cases and their logs. The log is what counts; the row of a case is what its log folds to, kept for lists."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Boolean, Column, Float, ForeignKey, Index, Integer, String, Table, UniqueConstraint, text

from store.tables.metadata import Ms, metadata

# The verbs by whose time cases are counted. A question must say this too, else no database uses the index.
COUNTED = text("verb IN ('close', 'correct', 'file')")
# Of five million cases some thousands are open: what lists them has an index of these alone.
OPEN: dict[str, Any] = {"sqlite_where": text("is_open = 1"), "postgresql_where": text("is_open")}
# In the order of the queue, with all that it is narrowed and counted by, so that no row is read that is not shown.
QUEUE = (
    "scene",
    "due_ms",
    "reported_ms",
    "id",
    "area",
    "topic",
    "lead",
    "state",
    "hold",
    "kind",
    "grade",
    "title",
    "is_open",
)
IN_HAND: dict[str, Any] = {"sqlite_where": text("is_over = 0"), "postgresql_where": text("NOT is_over")}

cases = Table(
    "cases",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("scene", String(80), nullable=False),
    Column("stamp", String(16), nullable=False),
    Column("kind", String(120), nullable=False),
    Column("title", String(240), nullable=False),
    Column("grade", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("hold", String(16), nullable=False),
    Column("is_open", Boolean, nullable=False),
    Column("area", String(64), nullable=False),
    Column("topic", String(64), nullable=False),
    Column("lead", String(120), nullable=False),
    Column("lon_deg", Float),
    Column("lat_deg", Float),
    Column("accuracy_m", Float),
    Column("cell", String(24), nullable=False),  # the square of about a kilometre that it lies in; "" without a place
    Column("reported_ms", Ms, nullable=False),
    Column("since_ms", Ms, nullable=False),
    Column("due_ms", Ms),  # of the clock that ends first; null: none runs
    Column("due_of", String(16), nullable=False),
    Column("into", String(40), nullable=False),
    Column("correlation", String(80), nullable=False),  # one id from the readings to the close
    Column("revision", Integer, nullable=False),
    Column("body", JSON, nullable=False),
    Column("next_ms", Ms),  # when time does something to it next; null: never
    Index("ix_cases_next", "scene", "next_ms"),
    Index("ix_cases_queue", *QUEUE, **OPEN),
    Index("ix_cases_where", "scene", "area", "topic", **OPEN),
    Index("ix_cases_near", "scene", "cell", "reported_ms", **OPEN),
    Index("ix_cases_reported", "scene", "reported_ms"),
    Index("ix_cases_into", "into"),
    Index("ix_cases_alike", "scene", "kind", "is_open", "reported_ms"),
    Index("ix_cases_correlation", "correlation"),
)

case_entries = Table(
    "case_entries",
    metadata,
    Column("case", String(40), ForeignKey("cases.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("verb", String(24), nullable=False),
    Column("at_ms", Ms, nullable=False),
    Column("entered_ms", Ms, nullable=False),
    Column("by", String(80), nullable=False),
    Column("origin", String(16), nullable=False),
    Column("assignment", String(40), nullable=False),
    Column("fields", JSON, nullable=False),
    Column("terms", JSON, nullable=False),
    Column("key", String(80), nullable=False),  # given by whoever acts: a repeat is known, not done twice
    UniqueConstraint("by", "key"),
    Index("ix_case_entries_counted", "verb", "at_ms", sqlite_where=COUNTED, postgresql_where=COUNTED),
)

assignments = Table(
    "assignments",
    metadata,
    Column("case", String(40), ForeignKey("cases.id"), primary_key=True),
    Column("id", String(40), primary_key=True),
    Column("unit", String(80), nullable=False),
    Column("state", String(16), nullable=False),
    Column("is_over", Boolean, nullable=False),
    Column("since_ms", Ms, nullable=False),
    Index("ix_assignments_in_hand", "unit", "since_ms", "state", "case", **IN_HAND),
)

case_marks = Table(  # by what else an open case is found; nothing is lost with it
    "case_marks",
    metadata,
    Column("mark", String(100), primary_key=True),  # `by:` and who wrote in its log; `from:` and where it was told
    Column("case", String(40), ForeignKey("cases.id"), primary_key=True),
    Index("ix_case_marks_case", "case"),
    sqlite_with_rowid=False,
)

case_outcomes = Table(  # what settled cases say, folded before; nothing is lost with it
    "case_outcomes",
    metadata,
    Column("case", String(40), ForeignKey("cases.id"), primary_key=True),
    Column("revision", Integer, nullable=False),  # of the log that was folded
    Column("ground", String(32), nullable=False),  # what it was judged by
    Column("told", JSON, nullable=False),
)

case_numbers = Table(  # the last number given on a day
    "case_numbers",
    metadata,
    Column("day", String(40), primary_key=True),
    Column("last", Integer, nullable=False),
)
