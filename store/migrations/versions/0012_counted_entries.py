"""Cases of a month are found by when they were filed and closed, among millions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

COUNTED = sa.text("verb IN ('close', 'correct', 'file')")


def upgrade() -> None:
    """Add the index; it holds one entry in five."""
    op.create_index(
        "ix_case_entries_counted",
        "case_entries",
        ["verb", "at_ms"],
        sqlite_where=COUNTED,
        postgresql_where=COUNTED,
    )
