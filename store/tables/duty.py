"""What people did about warnings, and what they silenced. Acts are only ever added."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from store.tables.metadata import Ms, Number, metadata

duty_acts = Table(
    "duty_acts",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("key", String(80), nullable=False),
    Column("scene", String(120), nullable=False),
    Column("kind", String(24), nullable=False),
    Column("subject", String(240), nullable=False),
    Column("by", String(80), nullable=False),
    Column("name", String(120), nullable=False),
    Column("post", String(120), nullable=False),
    Column("at_ms", Ms, nullable=False),
    Column("until_ms", Ms, nullable=False),
    Column("text", Text, nullable=False),
    Column("verdict", String(24), nullable=False),
    Column("into", String(240), nullable=False),
    Column("since_ms", Ms, nullable=False),
    Column("detail", JSON, nullable=False),
    UniqueConstraint("by", "key"),
    Index(None, "scene", "at_ms"),
    sqlite_autoincrement=True,
)

duty_covers = Table(  # which warnings or items an act is about, and up to which level
    "duty_covers",
    metadata,
    Column("act", Number, ForeignKey("duty_acts.number"), primary_key=True, autoincrement=False),
    Column("item", String(240), primary_key=True),
    Column("level", Integer, nullable=False),
    Index(None, "item"),
)

silences = Table(
    "silences",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("scene", String(120), nullable=False),
    Column("scope", JSON, nullable=False),
    Column("from_ms", Ms, nullable=False),
    Column("until_ms", Ms, nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", String(80), nullable=False),
    Column("name", String(120), nullable=False),
    Column("made_ms", Ms, nullable=False),
    Column("maintenance", Boolean, nullable=False),
    Column("ended_ms", Ms, nullable=False),
    Index(None, "scene", "until_ms"),
    sqlite_autoincrement=True,
)
