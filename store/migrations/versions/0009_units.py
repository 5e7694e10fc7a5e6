"""Units, their last positions, and pairs that stay apart."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

Ms = sa.BigInteger


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "units",
        sa.Column("id", sa.String(80), primary_key=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("department", sa.String(120), nullable=False),
        sa.Column("capabilities", sa.JSON, nullable=False),
        sa.Column("area", sa.String(64), nullable=False),
        sa.Column("lon_deg", sa.Float),
        sa.Column("lat_deg", sa.Float),
        sa.Column("phone", sa.String(32), nullable=False),
        sa.Column("device", sa.String(120), nullable=False),
        sa.Column("off", sa.Boolean, nullable=False),
        sa.Column("speed_kmh", sa.Float, nullable=False),
        sa.Column("crew", sa.Integer, nullable=False),
        sa.Column("crew_needed", sa.Integer, nullable=False),
        sa.Column("rests_until_ms", Ms, nullable=False),
    )
    op.create_table(
        "unit_fixes",
        sa.Column("unit", sa.String(80), primary_key=True),
        sa.Column("lon_deg", sa.Float, nullable=False),
        sa.Column("lat_deg", sa.Float, nullable=False),
        sa.Column("accuracy_m", sa.Float, nullable=False),
        sa.Column("at_ms", Ms, nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
    )
    op.create_table(
        "apart",
        sa.Column("one", sa.String(120), primary_key=True),
        sa.Column("other", sa.String(120), primary_key=True),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("at_ms", Ms, nullable=False),
    )
