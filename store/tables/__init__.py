"""The SQL tables, one file a topic. Import `metadata` from here and every table is known to it."""

from store.tables import audit, duty, labels, outbox, people, signing_in, warnings
from store.tables.metadata import metadata

__all__ = ["audit", "duty", "labels", "metadata", "outbox", "people", "signing_in", "warnings"]
