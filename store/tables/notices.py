"""Who is told of what, what was decided to be told, and how far each delivery is."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from store.tables.metadata import Ms, Number, metadata

recipients = Table(
    "notice_recipients",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(120), nullable=False),
    Column("addresses", Text, nullable=False),  # sealed: a copy of the database tells no telephone and no key
    Column("secret", Text, nullable=False),  # sealed
    Column("person", String(64), nullable=False),
    Column("exercise", Boolean, nullable=False),
    Column("budget", Integer, nullable=False),
    Column("disabled", Boolean, nullable=False),
)

routes = Table(
    "notice_routes",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(120), nullable=False),
    *(Column(name, JSON, nullable=False) for name in ("to", "channels", "topics", "areas", "then")),
    Column("level", Integer, nullable=False),
    *(Column(name, Integer, nullable=False) for name in ("from_min", "until_min", "unacknowledged_s", "standing_s")),
    Column("disabled", Boolean, nullable=False),
    Column("response", String(80), nullable=False),
    Column("response_level", Integer, nullable=False),
    Column("unanswered_s", Integer, nullable=False),
    Column("restricted", Boolean, nullable=False),
)

notices = Table(
    "notices",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("key", String(255), nullable=False, unique=True),
    Column("scene", String(80), nullable=False),
    Column("stamp", String(16), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("level", Integer, nullable=False),
    Column("warning", String(64), nullable=False),
    Column("card", String(64), nullable=False),
    Column("topic", String(64), nullable=False),
    Column("areas", JSON, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("at_ms", Ms, nullable=False),
    Column("issued", Boolean, nullable=False),
    Column("suppressed", String(32), nullable=False),
    Column("about", String(120), nullable=False),
    Column("grade", Integer),  # how far it may be seen; null: decided before this was kept
    Index(None, "at_ms"),
    Index(None, "scene", "warning"),
    sqlite_autoincrement=True,
)

deliveries = Table(
    "notice_deliveries",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("notice", Number, ForeignKey("notices.number"), nullable=False, index=True),
    Column("key", String(64), nullable=False, unique=True),
    Column("recipient", String(80), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("made_ms", Ms, nullable=False),
    Column("next_ms", Ms, nullable=False),
    Column("done_ms", Ms),
    Column("digest", String(64), nullable=False, index=True),
    Column("remote", String(120), nullable=False, server_default=""),  # its number at the gateway that took it
    Index(None, "state", "next_ms"),
    Index(None, "recipient", "made_ms"),
    sqlite_autoincrement=True,
)

attempts = Table(
    "notice_attempts",
    metadata,
    Column("delivery", Number, ForeignKey("notice_deliveries.number"), primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("at_ms", Ms, nullable=False),
    Column("took_ms", Integer),  # null: nobody knows how it ended, for the worker died
    Column("outcome", String(16), nullable=False),
    Column("reason", Text, nullable=False),
)

matters = Table(
    "notice_matters",
    metadata,
    Column("scene", String(80), primary_key=True),
    Column("warning", String(64), primary_key=True),
    Column("matter", JSON, nullable=False),
)
