"""How far a kept warning may be seen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    """Add the column: of what was told before, the packs of today say it, and of what they do not know it is hidden."""
    op.add_column("warnings", sa.Column("grade", sa.Integer, nullable=True))
