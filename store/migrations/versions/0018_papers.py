"""Urgent reports on cases, as they were issued."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

Ms = sa.BigInteger


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "papers",
        sa.Column("case", sa.String(40), sa.ForeignKey("cases.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("stage", sa.String(8), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("said", sa.JSON, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("as_of_ms", Ms, nullable=False),
        sa.Column("drafted_by", sa.String(80), nullable=False),
        sa.Column("drafted_ms", Ms, nullable=False),
        sa.Column("approved_by", sa.String(80), nullable=False),
        sa.Column("approved_ms", Ms),
        sa.Column("returned_for", sa.String(500), nullable=False),
        sa.Column("sent_by", sa.String(80), nullable=False),
        sa.Column("sent_ms", Ms),
        sa.Column("receiver", sa.String(120), nullable=False),
        sa.Column("receipt", sa.String(500), nullable=False),
        sa.Column("docx", sa.LargeBinary),
        sa.Column("pdf", sa.LargeBinary),
    )
