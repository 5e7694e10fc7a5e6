"""What came in beside reports, written and read. What becomes of it is decided in `dispatch/`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import RowMapping, exists, select, update

from store.case_marks import put_marks
from store.sql import Transaction, among, put, upsert
from store.tables.cases import cases
from store.tables.intake import intake, intake_read

OPEN = "open"
DECIDED = (
    "state",
    "case",
    "by",
    "decided_ms",
    "reason",
)  # what people and cases say of an item; telling it again keeps it


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item as it is stored; `dispatch.intake.Item` in plain words, and what was decided about it."""

    scene: str
    id: str
    source: str
    name: str
    kind: str
    becomes: str
    area: str
    topic: str
    lon_deg: float | None
    lat_deg: float | None
    accuracy_m: float
    at_ms: int
    told_ms: int
    title: str
    correlation: str
    state: str = OPEN
    case: str = ""
    by: str = ""
    decided_ms: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of items: their new state, the case that has them, who said so, when and why."""

    state: str
    case: str = ""
    by: str = ""
    decided_ms: int = 0
    reason: str = ""


def take_in(connection: Transaction, rows: Sequence[ItemRow]) -> None:
    """Write items as they are told now; what was decided about one that is known stays."""
    newest = {(row.scene, row.id): asdict(row) for row in rows}
    if not newest:
        return
    told = upsert(connection, intake)
    changed = {name: told.excluded[name] for name in asdict(rows[0]) if name not in ("scene", "id", *DECIDED)}
    connection.execute(told.on_conflict_do_update(index_elements=["scene", "id"], set_=changed), list(newest.values()))


def withdraw(connection: Transaction, scene: str, names: Iterable[str], at_ms: int) -> None:
    """Note that their source took items back; those that a case has stay with it."""
    waiting = (intake.c.scene == scene) & among(connection, intake.c.id, names) & (intake.c.state == OPEN)
    connection.execute(update(intake).where(waiting).values(state="withdrawn", decided_ms=at_ms))


def decide(connection: Transaction, scene: str, names: Iterable[str], decision: Decision) -> None:
    """Write what becomes of items; a case is found by the sources of those that it has."""
    wanted = list(names)
    these = (intake.c.scene == scene) & among(connection, intake.c.id, wanted)
    had = connection.execute(select(intake.c.case).where(these, intake.c.case != "").distinct()).scalars().all()
    connection.execute(update(intake).where(these).values(**asdict(decision)))
    put_marks(connection, {*had, decision.case} - {""})


def open_items(connection: Transaction, scene: str, since_ms: int, limit: int = 1000) -> list[ItemRow]:
    """What waits and happened since a time, the newest first; not what a case was opened from elsewhere."""
    raised = exists().where(cases.c.correlation == intake.c.correlation, cases.c.scene == scene)
    asked = select(intake).where(
        intake.c.scene == scene, intake.c.state == OPEN, intake.c.at_ms >= since_ms, intake.c.correlation != "", ~raised
    )
    ordered = asked.order_by(intake.c.at_ms.desc(), intake.c.id).limit(limit)
    return [_item(row) for row in connection.execute(ordered).mappings()]


def items_of(connection: Transaction, case: str) -> list[ItemRow]:
    """What a case has, the oldest first."""
    asked = select(intake).where(intake.c.case == case).order_by(intake.c.at_ms, intake.c.id)
    return [_item(row) for row in connection.execute(asked).mappings()]


def items_named(connection: Transaction, scene: str, names: Iterable[str]) -> dict[str, ItemRow]:
    """Items by id; those that nobody knows are left out."""
    asked = select(intake).where(intake.c.scene == scene, among(connection, intake.c.id, names))
    return {row["id"]: _item(row) for row in connection.execute(asked).mappings()}


def read_up_to(connection: Transaction, scene: str) -> dict[str, str]:
    """Stream → the last entry that the items of a scene hold; {} in the beginning."""
    found = connection.scalar(select(intake_read.c.positions).where(intake_read.c.scene == scene))
    return dict(found or {})


def note_read(connection: Transaction, scene: str, positions: Mapping[str, str]) -> None:
    """Write how far the streams of a scene were read."""
    put(connection, intake_read, {"scene": scene, "positions": dict(positions)})


def _item(row: RowMapping) -> ItemRow:
    return ItemRow(**{name: row[name] for name in ItemRow.__dataclass_fields__})
