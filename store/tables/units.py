"""Units 力量 as the city keeps them, where they were seen last, and what people said of proposals."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Float, Index, Integer, String, Table

from store.tables.metadata import Ms, metadata

units = Table(
    "units",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("name", String(120), nullable=False),
    Column("department", String(120), nullable=False),
    Column("capabilities", JSON, nullable=False),
    Column("area", String(64), nullable=False),
    Column("lon_deg", Float),
    Column("lat_deg", Float),
    Column("phone", String(32), nullable=False),
    Column("device", String(120), nullable=False),  # whose positions are its own
    Column("off", Boolean, nullable=False),
    Column("speed_kmh", Float, nullable=False),
    Column("crew", Integer, nullable=False),
    Column("crew_needed", Integer, nullable=False),
    Column("rests_until_ms", Ms, nullable=False),
    Column("kind", String(16), nullable=False, server_default="team"),
    Column("members", JSON, nullable=False, server_default="[]"),
    Column("shifts", JSON, nullable=False, server_default="[]"),
    Column("revision", Integer, nullable=False, server_default="0"),  # rises with each unit that is written
    Index(None, "revision"),
)

unit_fixes = Table(  # the newest position that somebody's telephone gave
    "unit_fixes",
    metadata,
    Column("unit", String(80), primary_key=True),
    Column("lon_deg", Float, nullable=False),
    Column("lat_deg", Float, nullable=False),
    Column("accuracy_m", Float, nullable=False),
    Column("at_ms", Ms, nullable=False),
    Column("by", String(80), nullable=False),
)

apart = Table(  # pairs of which a person said that they are not one incident
    "apart",
    metadata,
    Column("one", String(120), primary_key=True),
    Column("other", String(120), primary_key=True),
    Column("by", String(80), nullable=False),
    Column("at_ms", Ms, nullable=False),
)

coverage_voids = Table(  # areas without a free unit that can do something, as they were found last
    "coverage_voids",
    metadata,
    Column("scene", String(80), primary_key=True),
    Column("area", String(64), primary_key=True),
    Column("capability", String(80), primary_key=True),
    Column("since_ms", Ms, nullable=False),
)
