"""What came in beside reports, and how far each stream was read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

Ms = sa.BigInteger


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "intake",
        sa.Column("scene", sa.String(80), primary_key=True),
        sa.Column("id", sa.String(160), primary_key=True),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("kind", sa.String(120), nullable=False),
        sa.Column("becomes", sa.String(16), nullable=False),
        sa.Column("area", sa.String(64), nullable=False),
        sa.Column("topic", sa.String(64), nullable=False),
        sa.Column("lon_deg", sa.Float),
        sa.Column("lat_deg", sa.Float),
        sa.Column("accuracy_m", sa.Float, nullable=False),
        sa.Column("at_ms", Ms, nullable=False),
        sa.Column("told_ms", Ms, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("correlation", sa.String(80), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("case", sa.String(40), nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("decided_ms", Ms, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_index("ix_intake_scene_state_at_ms", "intake", ["scene", "state", "at_ms"])
    op.create_index("ix_intake_case", "intake", ["case"])
    op.create_table(
        "intake_read",
        sa.Column("scene", sa.String(80), primary_key=True),
        sa.Column("positions", sa.JSON, nullable=False),
    )
