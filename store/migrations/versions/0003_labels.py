"""Labels: past incidents, and verdicts on warnings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

Ms = sa.BigInteger
Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "labels",
        sa.Column("id", Number, primary_key=True),
        sa.Column("city", sa.String(64), nullable=False),
        sa.Column("scene", sa.String(80), nullable=False),
        sa.Column("verdict", sa.String(24), nullable=False),
        sa.Column("place", sa.String(96), nullable=False),
        *(sa.Column(name, Ms, nullable=False) for name in ("began_ms", "ended_ms")),
        sa.Column("said_by", sa.String(96), nullable=False),
        sa.Column("at_ms", Ms, nullable=False),
        sa.Column("rule", sa.String(96), nullable=False),
        *(sa.Column(name, sa.String(64), nullable=False) for name in ("warning", "kind")),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("certain", sa.Boolean, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        *(sa.Column(name, sa.Float) for name in ("lon_deg", "lat_deg")),
        sa.Column("corrects", Number, sa.ForeignKey("labels.id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_labels_city_began_ms", "labels", ["city", "began_ms"])
    op.create_index("ix_labels_scene_warning", "labels", ["scene", "warning"])
