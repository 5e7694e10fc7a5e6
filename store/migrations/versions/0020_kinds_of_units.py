"""What a unit is, and who is on its roster; assignments in hand are found at once among millions that are over."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Add the columns and the index."""
    op.add_column("units", sa.Column("kind", sa.String(16), nullable=False, server_default="team"))
    op.add_column("units", sa.Column("members", sa.JSON, nullable=False, server_default="[]"))
    op.create_index("ix_assignments_is_over_state", "assignments", ["is_over", "state"])
