"""Sheets of station references."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "reference_sheets",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("city", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("references", sa.JSON, nullable=False),
        sa.Column("author", sa.String(96), nullable=False),
        sa.Column("made_ms", sa.BigInteger, nullable=False),
        sa.Column("changed_ms", sa.BigInteger, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("approver", sa.String(96), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("remark", sa.Text, nullable=False),
        sa.Column("effective_ms", sa.BigInteger, nullable=False),
        sa.Column("promised", sa.JSON, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_reference_sheets_city_state", "reference_sheets", ["city", "state"])
