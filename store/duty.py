"""Acts of the duty desk and silences, written and read. What is allowed is decided in `early_warning/duty.py`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any

import msgspec
from sqlalchemy import RowMapping, Select, insert, select, update

from core.duty import Deed, DutyAct, Scope, Silence
from core.records import Level
from store.sql import Transaction, among
from store.tables.duty import duty_acts, duty_covers, silences


def add_act(connection: Transaction, act: DutyAct) -> DutyAct:
    """Write an act. Returns it with its number."""
    row = {key: value for key, value in asdict(act).items() if key not in {"covers", "number"}}
    number = connection.execute(insert(duty_acts).values(**row).returning(duty_acts.c.number)).scalar_one()
    if act.covers:
        rows = [{"act": number, "item": item, "level": int(level)} for item, level in act.covers.items()]
        connection.execute(insert(duty_covers), rows)
    return replace(act, number=number)


def act_with_key(connection: Transaction, by: str, key: str) -> DutyAct | None:
    """What somebody already did under a key."""
    found = _acts(connection, select(duty_acts).where(duty_acts.c.by == by, duty_acts.c.key == key))
    return found[0] if found else None


def acts_about(connection: Transaction, scene: str, items: Iterable[str]) -> list[DutyAct]:
    """All acts about any of these warnings or items, in their order."""
    about = select(duty_covers.c.act).where(among(connection, duty_covers.c.item, items))
    asked = select(duty_acts).where(duty_acts.c.scene == scene, duty_acts.c.number.in_(about))
    return _acts(connection, asked.order_by(duty_acts.c.number))


def add_silence(connection: Transaction, silence: Silence) -> Silence:
    """Write a silence. Returns it with its number."""
    row = {key: value for key, value in asdict(silence).items() if key != "number"}
    number = connection.execute(insert(silences).values(**row).returning(silences.c.number)).scalar_one()
    return replace(silence, number=number)


def end_silence(connection: Transaction, number: int, ended_ms: int) -> None:
    """A silence hides nothing any more."""
    connection.execute(update(silences).where(silences.c.number == number).values(ended_ms=ended_ms))


def silence_of(connection: Transaction, number: int) -> Silence | None:
    """A silence by its number."""
    row = connection.execute(select(silences).where(silences.c.number == number)).mappings().first()
    return None if row is None else _silence(row)


def silences_since(connection: Transaction, scene: str, since_ms: int) -> list[Silence]:
    """Silences that last or end after a time, by number."""
    asked = select(silences).where(silences.c.scene == scene, silences.c.until_ms > since_ms)
    return [_silence(row) for row in connection.execute(asked.order_by(silences.c.number)).mappings()]


def _acts(connection: Transaction, asked: Select[Any]) -> list[DutyAct]:
    rows = list(connection.execute(asked).mappings())
    covers: dict[int, dict[str, Level]] = {row["number"]: {} for row in rows}
    of_these = select(duty_covers).where(among(connection, duty_covers.c.act, covers))
    for row in connection.execute(of_these).mappings():
        covers[row["act"]][row["item"]] = Level(row["level"])
    return [DutyAct(**(dict(row) | {"kind": Deed(row["kind"]), "covers": covers[row["number"]]})) for row in rows]


def _silence(row: RowMapping) -> Silence:
    return Silence(**(dict(row) | {"scope": msgspec.convert(row["scope"], Scope)}))
