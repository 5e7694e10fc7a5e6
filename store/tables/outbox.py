"""The outbox: what a transaction tells the rest of the city, written with it or not at all."""

from __future__ import annotations

from sqlalchemy import JSON, Column, String, Table

from store.tables.metadata import Ms, Number, metadata

outbox = Table(
    "outbox",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("at_ms", Ms, nullable=False),
    Column("topic", String(64), nullable=False),
    Column("body", JSON, nullable=False),
    sqlite_autoincrement=True,  # the number is the id in the stream: never given twice, not even after rows are dropped
)

outbox_marks = Table(  # how far those who follow the rows themselves have come
    "outbox_marks",
    metadata,
    Column("follower", String(40), primary_key=True),
    Column("number", Ms, nullable=False),
)
