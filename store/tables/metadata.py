"""What all tables share: names of constraints that migrations can rely on, and the types of times and numbers."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, MetaData

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Ms = BigInteger  # milliseconds UTC since the epoch
Number = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER counts up by itself in SQLite
