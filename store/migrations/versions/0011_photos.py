"""Photos of cases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

Ms = sa.BigInteger


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "photos",
        sa.Column("case", sa.String(40), sa.ForeignKey("cases.id"), primary_key=True),
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("kept", sa.String(64), nullable=False),
        sa.Column("entry", sa.Integer, nullable=False),
        sa.Column("format", sa.String(8), nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("width_px", sa.Integer, nullable=False),
        sa.Column("height_px", sa.Integer, nullable=False),
        sa.Column("at_ms", Ms, nullable=False),
        sa.Column("taken_ms", Ms),
        sa.Column("lon_deg", sa.Float),
        sa.Column("lat_deg", sa.Float),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
    )
