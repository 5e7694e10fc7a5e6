"""Versions of rules, and complaints about rules."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

Ms = sa.BigInteger
Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "rule_versions",
        sa.Column("number", Number, primary_key=True),
        sa.Column("city", sa.String(64), nullable=False),
        sa.Column("rule", sa.String(96), nullable=False),
        sa.Column("version", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("declaration", sa.JSON, nullable=False),
        sa.Column("based_on", sa.String(32), nullable=False),
        sa.Column("author", sa.String(96), nullable=False),
        *(sa.Column(name, Ms, nullable=False) for name in ("made_ms", "changed_ms")),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("approver", sa.String(96), nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("reason", "remark")),
        sa.Column("effective_ms", Ms, nullable=False),
        sa.Column("ended_ms", Ms),
        sa.Column("expected", sa.JSON),
        sa.UniqueConstraint("city", "rule", "version", name="uq_rule_versions_version"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_rule_versions_city_state", "rule_versions", ["city", "state"])
    op.create_table(
        "complaints",
        sa.Column("number", Number, primary_key=True),
        sa.Column("city", sa.String(64), nullable=False),
        *(sa.Column(name, sa.String(96), nullable=False) for name in ("rule", "place")),
        *(sa.Column(name, Ms, nullable=False) for name in ("from_ms", "upto_ms")),
        sa.Column("said_by", sa.String(96), nullable=False),
        sa.Column("said", sa.Text, nullable=False),
        sa.Column("at_ms", Ms, nullable=False),
        sa.Column("warning", sa.String(64), nullable=False),
        sa.Column("due_ms", Ms, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("answered_by", sa.String(96), nullable=False),
        sa.Column("answered_ms", Ms),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_complaints_rule", "complaints", ["rule"])
