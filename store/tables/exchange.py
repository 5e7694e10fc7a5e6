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
    Column("number", Integer, nullable=False),  # in the order in which they were written
    Column("peer", String(80), nullable=False),
    Column("case", String(40), nullable=False),
    Column("body", JSON, nullable=False),
    Column("standing", String(16), nullable=False),  # `dispatch.exchange.Standing`
    Column("tries", Integer, nullable=False),
    Column("made_ms", Ms, nullable=False),  # this and the others: real time
    Column("next_ms", Ms),  # null: nobody tries it any more
    Column("failed_ms", Ms),  # since when it fails; null: it does not
    Column("said", Text, nullable=False),  # what the other side answered last
    Index(None, "number", unique=True),
    Index(None, "standing", "peer", "next_ms"),
    Index(None, "peer", "case"),
)
