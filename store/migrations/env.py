"""What Alembic runs: the steps, inside the transaction that `store/migrate.py` opened."""

from alembic import context

from store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
