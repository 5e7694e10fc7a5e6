"""When a token was last shown."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the column; of tokens before it nobody knows."""
    op.add_column("tokens", sa.Column("used_ms", sa.BigInteger))
