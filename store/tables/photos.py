"""Photos of cases: what is known of each; the files lie in the media folder under their hashes."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Integer, String, Table

from store.tables.metadata import Ms, metadata

photos = Table(
    "photos",
    metadata,
    Column("case", String(40), ForeignKey("cases.id"), primary_key=True),
    Column("sha256", String(64), primary_key=True),  # of the original, also while only a small copy has come
    Column("kept", String(64), nullable=False),  # of the file that is kept: the same once the original is here
    Column("entry", Integer, nullable=False),  # the line of the log that brought it
    Column("format", String(8), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("width_px", Integer, nullable=False),
    Column("height_px", Integer, nullable=False),
    Column("at_ms", Ms, nullable=False),  # city time at which it came
    Column("taken_ms", Ms),  # by the camera's clock
    Column("lon_deg", Float),
    Column("lat_deg", Float),
    Column("by", String(80), nullable=False),
    Column("name", String(120), nullable=False),  # as it stands in the watermark
)
