"""How somebody proves who he is: passwords, second factors, names elsewhere, attempts, sessions, tokens."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from store.tables.metadata import Ms, Number, metadata

passwords = Table(  # the newest of a person counts, the others are his history
    "passwords",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("person", Number, ForeignKey("people.id"), nullable=False, index=True),
    Column("hash", String(255), nullable=False),
    Column("set_ms", Ms, nullable=False),
    Column("must_change", Boolean, nullable=False),
    sqlite_autoincrement=True,
)

second_factors = Table(
    "second_factors",
    metadata,
    Column("person", Number, ForeignKey("people.id"), primary_key=True, autoincrement=False),
    Column("sealed", String(255), nullable=False),  # encrypted with the key of this installation
    Column("confirmed", Boolean, nullable=False),
    Column("last_step", Number, nullable=False),  # a code counts once
)

links = Table(  # the name of a person in another system that signs him in
    "links",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("person", Number, ForeignKey("people.id"), nullable=False, index=True),
    Column("source", String(32), nullable=False),
    Column("subject", String(255), nullable=False),
    UniqueConstraint("source", "subject"),
    sqlite_autoincrement=True,
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("login", String(64), nullable=False),
    Column("address", String(64), nullable=False),
    Column("at_ms", Ms, nullable=False),
    Column("failed", Boolean, nullable=False),
    Index(None, "login", "at_ms"),
    Index(None, "address", "at_ms"),
    sqlite_autoincrement=True,
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("person", Number, ForeignKey("people.id"), nullable=False, index=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("source", String(32), nullable=False),
    Column("address", String(64), nullable=False),
    Column("began_ms", Ms, nullable=False),
    Column("seen_ms", Ms, nullable=False),
    Column("expires_ms", Ms, nullable=False),
    Column("strong", Boolean, nullable=False),
    Column("seat", String(64), nullable=False),
    Column("ended_ms", Ms),
    Column("ended_by", String(80), nullable=False),
    sqlite_autoincrement=True,
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("name", String(120), nullable=False),
    Column("role", String(32), nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("areas", JSON, nullable=False),
    Column("topics", JSON, nullable=False),
    Column("sensitivity", Integer, nullable=False),
    Column("actions", JSON, nullable=False),
    Column("made_ms", Ms, nullable=False),
    Column("expires_ms", Ms),
    Column("seat", String(64), nullable=False),
    Column("revoked_ms", Ms),
    Column("used_ms", Ms),
    sqlite_autoincrement=True,
)
