"""Versions of rules, and complaints about rules."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Index, Integer, String, Table, Text, UniqueConstraint

from store.tables.metadata import Ms, Number, metadata

rule_versions = Table(
    "rule_versions",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("city", String(64), nullable=False),
    Column("rule", String(96), nullable=False),
    Column("version", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("declaration", JSON, nullable=False),
    Column("based_on", String(32), nullable=False),
    Column("author", String(96), nullable=False),
    Column("made_ms", Ms, nullable=False),
    Column("changed_ms", Ms, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("approver", String(96), nullable=False),
    Column("reason", Text, nullable=False),
    Column("remark", Text, nullable=False),
    Column("effective_ms", Ms, nullable=False),
    Column("ended_ms", Ms),
    Column("expected", JSON),
    UniqueConstraint("city", "rule", "version", name="uq_rule_versions_version"),
    Index("ix_rule_versions_city_state", "city", "state"),
    sqlite_autoincrement=True,
)

complaints = Table(
    "complaints",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("city", String(64), nullable=False),
    Column("rule", String(96), nullable=False, index=True),
    Column("place", String(96), nullable=False),
    Column("from_ms", Ms, nullable=False),
    Column("upto_ms", Ms, nullable=False),
    Column("said_by", String(96), nullable=False),
    Column("said", Text, nullable=False),
    Column("at_ms", Ms, nullable=False),
    Column("warning", String(64), nullable=False),
    Column("due_ms", Ms, nullable=False),
    Column("answer", Text, nullable=False),
    Column("answered_by", String(96), nullable=False),
    Column("answered_ms", Ms),
    sqlite_autoincrement=True,
)
