"""The duty desk: acts, what they are about, silences."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

Ms = sa.BigInteger
Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    _acts()
    _silences()


def _acts() -> None:
    op.create_table(
        "duty_acts",
        sa.Column("number", Number, primary_key=True),
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("scene", sa.String(120), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("subject", sa.String(240), nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        *(sa.Column(name, sa.String(120), nullable=False) for name in ("name", "post")),
        *(sa.Column(name, Ms, nullable=False) for name in ("at_ms", "until_ms")),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("verdict", sa.String(24), nullable=False),
        sa.Column("into", sa.String(240), nullable=False),
        sa.Column("since_ms", Ms, nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
        sa.UniqueConstraint("by", "key", name="uq_duty_acts_by_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_duty_acts_scene_at_ms", "duty_acts", ["scene", "at_ms"])
    op.create_table(
        "duty_covers",
        sa.Column("act", Number, sa.ForeignKey("duty_acts.number"), primary_key=True),
        sa.Column("item", sa.String(240), primary_key=True),
        sa.Column("level", sa.Integer, nullable=False),
    )
    op.create_index("ix_duty_covers_item", "duty_covers", ["item"])


def _silences() -> None:
    op.create_table(
        "silences",
        sa.Column("number", Number, primary_key=True),
        sa.Column("scene", sa.String(120), nullable=False),
        sa.Column("scope", sa.JSON, nullable=False),
        *(sa.Column(name, Ms, nullable=False) for name in ("from_ms", "until_ms")),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("made_ms", Ms, nullable=False),
        sa.Column("maintenance", sa.Boolean, nullable=False),
        sa.Column("ended_ms", Ms, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_silences_scene_until_ms", "silences", ["scene", "until_ms"])
