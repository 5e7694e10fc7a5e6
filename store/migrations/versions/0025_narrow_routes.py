"""Routes of notices by narrower topics, of a response in force, and by whether a call was answered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("notice_routes", sa.Column("response", sa.String(80), nullable=False, server_default=""))
    op.add_column("notice_routes", sa.Column("response_level", sa.Integer, nullable=False, server_default="4"))
    op.add_column("notice_routes", sa.Column("unanswered_s", sa.Integer, nullable=False, server_default="0"))
    op.add_column("notices", sa.Column("about", sa.String(120), nullable=False, server_default=""))
