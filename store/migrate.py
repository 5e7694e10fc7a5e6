"""Bring a database to the tables of this version. Forward only: the way back is the backup taken before.

All steps of one upgrade are one transaction under the writers' lock: processes that start together migrate once, and
a step that fails leaves the database as it was.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from core.errors import StartError
from store.sql import Database, Transaction

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(database: Database) -> bool:
    """Upgrade to the newest version. Returns whether there was anything to do.

    Raises:
        NeighbourDown: The database does not answer.
        StartError: It was written by a newer version of the program.
    """
    script = ScriptDirectory(str(MIGRATIONS))
    with database.reading() as connection:
        found = revision(connection)
    if found == script.get_current_head():
        return False
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
    return MigrationContext.configure(connection).get_current_revision()
