"""Cases, their logs, their assignments, and the numbers given."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

Ms = sa.BigInteger


def upgrade() -> None:
    """Make the tables and the indexes of the queue, of duplicates and of the chain."""
    _cases()
    _logs()
    op.create_table(
        "case_numbers",
        sa.Column("day", sa.String(40), primary_key=True),
        sa.Column("last", sa.Integer, nullable=False),
    )


def _cases() -> None:
    op.create_table(
        "cases",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("scene", sa.String(80), nullable=False),
        sa.Column("stamp", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(120), nullable=False),
        sa.Column("title", sa.String(240), nullable=False),
        sa.Column("grade", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("hold", sa.String(16), nullable=False),
        sa.Column("is_open", sa.Boolean, nullable=False),
        sa.Column("area", sa.String(64), nullable=False),
        sa.Column("topic", sa.String(64), nullable=False),
        sa.Column("lead", sa.String(120), nullable=False),
        sa.Column("lon_deg", sa.Float),
        sa.Column("lat_deg", sa.Float),
        sa.Column("accuracy_m", sa.Float),
        sa.Column("cell", sa.String(24), nullable=False),
        sa.Column("reported_ms", Ms, nullable=False),
        sa.Column("since_ms", Ms, nullable=False),
        sa.Column("due_ms", Ms),
        sa.Column("due_of", sa.String(16), nullable=False),
        sa.Column("into", sa.String(40), nullable=False),
        sa.Column("correlation", sa.String(80), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
    )
    op.create_index("ix_cases_queue", "cases", ["scene", "is_open", "due_ms"])
    op.create_index("ix_cases_near", "cases", ["scene", "cell", "is_open"])
    op.create_index("ix_cases_reported", "cases", ["scene", "reported_ms"])
    op.create_index("ix_cases_into", "cases", ["into"])
    op.create_index("ix_cases_correlation", "cases", ["correlation"])


def _logs() -> None:
    op.create_table(
        "case_entries",
        sa.Column("case", sa.String(40), sa.ForeignKey("cases.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("verb", sa.String(24), nullable=False),
        sa.Column("at_ms", Ms, nullable=False),
        sa.Column("entered_ms", Ms, nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("origin", sa.String(16), nullable=False),
        sa.Column("assignment", sa.String(40), nullable=False),
        sa.Column("fields", sa.JSON, nullable=False),
        sa.Column("terms", sa.JSON, nullable=False),
        sa.Column("key", sa.String(80), nullable=False),
        sa.UniqueConstraint("by", "key", name="uq_case_entries_by_key"),
    )
    op.create_table(
        "assignments",
        sa.Column("case", sa.String(40), sa.ForeignKey("cases.id"), primary_key=True),
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("unit", sa.String(80), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("is_over", sa.Boolean, nullable=False),
        sa.Column("since_ms", Ms, nullable=False),
    )
    op.create_index("ix_assignments_unit_is_over", "assignments", ["unit", "is_over"])
