"""Labels, read and written. A later verdict on the same warning, or a correction, hides the one before."""

from __future__ import annotations

from dataclasses import asdict, replace

from sqlalchemy import RowMapping, and_, insert, select

from core.labels import Label, Verdict
from store.sql import Transaction
from store.tables.labels import labels


def add_label(connection: Transaction, label: Label) -> int:
    """Write one label; a verdict on a warning replaces the one that stands. Returns its number."""
    if label.warning and label.corrects is None:
        standing = verdict_on(connection, label.scene, label.warning)
        label = replace(label, corrects=standing.id if standing else None)
    row = asdict(label)
    del row["id"]
    return int(connection.execute(insert(labels).values(**row).returning(labels.c.id)).scalar_one())


def verdict_on(connection: Transaction, scene: str, warning: str) -> Label | None:
    """The verdict that stands on a warning."""
    asked = (
        select(labels).where(and_(labels.c.scene == scene, labels.c.warning == warning)).order_by(labels.c.id.desc())
    )
    row = connection.execute(asked).mappings().first()
    return None if row is None else _label(row)


def labels_between(connection: Transaction, city: str, scene: str, after_ms: int, upto_ms: int) -> list[Label]:
    """The labels that count, of the world and of one scene, of what stood at some time in [after_ms, upto_ms].

    By their beginning.
    """
    asked = (
        select(labels)
        .where(labels.c.city == city, labels.c.scene.in_(("", scene)))
        .where(labels.c.began_ms <= upto_ms, labels.c.ended_ms >= after_ms)
        .where(labels.c.id.not_in(select(labels.c.corrects).where(labels.c.corrects.is_not(None))))
        .order_by(labels.c.began_ms, labels.c.id)
    )
    return [_label(row) for row in connection.execute(asked).mappings()]


def _label(row: RowMapping) -> Label:
    return Label(**{**row, "verdict": Verdict(row["verdict"])})
