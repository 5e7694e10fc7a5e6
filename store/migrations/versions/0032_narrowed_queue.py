"""What the queue is narrowed and counted by stands in its index, and what no row says in a table of what is open."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"

OPEN: dict[str, Any] = {"sqlite_where": sa.text("is_open = 1"), "postgresql_where": sa.text("is_open")}
QUEUE = [
    "scene",
    "due_ms",
    "reported_ms",
    "id",
    "area",
    "topic",
    "lead",
    "state",
    "hold",
    "kind",
    "grade",
    "title",
    "is_open",
]

FILLED = """
INSERT INTO case_marks ("case", mark)
SELECT entry."case", 'by:' || entry."by" FROM cases JOIN case_entries AS entry ON entry."case" = cases.id
WHERE cases.is_open
UNION
SELECT entry."case", CASE WHEN entry."by" LIKE 'person:%' THEN 'from:person' WHEN entry."by" LIKE 'token:%' THEN
'from:token' WHEN entry."by" LIKE 'platform:%' THEN 'from:platform' ELSE 'from:machine' END
FROM cases JOIN case_entries AS entry ON entry."case" = cases.id AND entry.number = 1 WHERE cases.is_open
UNION
SELECT intake."case", 'from:' || intake.source FROM cases JOIN intake ON intake."case" = cases.id WHERE cases.is_open
"""


def upgrade() -> None:
    """Make index and table anew and fill it from the logs of what is open."""
    op.drop_index("ix_cases_queue", "cases")
    op.create_index("ix_cases_queue", "cases", QUEUE, **OPEN)
    op.create_table(
        "case_marks",
        sa.Column("mark", sa.String(100), primary_key=True),
        sa.Column("case", sa.String(40), sa.ForeignKey("cases.id"), primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_case_marks_case", "case_marks", ["case"])
    op.get_bind().exec_driver_sql(FILLED.replace("%", "%%") if op.get_bind().dialect.name == "postgresql" else FILLED)
