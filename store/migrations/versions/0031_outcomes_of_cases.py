"""What settled cases say stands beside their logs, so that a month is not folded anew at each first look."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    """Make the table; it fills as months are looked at."""
    op.create_table(
        "case_outcomes",
        sa.Column("case", sa.String(40), sa.ForeignKey("cases.id"), primary_key=True),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("ground", sa.String(32), nullable=False),
        sa.Column("told", sa.JSON, nullable=False),
    )
