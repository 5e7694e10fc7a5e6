"""Sheets of station references, read and written. What is allowed is decided in `early_warning/reference_office.py`."""

from __future__ import annotations

from dataclasses import asdict, replace

from sqlalchemy import RowMapping, insert, select, update

from core.errors import UnknownName
from core.reference_sheets import ReferenceSheet, SheetState
from store.sql import Transaction
from store.tables.references import reference_sheets


def add_sheet(connection: Transaction, sheet: ReferenceSheet) -> ReferenceSheet:
    """Write a new sheet; as it is kept, with its number."""
    row = asdict(sheet) | {"promised": [list(row) for row in sheet.promised]}
    del row["number"]
    added = connection.execute(insert(reference_sheets).values(**row).returning(reference_sheets.c.number))
    return replace(sheet, number=int(added.scalar_one()))


def change_sheet(connection: Transaction, sheet: ReferenceSheet) -> ReferenceSheet | None:
    """Write a sheet that was read with its revision; as it is kept, one later. None: somebody changed it meanwhile."""
    row = asdict(sheet) | {"revision": sheet.revision + 1, "promised": [list(row) for row in sheet.promised]}
    del row["number"]
    same = (reference_sheets.c.number == sheet.number) & (reference_sheets.c.revision == sheet.revision)
    if not connection.execute(update(reference_sheets).where(same).values(**row)).rowcount:
        return None
    return replace(sheet, revision=sheet.revision + 1)


def sheet_numbered(connection: Transaction, city: str, number: int) -> ReferenceSheet:
    """One sheet of a city. Raises UnknownName."""
    asked = select(reference_sheets).where(reference_sheets.c.number == number, reference_sheets.c.city == city)
    row = connection.execute(asked).mappings().first()
    if row is None:
        raise UnknownName(f"no sheet of references has the number {number}")
    return _sheet(row)


def sheets_of(connection: Transaction, city: str) -> list[ReferenceSheet]:
    """All sheets of a city, newest first."""
    asked = select(reference_sheets).where(reference_sheets.c.city == city)
    ordered = asked.order_by(reference_sheets.c.number.desc())
    return [_sheet(row) for row in connection.execute(ordered).mappings()]


def _sheet(row: RowMapping) -> ReferenceSheet:
    return ReferenceSheet(**{**row, "state": SheetState(row["state"]), "promised": tuple(row["promised"])})
