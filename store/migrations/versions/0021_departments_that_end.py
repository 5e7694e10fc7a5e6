"""Departments end, and others take their work over."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("departments", sa.Column("until_ms", sa.BigInteger))
    op.add_column("departments", sa.Column("successor", sa.String(64), nullable=False, server_default=""))
