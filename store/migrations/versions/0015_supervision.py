"""Orders of supervision with their logs, and what leaders have read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

Ms = sa.BigInteger


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "orders",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("scene", sa.String(80), nullable=False),
        sa.Column("stamp", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("is_open", sa.Boolean, nullable=False),
        sa.Column("about", sa.String(160), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("area", sa.String(64), nullable=False),
        sa.Column("topic", sa.String(64), nullable=False),
        sa.Column("owner", sa.String(120), nullable=False),
        sa.Column("issued_ms", Ms, nullable=False),
        sa.Column("due_ms", Ms),
        sa.Column("revision", sa.Integer, nullable=False),
    )
    op.create_index("ix_orders_scene_is_open_due_ms", "orders", ["scene", "is_open", "due_ms"])
    op.create_index("ix_orders_about", "orders", ["about"])
    op.create_table(
        "order_lines",
        sa.Column("order", sa.String(40), sa.ForeignKey("orders.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("deed", sa.String(16), nullable=False),
        sa.Column("at_ms", Ms, nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("fields", sa.JSON, nullable=False),
        sa.Column("key", sa.String(80), nullable=False),
        sa.UniqueConstraint("by", "key", name="uq_order_lines_by_key"),
    )
    op.create_table(
        "read_marks",
        sa.Column("scene", sa.String(80), primary_key=True),
        sa.Column("about", sa.String(160), primary_key=True),
        sa.Column("by", sa.String(80), primary_key=True),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("at_ms", Ms, nullable=False),
    )
