"""What units have in hand has one index of its own, which does not grow with the past."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"

IN_HAND: dict[str, Any] = {"sqlite_where": sa.text("is_over = 0"), "postgresql_where": sa.text("NOT is_over")}


def upgrade() -> None:
    """In place of two over every assignment there ever was."""
    op.drop_index("ix_assignments_unit_is_over", "assignments")
    op.drop_index("ix_assignments_is_over_state", "assignments")
    op.create_index("ix_assignments_in_hand", "assignments", ["unit", "since_ms", "state", "case"], **IN_HAND)
