"""Departments, people, posts, who holds which post, and seats."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Integer, String, Table

from store.tables.metadata import Ms, Number, metadata

departments = Table(
    "departments",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(120), nullable=False),
    Column("parent", String(64), nullable=False),
    Column("until_ms", Ms),
    Column("successor", String(64), nullable=False, server_default=""),
)

people = Table(
    "people",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("login", String(64), nullable=False, unique=True),
    Column("name", String(120), nullable=False),
    Column("phone", String(32), nullable=False),
    Column("disabled", Boolean, nullable=False),
    sqlite_autoincrement=True,  # a number is never given to a second person
)

posts = Table(
    "posts",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(120), nullable=False),
    Column("department", String(64), ForeignKey("departments.id"), nullable=False),
    Column("role", String(32), nullable=False),
    Column("areas", JSON, nullable=False),
    Column("topics", JSON, nullable=False),
    Column("sensitivity", Integer, nullable=False),
)

appointments = Table(
    "appointments",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("person", Number, ForeignKey("people.id"), nullable=False, index=True),
    Column("post", String(64), ForeignKey("posts.id"), nullable=False, index=True),
    Column("from_ms", Ms, nullable=False),
    Column("until_ms", Ms),
    Column("rank", Integer, nullable=False),
    Column("successor", Number, ForeignKey("people.id")),
    sqlite_autoincrement=True,
)

seats = Table(
    "seats",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(120), nullable=False),
    Column("post", String(64), ForeignKey("posts.id"), nullable=False),
)
