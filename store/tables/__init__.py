"""The SQL tables, one file a topic. Import `metadata` from here and every table is known to it."""

from store.tables import (
    audit,
    cases,
    duty,
    intake,
    labels,
    links,
    notices,
    outbox,
    people,
    photos,
    responses,
    rules,
    signing_in,
    supervision,
    units,
    warnings,
)
from store.tables.metadata import metadata

__all__ = [
    "audit",
    "cases",
    "duty",
    "intake",
    "labels",
    "metadata",
    "links",
    "notices",
    "outbox",
    "people",
    "photos",
    "responses",
    "rules",
    "signing_in",
    "supervision",
    "units",
    "warnings",
]
