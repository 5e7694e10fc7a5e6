"""Past cases of a kind, the newest first."""

from __future__ import annotations

from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Make the index."""
    op.create_index("ix_cases_alike", "cases", ["scene", "kind", "is_open", "reported_ms"])
