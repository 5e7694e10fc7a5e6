"""Under which number a gateway knows a delivery, so that it can be asked what became of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    """Add the column: of what was sent before nothing is known."""
    op.add_column("notice_deliveries", sa.Column("remote", sa.String(120), nullable=False, server_default=""))
