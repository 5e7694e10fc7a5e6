"""What became of each message to another platform, since when it fails, and in which order they were written."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"

Ms = sa.BigInteger


def upgrade() -> None:
    """Add the columns, and write what is known of the messages that are there."""
    op.add_column("exchange_out", sa.Column("number", sa.Integer, nullable=False, server_default="0"))
    op.add_column("exchange_out", sa.Column("case", sa.String(40), nullable=False, server_default=""))
    op.add_column("exchange_out", sa.Column("standing", sa.String(16), nullable=False, server_default="waiting"))
    op.add_column("exchange_out", sa.Column("made_ms", Ms, nullable=False, server_default="0"))
    op.add_column("exchange_out", sa.Column("failed_ms", Ms))
    _write_known(op.get_bind())
    op.drop_index("ix_exchange_out_next_ms", "exchange_out")
    op.create_index("ix_exchange_out_number", "exchange_out", ["number"], unique=True)
    op.create_index("ix_exchange_out_standing_peer_next_ms", "exchange_out", ["standing", "peer", "next_ms"])
    op.create_index("ix_exchange_out_peer_case", "exchange_out", ["peer", "case"])


def _write_known(connection: sa.Connection) -> None:
    names = ("key", "number", "case", "body", "standing", "made_ms", "failed_ms", "next_ms", "tries", "said")
    table = sa.table("exchange_out", *(sa.column(name, sa.JSON if name == "body" else None) for name in names))
    rows = connection.execute(sa.select(table)).mappings().all()
    for number, row in enumerate(sorted(rows, key=lambda row: (row["body"]["at_ms"], row["key"])), 1):
        known = {"number": number, "case": row["body"]["case"], "made_ms": row["body"]["at_ms"], **_became(row)}
        connection.execute(sa.update(table).where(table.c.key == row["key"]).values(**known))
    if rows:
        numbers = sa.table("case_numbers", sa.column("day"), sa.column("last"))
        connection.execute(sa.insert(numbers).values(day="exchange", last=len(rows)))


def _became(row: sa.RowMapping) -> dict[str, object]:
    """A message that is over was taken when it was answered with its case, else refused."""
    at_ms = row["body"]["at_ms"]
    if row["next_ms"] is not None:
        return {"standing": "waiting", "failed_ms": at_ms if row["tries"] else None}
    if str(row["said"]).startswith('{"case"'):
        return {"standing": "taken", "failed_ms": None}
    return {"standing": "refused", "failed_ms": at_ms}
