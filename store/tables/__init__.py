"""The SQL tables, one file a topic. Import `metadata` from here and every table is known to it."""

from store.tables import (
    audit,
    cases,
    duty,
    labels,
    notices,
    outbox,
    people,
    photos,
    rules,
    signing_in,
    units,
    warnings,
)
from store.tables.metadata import metadata

__all__ = [
    "audit",
    "cases",
    "duty",
    "labels",
    "metadata",
    "notices",
    "outbox",
    "people",
    "photos",
    "rules",
    "signing_in",
    "units",
    "warnings",
]
