"""Orders of supervision 督办 with their logs, and who of the leaders has read what 已阅."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from store.tables.metadata import Ms, metadata

orders = Table(
    "orders",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("scene", String(80), nullable=False),
    Column("stamp", String(16), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("is_open", Boolean, nullable=False),
    Column("about", String(160), nullable=False),  # `warning:…`, `case:…`, `indicator:…/…`; "": of itself
    Column("title", Text, nullable=False),  # what it was about, in words, when it was written
    Column("area", String(64), nullable=False),
    Column("topic", String(64), nullable=False),
    Column("owner", String(120), nullable=False),
    Column("issued_ms", Ms, nullable=False),
    Column("due_ms", Ms),  # null: its clock rests or is over
    Column("revision", Integer, nullable=False),
    Index("ix_orders_scene_is_open_due_ms", "scene", "is_open", "due_ms"),
    Index("ix_orders_about", "about"),
)

order_lines = Table(
    "order_lines",
    metadata,
    Column("order", String(40), ForeignKey("orders.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("deed", String(16), nullable=False),
    Column("at_ms", Ms, nullable=False),
    Column("by", String(80), nullable=False),
    Column("name", String(80), nullable=False),
    Column("fields", JSON, nullable=False),
    Column("key", String(80), nullable=False),  # given by whoever acts: a repeat is known, not done twice
    UniqueConstraint("by", "key"),
)

read_marks = Table(
    "read_marks",
    metadata,
    Column("scene", String(80), primary_key=True),
    Column("about", String(160), primary_key=True),
    Column("by", String(80), primary_key=True),
    Column("name", String(80), nullable=False),
    Column("at_ms", Ms, nullable=False),
)
