"""Units, their last positions and pairs that stay apart, written and read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass

from sqlalchemy import RowMapping, delete, func, insert, or_, select

from core.units import FixRow, UnitKind, UnitRow
from store.cases import of_scene
from store.sql import Transaction, among, put, upsert
from store.tables.cases import assignments, case_entries, cases
from store.tables.units import apart, coverage_voids, unit_fixes, units

LISTS = ("capabilities", "members", "shifts")


@dataclass(frozen=True, slots=True)
class Held:
    """A unit as a case has it in hand: its state there, since when, city time in ms, and who sent it."""

    case: str
    state: str
    since_ms: int
    by: str


def put_unit(connection: Transaction, unit: UnitRow) -> None:
    """Write a unit, new or changed."""
    lists = {name: list(getattr(unit, name)) for name in LISTS}
    put(connection, units, asdict(unit) | lists | {"revision": newest(connection) + 1})


def newest(connection: Transaction) -> int:
    """A number that is another one when any unit was written since; 0: there is none."""
    return connection.execute(select(func.max(units.c.revision))).scalar_one_or_none() or 0


def all_units(connection: Transaction) -> list[UnitRow]:
    """Every unit that was written, by id."""
    rows = connection.execute(select(units).order_by(units.c.id)).mappings()
    return [_unit(row) for row in rows]


def one_unit(connection: Transaction, unit: str) -> tuple[UnitRow, int] | None:
    """A unit with the number of its last change; None: it was never written, at most a pack has it."""
    row = connection.execute(select(units).where(units.c.id == unit)).mappings().one_or_none()
    return None if row is None else (_unit(row), row["revision"])


def department_of(connection: Transaction, unit: str) -> str:
    """The department of a unit by name; "" of one that only a pack knows."""
    asked = select(units.c.department).where(units.c.id == unit)
    return connection.execute(asked).scalar_one_or_none() or ""


def put_fix(connection: Transaction, fix: FixRow) -> None:
    """Write where a unit is, unless something younger is known."""
    found = upsert(connection, unit_fixes).values(**asdict(fix))
    changed = {name: found.excluded[name] for name in asdict(fix) if name != "unit"}
    younger = unit_fixes.c.at_ms < found.excluded.at_ms
    connection.execute(found.on_conflict_do_update(index_elements=["unit"], set_=changed, where=younger))


def fixes(connection: Transaction, of: Collection[str] | None = None) -> dict[str, FixRow]:
    """Unit → where it was seen last. of: only these; None: all."""
    asked = select(*(unit_fixes.c[name] for name in FixRow.__dataclass_fields__))
    asked = asked if of is None else asked.where(among(connection, unit_fixes.c.unit, of))
    return {row[0]: FixRow(*row) for row in connection.execute(asked).all()}


def at_work(connection: Transaction, scene: str = "", of: Collection[str] | None = None) -> dict[str, str]:
    """Unit → its state in the assignment that it has in hand; of several, the oldest one.

    scene "": of all. of: only these units; None: all.
    """
    asked = select(assignments.c.unit, assignments.c.state).where(~assignments.c.is_over)
    asked = asked if of is None else asked.where(among(connection, assignments.c.unit, of))
    if scene:  # what a replay or the demonstration sends out keeps nobody from real work
        asked = asked.join(cases).where(of_scene(scene))
    return {row[0]: row[1] for row in connection.execute(asked.order_by(assignments.c.since_ms.desc())).all()}


def held_elsewhere(connection: Transaction, scene: str, unit: str, but: str, sending: Collection[str]) -> Held | None:
    """What a unit has in hand in a case of the scene other than `but`; of several, the oldest. sending: such verbs."""
    mine = (assignments.c.unit == unit) & ~assignments.c.is_over & (assignments.c.case != but)
    asked = select(assignments).join(cases).where(mine, of_scene(scene)).order_by(assignments.c.since_ms)
    row = connection.execute(asked.limit(1)).mappings().first()
    if row is None:
        return None
    sent = (case_entries.c.case == row["case"]) & (case_entries.c.assignment == row["id"])
    sent &= case_entries.c.verb.in_(sending)
    by = select(case_entries.c.by).where(sent).order_by(case_entries.c.number.desc()).limit(1)
    return Held(row["case"], row["state"], row["since_ms"], connection.execute(by).scalar_one())


def keep_apart(connection: Transaction, pairs: Iterable[tuple[str, str]], by: str, at_ms: int) -> None:
    """Write that two are not one, for each pair."""
    for one, other in pairs:
        first, second = sorted((one, other))
        put(connection, apart, {"one": first, "other": second, "by": by, "at_ms": at_ms})


def kept_apart(connection: Transaction, names: Iterable[str]) -> frozenset[frozenset[str]]:
    """The pairs in which any of these names stands."""
    wanted = list(names)
    either = or_(*(among(connection, name, wanted) for name in (apart.c.one, apart.c.other)))
    asked = select(apart.c.one, apart.c.other).where(either)
    return frozenset(frozenset(row) for row in connection.execute(asked))


def voids(connection: Transaction, scene: str) -> dict[tuple[str, str], int]:
    """Areas that are known to be without a free unit: (area, capability) → since when, city time in ms."""
    asked = select(coverage_voids).where(coverage_voids.c.scene == scene)
    return {(row["area"], row["capability"]): row["since_ms"] for row in connection.execute(asked).mappings()}


def put_voids(connection: Transaction, scene: str, found: Mapping[tuple[str, str], int]) -> None:
    """Write all areas without a free unit as they are now."""
    connection.execute(delete(coverage_voids).where(coverage_voids.c.scene == scene))
    rows = [
        {"scene": scene, "area": area, "capability": capability, "since_ms": since_ms}
        for (area, capability), since_ms in found.items()
    ]
    if rows:
        connection.execute(insert(coverage_voids), rows)


def _unit(row: RowMapping) -> UnitRow:
    told = {name: row[name] for name in UnitRow.__dataclass_fields__}
    lists = {name: tuple(row[name]) for name in LISTS}
    return UnitRow(**(told | lists | {"kind": UnitKind(row["kind"])}))
