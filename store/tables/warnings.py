"""Warnings as they stood last, and how far the stream they come from was read; both written by the projector alone."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Float, Index, Integer, String, Table, Text

from store.tables.metadata import Ms, metadata

warnings = Table(  # an id is a function of rule, subject and time: another scene may have the same one
    "warnings",
    metadata,
    Column("scene", String(80), primary_key=True),
    Column("id", String(32), primary_key=True),
    Column("stamp", String(16), nullable=False),
    Column("issuer", String(16), nullable=False),
    Column("rule", String(120), nullable=False),
    Column("rule_version", String(64), nullable=False),
    Column("indicator", String(120), nullable=False),
    Column("subject", String(120), nullable=False),
    Column("area", String(64), nullable=False),  # county, else the city
    Column("trial", Boolean, nullable=False),
    Column("phase", String(16), nullable=False),
    Column("level", Integer, nullable=False),
    Column("peak", Integer, nullable=False),
    Column("since_ms", Ms, nullable=False),
    Column("updated_ms", Ms, nullable=False),
    Column("ended_ms", Ms),
    Column("decided_ms", Ms, nullable=False),
    Column("value", Float),  # null: not known
    Column("bound", Float),
    Column("unit", String(32), nullable=False),
    Column("trend", String(16), nullable=False),
    Column("late", Boolean, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("facts", JSON, nullable=False),
    Column("grade", Integer),  # how far it could be seen when it was told; null: told before this was kept
    Column("lineage", String(64), nullable=False),  # of the engine's state that told it
    Index(None, "scene", "phase"),
    Index(None, "scene", "since_ms"),
    Index(None, "scene", "decided_ms"),
    Index(None, "rule", "since_ms"),
)

projections = Table(
    "projections",
    metadata,
    Column("scene", String(80), primary_key=True),
    Column("position", String(40), nullable=False),  # the last entry of its stream that the rows hold
    Column("lineage", String(64), nullable=False),
)
