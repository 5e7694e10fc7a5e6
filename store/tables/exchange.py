"""Cases that other platforms gave us or have from us, and what is still to be told them."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Index, Integer, String, Table, Text

from store.tables.metadata import Ms, metadata

exchanged = Table(
    "exchanged",
    metadata,
    Column("case", String(40), primary_key=True),
    Column("peer", String(80), primary_key=True),
    Column("given", String(8), nullable=False),  # `in`: we work on it for them; `out`: they for us
    Column("told", String(16), nullable=False),  # the state that was told last
    Column("at_ms", Ms, nullable=False),
)

exchange_out = Table(
    "exchange_out",
    metadata,
    Column("key", String(80), primary_key=True),
    Column("peer", String(80), nullable=False),
    Column("body", JSON, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_ms", Ms),  # real time; null: it was taken, or refused for good
    Column("said", Text, nullable=False),  # what the other side answered last
    Index(None, "next_ms"),
)
