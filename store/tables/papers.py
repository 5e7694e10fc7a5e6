"""Urgent reports on cases: each version as it was drafted, issued and received. What was issued is never changed."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Integer, LargeBinary, String, Table

from store.tables.metadata import Ms, metadata

papers = Table(
    "papers",
    metadata,
    Column("case", String(40), ForeignKey("cases.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),  # in its case, from 1, without a gap
    Column("stage", String(8), nullable=False),
    Column("state", String(12), nullable=False),
    Column("said", JSON, nullable=False),  # what its author wrote
    Column("facts", JSON, nullable=False),  # what the log said when it was drafted
    Column("as_of_ms", Ms, nullable=False),
    Column("drafted_by", String(80), nullable=False),
    Column("drafted_ms", Ms, nullable=False),
    Column("approved_by", String(80), nullable=False),
    Column("approved_ms", Ms),
    Column("returned_for", String(500), nullable=False),  # why the leader gave it back; "" when he did not
    Column("sent_by", String(80), nullable=False),
    Column("sent_ms", Ms),
    Column("receiver", String(120), nullable=False),
    Column("receipt", String(500), nullable=False),  # 回执: who took it, its number there
    Column("chain", JSON, nullable=False),  # roles through whose hands it goes
    Column("trail", JSON, nullable=False),  # who drafted, passed, gave back and issued it, and when
    Column("docx", LargeBinary),  # the files as they were issued
    Column("pdf", LargeBinary),
)
