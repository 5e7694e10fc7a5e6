"""Cases between platforms, and messages to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

Ms = sa.BigInteger


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "exchanged",
        sa.Column("case", sa.String(40), primary_key=True),
        sa.Column("peer", sa.String(80), primary_key=True),
        sa.Column("given", sa.String(8), nullable=False),
        sa.Column("told", sa.String(16), nullable=False),
        sa.Column("at_ms", Ms, nullable=False),
    )
    op.create_table(
        "exchange_out",
        sa.Column("key", sa.String(80), primary_key=True),
        sa.Column("peer", sa.String(80), nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("next_ms", Ms),
        sa.Column("said", sa.Text, nullable=False),
    )
    op.create_index("ix_exchange_out_next_ms", "exchange_out", ["next_ms"])
