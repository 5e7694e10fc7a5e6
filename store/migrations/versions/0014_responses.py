"""Responses in force and plans at work, with their logs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

Ms = sa.BigInteger


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "responses",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("scene", sa.String(80), nullable=False),
        sa.Column("stamp", sa.String(16), nullable=False),
        sa.Column("plan", sa.String(80), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("case", sa.String(40), nullable=False),
        sa.Column("exercise", sa.Boolean, nullable=False),
        sa.Column("proposed_ms", Ms, nullable=False),
        sa.Column("review_ms", Ms, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
    )
    op.create_index("ix_responses_scene_state", "responses", ["scene", "state"])
    op.create_index("ix_responses_case", "responses", ["case"])
    op.create_table(
        "response_lines",
        sa.Column("response", sa.String(40), sa.ForeignKey("responses.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("deed", sa.String(16), nullable=False),
        sa.Column("at_ms", Ms, nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("fields", sa.JSON, nullable=False),
        sa.Column("key", sa.String(80), nullable=False),
        sa.UniqueConstraint("by", "key", name="uq_response_lines_by_key"),
    )
