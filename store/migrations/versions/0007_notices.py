"""Notices: recipients, routes, what was decided, deliveries and their attempts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

Ms = sa.BigInteger
Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables, and let warnings be found by when they were decided."""
    _recipients_and_routes()
    _notices()
    _deliveries()
    op.create_index("ix_warnings_scene_decided_ms", "warnings", ["scene", "decided_ms"])


def _recipients_and_routes() -> None:
    op.create_table(
        "notice_recipients",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("addresses", sa.Text, nullable=False),
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("exercise", sa.Boolean, nullable=False),
        sa.Column("budget", sa.Integer, nullable=False),
        sa.Column("disabled", sa.Boolean, nullable=False),
    )
    minutes = ("level", "from_min", "until_min", "unacknowledged_s", "standing_s")
    op.create_table(
        "notice_routes",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(120), nullable=False),
        *(sa.Column(name, sa.JSON, nullable=False) for name in ("to", "channels", "topics", "areas", "then")),
        *(sa.Column(name, sa.Integer, nullable=False) for name in minutes),
        sa.Column("disabled", sa.Boolean, nullable=False),
    )


def _notices() -> None:
    op.create_table(
        "notices",
        sa.Column("number", Number, primary_key=True),
        sa.Column("key", sa.String(255), nullable=False, unique=True),
        sa.Column("scene", sa.String(80), nullable=False),
        *(sa.Column(name, sa.String(16), nullable=False) for name in ("stamp", "kind")),
        sa.Column("level", sa.Integer, nullable=False),
        *(sa.Column(name, sa.String(64), nullable=False) for name in ("warning", "card", "topic")),
        sa.Column("areas", sa.JSON, nullable=False),
        sa.Column("sentence", sa.Text, nullable=False),
        sa.Column("at_ms", Ms, nullable=False),
        sa.Column("issued", sa.Boolean, nullable=False),
        sa.Column("suppressed", sa.String(32), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_notices_at_ms", "notices", ["at_ms"])
    op.create_index("ix_notices_scene_warning", "notices", ["scene", "warning"])
    op.create_table(
        "notice_matters",
        sa.Column("scene", sa.String(80), primary_key=True),
        sa.Column("warning", sa.String(64), primary_key=True),
        sa.Column("matter", sa.JSON, nullable=False),
    )


def _deliveries() -> None:
    op.create_table(
        "notice_deliveries",
        sa.Column("number", Number, primary_key=True),
        sa.Column("notice", Number, sa.ForeignKey("notices.number"), nullable=False),
        sa.Column("key", sa.String(64), nullable=False, unique=True),
        sa.Column("recipient", sa.String(80), nullable=False),
        *(sa.Column(name, sa.String(16), nullable=False) for name in ("channel", "state")),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        *(sa.Column(name, Ms, nullable=False) for name in ("made_ms", "next_ms")),
        sa.Column("done_ms", Ms),
        sa.Column("digest", sa.String(64), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_notice_deliveries_notice", "notice_deliveries", ["notice"])
    op.create_index("ix_notice_deliveries_digest", "notice_deliveries", ["digest"])
    op.create_index("ix_notice_deliveries_state_next_ms", "notice_deliveries", ["state", "next_ms"])
    op.create_index("ix_notice_deliveries_recipient_made_ms", "notice_deliveries", ["recipient", "made_ms"])
    op.create_table(
        "notice_attempts",
        sa.Column("delivery", Number, sa.ForeignKey("notice_deliveries.number"), primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True),
        sa.Column("at_ms", Ms, nullable=False),
        sa.Column("took_ms", sa.Integer),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
