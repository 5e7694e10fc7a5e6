"""When a unit is on duty."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Add the column: without shifts a unit is on duty round the clock."""
    op.add_column("units", sa.Column("shifts", sa.JSON, nullable=False, server_default="[]"))
