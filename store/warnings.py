"""Warnings in SQL, as the projector leaves them: each as it stood after the newest entry of its stream."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import RowMapping, Select, func, select

from core.accounts import Sensitivity
from core.errors import UnknownName
from core.records import CityWarning, Issuer, Level, WarningPhase
from store.sql import Transaction, among, upsert
from store.tables.warnings import projections, warnings

ROWS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class KeptWarning:
    """A warning with the scene that told it, the county it lies in (else the city), and its sentence.

    grade: how far its indicator could be seen when this was written; None: no pack declared it, then as before.
    """

    warning: CityWarning
    scene: str
    area: str
    sentence: str
    grade: Sensitivity | None = None

    @property
    def trial(self) -> bool:
        """Of a rule in trial 试运行: never rung, never shown."""
        return bool(self.warning.facts.get("trial"))


@dataclass(frozen=True, slots=True)
class Projected:
    """How far the rows of a scene go: the last entry of its stream, and the lineage of the state that wrote it."""

    position: str
    lineage: str


def keep_warnings(connection: Transaction, kept: Sequence[KeptWarning], lineage: str = "") -> None:
    """Write warnings as they stand now; of one that comes twice the last one counts, and a grade is never lost."""
    newest = {(one.scene, one.warning.id): _row(one, lineage) for one in kept}
    rows = list(newest.values())
    for at in range(0, len(rows), ROWS_AT_ONCE):
        _put(connection, warnings, rows[at : at + ROWS_AT_ONCE])


def warning_of(connection: Transaction, scene: str, warning: str) -> KeptWarning:
    """One warning of a scene by its id. Raises UnknownName."""
    asked = select(warnings).where(warnings.c.scene == scene, warnings.c.id == warning)
    row = connection.execute(asked).mappings().first()
    if row is None:
        raise UnknownName(f"scene {scene} has no warning {warning!r}")
    return _kept(row)


def standing_warnings(connection: Transaction, scene: str) -> list[KeptWarning]:
    """All that stand in a scene, the gravest first and of equal level the oldest; none of rules in trial."""
    asked = select(warnings).where(
        warnings.c.scene == scene, warnings.c.phase == WarningPhase.ACTIVE, warnings.c.trial.is_(False)
    )
    ordered = asked.order_by(warnings.c.level.desc(), warnings.c.since_ms, warnings.c.id)
    return [_kept(row) for row in connection.execute(ordered).mappings()]


def standing_elsewhere(connection: Transaction, scene: str, lineage: str) -> list[KeptWarning]:
    """What stands in a scene, trial or not, as a state of another lineage left it."""
    asked = select(warnings).where(
        warnings.c.scene == scene,
        warnings.c.phase == WarningPhase.ACTIVE,
        warnings.c.lineage != lineage,
        warnings.c.issuer == Issuer.COMPUTED,  # what an authority issued hangs on no state of ours
    )
    return [_kept(row) for row in connection.execute(asked.order_by(warnings.c.id)).mappings()]


def signals_kept(connection: Transaction, scene: str) -> list[KeptWarning]:
    """All signals that an authority issued, of a scene, lifted ones too."""
    asked = select(warnings).where(warnings.c.scene == scene, warnings.c.issuer == Issuer.ISSUED)
    return [_kept(row) for row in connection.execute(asked.order_by(warnings.c.since_ms)).mappings()]


def decided_since(connection: Transaction, scene: str, decided_ms: int) -> list[KeptWarning]:
    """What changed in a scene at this city time or later, over or not, trial or not, in the order of the decisions."""
    asked = select(warnings).where(warnings.c.scene == scene, warnings.c.decided_ms >= decided_ms)
    return [_kept(row) for row in connection.execute(asked.order_by(warnings.c.decided_ms, warnings.c.id)).mappings()]


def warnings_of(connection: Transaction, scene: str, ids: Sequence[str]) -> list[KeptWarning]:
    """Those of these warnings that a scene has."""
    asked = select(warnings).where(warnings.c.scene == scene, among(connection, warnings.c.id, ids))
    return [_kept(row) for row in connection.execute(asked).mappings()]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which warnings `warnings_between` gives: "" means any; trial: those of rules in trial instead of the others."""

    rule: str = ""
    subject: str = ""
    area: str = ""
    trial: bool = False
    limit: int = 1000


def warnings_between(
    connection: Transaction, scene: str, from_ms: int, until_ms: int, asked: Asked | None = None
) -> list[KeptWarning]:
    """Those that stood at some time in [from_ms, until_ms), retracted ones too, the newest first.

    What was decided in a window that goes on begins with that window's end, so it may stand before it began.
    """
    wanted = asked or Asked()
    found = select(warnings).where(
        warnings.c.scene == scene,
        (warnings.c.since_ms < until_ms) | (warnings.c.ended_ms.is_(None) & (warnings.c.decided_ms < until_ms)),
        warnings.c.ended_ms.is_(None) | (warnings.c.ended_ms > from_ms),
        warnings.c.trial.is_(wanted.trial),
    )
    found = _narrowed(found, wanted)
    ordered = found.order_by(warnings.c.since_ms.desc(), warnings.c.id).limit(wanted.limit)
    return [_kept(row) for row in connection.execute(ordered).mappings()]


def projected(connection: Transaction, scene: str) -> Projected | None:
    """How far the rows of a scene go; None: it has none."""
    row = connection.execute(select(projections).where(projections.c.scene == scene)).mappings().first()
    return None if row is None else Projected(row["position"], row["lineage"])


def projected_all(connection: Transaction, scene: str) -> dict[str, str]:
    """How far the rows of a scene go, its issued signals too: stream, or the scene itself, → position."""
    of_scene = (projections.c.scene == scene) | projections.c.scene.startswith(f"{scene}:", autoescape=True)
    found = select(projections.c.scene, projections.c.position).where(of_scene)
    return {row.scene: row.position for row in connection.execute(found)}


def note_projected(connection: Transaction, scene: str, upto: Projected) -> None:
    """Write how far they go, in the transaction that writes them."""
    _put(connection, projections, [{"scene": scene, "position": upto.position, "lineage": upto.lineage}])


def _narrowed(found: Select[Any], wanted: Asked) -> Select[Any]:
    for column in (warnings.c.rule, warnings.c.subject, warnings.c.area):
        value = getattr(wanted, column.name)
        found = found.where(column == value) if value else found
    return found


def _row(kept: KeptWarning, lineage: str) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(kept.warning)
    told |= {name: _known(getattr(kept.warning, name)) for name in ("value", "bound")}
    own = {name: getattr(kept, name) for name in ("scene", "area", "sentence", "trial", "grade")}
    return told | own | {"lineage": lineage}


def _kept(row: RowMapping) -> KeptWarning:
    told = {name: row[name] for name in CityWarning.__dataclass_fields__}
    told |= {name: math.nan if row[name] is None else row[name] for name in ("value", "bound")}
    told |= {name: Level(row[name]) for name in ("level", "peak")}
    grade = None if row["grade"] is None else Sensitivity(row["grade"])
    return KeptWarning(msgspec.convert(told, CityWarning), row["scene"], row["area"], row["sentence"], grade)


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def _put(connection: Transaction, table: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows of equal columns, or change those whose key is there."""
    found = upsert(connection, table)
    keys = [column.name for column in table.primary_key]
    changed: dict[str, Any] = {name: found.excluded[name] for name in rows[0] if name not in keys}
    if "grade" in changed:  # an indicator that is gone takes nothing from what was told of it
        changed["grade"] = func.coalesce(found.excluded["grade"], table.c.grade)
    connection.execute(found.on_conflict_do_update(index_elements=keys, set_=changed), list(rows))
