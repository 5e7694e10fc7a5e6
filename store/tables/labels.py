"""Labels: what people say really happened, past incidents and verdicts on warnings. Nothing is overwritten."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, String, Table, Text

from store.tables.metadata import Ms, Number, metadata

labels = Table(
    "labels",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("city", String(64), nullable=False),
    Column("scene", String(80), nullable=False),
    Column("verdict", String(24), nullable=False),
    Column("place", String(96), nullable=False),
    Column("began_ms", Ms, nullable=False),
    Column("ended_ms", Ms, nullable=False),
    Column("said_by", String(96), nullable=False),
    Column("at_ms", Ms, nullable=False),
    Column("rule", String(96), nullable=False),
    Column("warning", String(64), nullable=False),
    Column("kind", String(64), nullable=False),
    Column("severity", String(16), nullable=False),
    Column("certain", Boolean, nullable=False),
    Column("note", Text, nullable=False),
    Column("lon_deg", Float),
    Column("lat_deg", Float),
    Column("corrects", Number, ForeignKey("labels.id")),
    Index("ix_labels_city_began_ms", "city", "began_ms"),
    Index("ix_labels_scene_warning", "scene", "warning"),
    sqlite_autoincrement=True,
)
