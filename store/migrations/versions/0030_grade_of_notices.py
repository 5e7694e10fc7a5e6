"""How far a notice may be seen, and whether a route opens what is restricted to other systems."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    """Add the columns: no route opens anything before somebody says so."""
    op.add_column("notices", sa.Column("grade", sa.Integer, nullable=True))
    op.add_column("notice_routes", sa.Column("restricted", sa.Boolean, nullable=False, server_default=sa.false()))
