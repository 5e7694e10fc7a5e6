"""Sheets of station references, each kept whole."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Index, Integer, String, Table, Text

from store.tables.metadata import Ms, Number, metadata

reference_sheets = Table(
    "reference_sheets",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("city", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("references", JSON, nullable=False),
    Column("author", String(96), nullable=False),
    Column("made_ms", Ms, nullable=False),
    Column("changed_ms", Ms, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("approver", String(96), nullable=False),
    Column("reason", Text, nullable=False),
    Column("remark", Text, nullable=False),
    Column("effective_ms", Ms, nullable=False),
    Column("promised", JSON, nullable=False),
    Index("ix_reference_sheets_city_state", "city", "state"),
    sqlite_autoincrement=True,
)
