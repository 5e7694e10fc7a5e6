"""One-time links to tasks; of the secret only a digest is kept."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, String, Table

from store.tables.metadata import Ms, metadata

case_links = Table(
    "case_links",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("case", String(40), ForeignKey("cases.id"), nullable=False, index=True),
    Column("assignment", String(40), nullable=False),
    Column("name", String(120), nullable=False),  # for whom it was made
    Column("made_by", String(80), nullable=False),
    Column("made_ms", Ms, nullable=False),
    Column("expires_ms", Ms, nullable=False),
    Column("revoked_ms", Ms),
)
