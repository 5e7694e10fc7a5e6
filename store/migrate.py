"""Bring a database to the tables of this version. Forward only: the way back is the backup taken before.

All steps of one upgrade are one transaction under the writers' lock: processes that start together migrate once, and
a step that fails leaves the database as it was.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from core.errors import StartError
from store.sql import Database, Transaction

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(database: Database) -> bool:
    """Upgrade to the newest version. Returns whether there was anything to do.

    Raises:
        NeighbourDown: The database does not answer.
        StartError: It was written by a newer version of the program.
    """
    with database.reading() as connection:
        found = revision(connection)
    if found == newest():
        return False
    # A fifth of a second to load, which every process pays that opens the database: there is rarely anything to do.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    script = ScriptDirectory(str(MIGRATIONS))
    if found is not None and found not in {step.revision for step in script.walk_revisions()}:
        raise StartError("database-newer", database=database.shown, revision=found)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.transaction() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return True


def revision(connection: Transaction) -> str | None:
    """The migration that a database stands at; None: it is empty."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return found


def newest() -> str:
    """The migration that this version of the program stands at: the number in the name of its last file."""
    return max(step.name.partition("_")[0] for step in (MIGRATIONS / "versions").glob("[0-9]*.py"))
