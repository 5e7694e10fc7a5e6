"""The audit: append-only by triggers, chained by digests. How it is chained stands in `accounts/chain.py`."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Index, String, Table, Text

from store.tables.metadata import Ms, Number, metadata

audit = Table(
    "audit",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=False),  # 1, 2, 3, … without gaps
    Column("at_ms", Ms, nullable=False),
    Column("actor", String(80), nullable=False),
    Column("action", String(64), nullable=False),
    Column("subject", Text, nullable=False),
    Column("address", String(64), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("detail", JSON, nullable=False),
    Column("algorithm", String(16), nullable=False),
    Column("previous", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
    Index(None, "at_ms"),
    Index(None, "actor", "at_ms"),
    Index(None, "action", "at_ms"),
)
