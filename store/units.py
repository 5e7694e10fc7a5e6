"""Units, their last positions and pairs that stay apart, written and read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from core.units import FixRow, UnitRow
from store.sql import Transaction
from store.tables.cases import assignments
from store.tables.units import apart, unit_fixes, units


def put_unit(connection: Transaction, unit: UnitRow) -> None:
    """Write a unit, new or changed."""
    _put(connection, units, asdict(unit) | {"capabilities": list(unit.capabilities)})


def all_units(connection: Transaction) -> list[UnitRow]:
    """Every unit that was written, by id."""
    rows = connection.execute(select(units).order_by(units.c.id)).mappings()
    return [UnitRow(**(dict(row) | {"capabilities": tuple(row["capabilities"])})) for row in rows]


def put_fix(connection: Transaction, fix: FixRow) -> None:
    """Write where a unit is, unless something younger is known."""
    upsert = _upsert(connection, unit_fixes).values(**asdict(fix))
    changed = {name: upsert.excluded[name] for name in asdict(fix) if name != "unit"}
    younger = unit_fixes.c.at_ms < upsert.excluded.at_ms
    connection.execute(upsert.on_conflict_do_update(index_elements=["unit"], set_=changed, where=younger))


def fixes(connection: Transaction) -> dict[str, FixRow]:
    """Unit → where it was seen last."""
    return {row["unit"]: FixRow(**row) for row in connection.execute(select(unit_fixes)).mappings()}


def at_work(connection: Transaction) -> dict[str, str]:
    """Unit → its state in the assignment that it has in hand; of several, the oldest one."""
    asked = select(assignments.c.unit, assignments.c.state).where(assignments.c.is_over.is_(False))
    return {row.unit: row.state for row in connection.execute(asked.order_by(assignments.c.since_ms.desc()))}


def keep_apart(connection: Transaction, pairs: Iterable[tuple[str, str]], by: str, at_ms: int) -> None:
    """Write that two are not one, for each pair."""
    for one, other in pairs:
        first, second = sorted((one, other))
        _put(connection, apart, {"one": first, "other": second, "by": by, "at_ms": at_ms})


def kept_apart(connection: Transaction, names: Iterable[str]) -> frozenset[frozenset[str]]:
    """The pairs in which any of these names stands."""
    wanted = list(names)
    asked = select(apart.c.one, apart.c.other).where(or_(apart.c.one.in_(wanted), apart.c.other.in_(wanted)))
    return frozenset(frozenset(row) for row in connection.execute(asked))


def _put(connection: Transaction, table: Any, row: dict[str, Any]) -> None:
    upsert = _upsert(connection, table).values(**row)
    keys = [column.name for column in table.primary_key]
    changed = {name: upsert.excluded[name] for name in row if name not in keys}
    connection.execute(upsert.on_conflict_do_update(index_elements=keys, set_=changed))


def _upsert(connection: Transaction, table: Any) -> Any:
    return (sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert)(table)
