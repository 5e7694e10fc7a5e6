"""What came in beside reports and waits for a person or belongs to a case; and how far each stream was read."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Float, Index, String, Table, Text

from store.tables.metadata import Ms, metadata

intake = Table(
    "intake",
    metadata,
    Column("scene", String(80), primary_key=True),
    Column("id", String(160), primary_key=True),  # `warning:…` or `event:…`
    Column("source", String(16), nullable=False),
    Column("name", String(120), nullable=False),  # the rule, or the type of the event
    Column("kind", String(120), nullable=False),
    Column("becomes", String(16), nullable=False),
    Column("area", String(64), nullable=False),
    Column("topic", String(64), nullable=False),
    Column("lon_deg", Float),
    Column("lat_deg", Float),
    Column("accuracy_m", Float, nullable=False),
    Column("at_ms", Ms, nullable=False),
    Column("told_ms", Ms, nullable=False),
    Column("title", Text, nullable=False),
    Column("correlation", String(80), nullable=False),
    Column("state", String(16), nullable=False),
    Column("case", String(40), nullable=False),  # which has it; "" none
    Column("by", String(80), nullable=False),  # who decided
    Column("decided_ms", Ms, nullable=False),
    Column("reason", Text, nullable=False),
    Index(None, "scene", "state", "at_ms"),
    Index(None, "case"),
)

intake_read = Table(
    "intake_read",
    metadata,
    Column("scene", String(80), primary_key=True),
    Column("positions", JSON, nullable=False),  # stream → the last entry that the rows hold
)
