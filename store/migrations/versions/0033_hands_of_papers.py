"""Through whose hands an urgent report goes, and what each did to it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    """Add both; what was drafted before waits for a leader, as it did."""
    op.add_column("papers", sa.Column("chain", sa.JSON, nullable=False, server_default='["leader"]'))
    op.add_column("papers", sa.Column("trail", sa.JSON, nullable=False, server_default="[]"))
