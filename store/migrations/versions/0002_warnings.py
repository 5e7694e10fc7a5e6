"""Warnings as they stood last, and how far their stream was read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

Ms = sa.BigInteger


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "warnings",
        sa.Column("scene", sa.String(80), primary_key=True),
        sa.Column("id", sa.String(32), primary_key=True),
        *(sa.Column(name, sa.String(16), nullable=False) for name in ("stamp", "issuer")),
        sa.Column("rule", sa.String(120), nullable=False),
        sa.Column("rule_version", sa.String(64), nullable=False),
        *(sa.Column(name, sa.String(120), nullable=False) for name in ("indicator", "subject")),
        sa.Column("area", sa.String(64), nullable=False),
        sa.Column("trial", sa.Boolean, nullable=False),
        sa.Column("phase", sa.String(16), nullable=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("level", "peak")),
        *(sa.Column(name, Ms, nullable=False) for name in ("since_ms", "updated_ms")),
        sa.Column("ended_ms", Ms),
        sa.Column("decided_ms", Ms, nullable=False),
        *(sa.Column(name, sa.Float) for name in ("value", "bound")),
        sa.Column("unit", sa.String(32), nullable=False),
        sa.Column("trend", sa.String(16), nullable=False),
        sa.Column("late", sa.Boolean, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("sentence", sa.Text, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("lineage", sa.String(64), nullable=False),
    )
    op.create_index("ix_warnings_scene_phase", "warnings", ["scene", "phase"])
    op.create_index("ix_warnings_scene_since_ms", "warnings", ["scene", "since_ms"])
    op.create_index("ix_warnings_rule_since_ms", "warnings", ["rule", "since_ms"])
    op.create_table(
        "projections",
        sa.Column("scene", sa.String(80), primary_key=True),
        sa.Column("position", sa.String(40), nullable=False),
        sa.Column("lineage", sa.String(64), nullable=False),
    )
