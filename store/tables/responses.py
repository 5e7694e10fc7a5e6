"""Responses and plans at work, each with the plan it was begun under; the log is what counts, the row is for lists."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from store.tables.metadata import Ms, metadata

responses = Table(
    "responses",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("scene", String(80), nullable=False),
    Column("stamp", String(16), nullable=False),
    Column("plan", String(80), nullable=False),
    Column("state", String(16), nullable=False),
    Column("level", Integer, nullable=False),
    Column("case", String(40), nullable=False),  # "": of the city, not of one case
    Column("exercise", Boolean, nullable=False),
    Column("proposed_ms", Ms, nullable=False),
    Column("review_ms", Ms, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("body", JSON, nullable=False),  # the plan, as it was then
    Index("ix_responses_scene_state", "scene", "state"),
    Index("ix_responses_case", "case"),
)

response_lines = Table(
    "response_lines",
    metadata,
    Column("response", String(40), ForeignKey("responses.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("deed", String(16), nullable=False),
    Column("at_ms", Ms, nullable=False),
    Column("by", String(80), nullable=False),
    Column("name", String(80), nullable=False),
    Column("fields", JSON, nullable=False),
    Column("key", String(80), nullable=False),  # given by whoever acts: a repeat is known, not done twice
    UniqueConstraint("by", "key"),
)
