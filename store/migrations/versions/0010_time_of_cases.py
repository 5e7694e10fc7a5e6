"""When time does something to a case next; how far followers of the outbox have come; areas without a unit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

Ms = sa.BigInteger


def upgrade() -> None:
    """Make the column and the tables; every case that was is looked at once."""
    op.add_column("cases", sa.Column("next_ms", Ms))
    op.execute("UPDATE cases SET next_ms = 0 WHERE state NOT IN ('closed', 'evaluated', 'rejected')")
    op.create_index("ix_cases_next", "cases", ["scene", "next_ms"])
    op.create_table(
        "outbox_marks",
        sa.Column("follower", sa.String(40), primary_key=True),
        sa.Column("number", Ms, nullable=False),
    )
    op.create_table(
        "coverage_voids",
        sa.Column("scene", sa.String(80), primary_key=True),
        sa.Column("area", sa.String(64), primary_key=True),
        sa.Column("capability", sa.String(80), primary_key=True),
        sa.Column("since_ms", Ms, nullable=False),
    )
