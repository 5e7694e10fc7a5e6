"""One-time links to tasks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

Ms = sa.BigInteger


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "case_links",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("case", sa.String(40), sa.ForeignKey("cases.id"), nullable=False, index=True),
        sa.Column("assignment", sa.String(40), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("made_by", sa.String(80), nullable=False),
        sa.Column("made_ms", Ms, nullable=False),
        sa.Column("expires_ms", Ms, nullable=False),
        sa.Column("revoked_ms", Ms),
    )
