"""The units of a city: those of its pack, and over them what was changed since; who could go to a case.

A unit that has an assignment in hand is busy; nobody says so by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace

from accounts.bearer import Bearer
from accounts.rights import may
from accounts.warden import Warden
from core.acts import ActTopic
from core.errors import IllegalStep, NotAllowed, UnknownName
from core.units import FixRow, UnitRow
from dispatch.book import Above
from dispatch.states import AssignmentState
from dispatch.units import DETOUR, Duty, Fix, Fleet, Need, Suggestion, Unit
from geo.roads import Roads, RoadTable
from store import units as kept
from store.outbox import tell
from store.sql import Database, Transaction

ON_SHOW = ("name", "area", "device", "lon_deg", "lat_deg")  # what the picture of the city has of a unit
EDIT, TELL = "units.edit", "cases.report"
NAMED = 2000  # of so many units places and tasks are asked for by name, of more all are read

Seen = Mapping[str, Fix]  # device → where it is now


class UnitBook:
    """Units of one installation."""

    def __init__(
        self, warden: Warden, declared: Callable[[], Mapping[str, UnitRow]], scene: Callable[[], str] = lambda: ""
    ) -> None:
        """declared: the units of the pack, by id. scene: the one on show, whose tasks keep units busy; "": of all."""
        self._warden, self._declared, self._scene = warden, declared, scene
        self._roads: tuple[RoadTable | None, Roads | None] = (None, None)
        self._known: tuple[int, dict[str, UnitRow]] = (-1, {})

    def units(self, seen: Seen, able: frozenset[str] = frozenset()) -> list[Unit]:
        """Every unit as it stands; of those that can do anything of `able`, where there are such.

        seen: where devices are now, by their own positions.
        """
        with self._warden.database.reading() as connection:
            rows = {**self._declared(), **self._written(connection)}
            rows = {name: row for name, row in rows.items() if not able.isdisjoint(row.capabilities)} or rows
            of = list(rows) if len(rows) <= NAMED else None
            fixes, at_work = kept.fixes(connection, of), kept.at_work(connection, self._scene(), of)
        return [
            _unit(row, _newest(fixes.get(row.id), seen.get(row.device)), at_work.get(row.id)) for row in rows.values()
        ]

    def recommend(self, need: Need, seen: Seen, now_ms: int, table: RoadTable | None = None) -> list[Suggestion]:
        """Who should go, the best first; each with what speaks against it. table: the roads of the city on show."""
        return Fleet(self.units(seen, need.capabilities), now_ms, self._roads_of(table)).recommend(need)

    def _roads_of(self, table: RoadTable | None) -> Roads | None:
        """The graph of a table, made once for as long as the same pack holds."""
        if self._roads[0] is not table:
            self._roads = (table, None if table is None else Roads(table, DETOUR))
        return self._roads[1]

    def read(self, unit: str) -> tuple[UnitRow, int]:
        """A unit as it is kept, and its revision for `put`; 0: as the pack has it. Raises UnknownName."""
        with self._warden.database.reading() as connection:
            written, declared = kept.one_unit(connection, unit), self._declared()
        if written is None and unit not in declared:
            raise UnknownName(f"there is no unit {unit!r}")
        return written or (declared[unit], 0)

    def put(self, by: Bearer, unit: UnitRow, above: Above, now_ms: int, revision: int | None = None) -> UnitRow:
        """Write a unit, new or changed. above: as `dispatch.book.Above`.

        revision: as it was on his screen (`read`), 0 of a new one; None: it does not matter who was faster.

        Raises:
            NotAllowed: His posts do not reach where it belongs, or where it belonged.
            IllegalStep: It has no id, no name, or can do nothing; somebody else was faster.
        """
        with self._warden.acting(by, EDIT, f"unit:{unit.id}", now_ms, {"off": unit.off}) as connection:
            before, changes = kept.one_unit(connection, unit.id) or (self._declared().get(unit.id, unit), 0)
            if revision not in (None, changes):
                raise IllegalStep("unit-changed", unit=before.name)
            for area in {before.area, unit.area}:
                decision = may(by, EDIT, area=above(area) if area else ())
                if not decision.allowed:
                    raise NotAllowed(decision.code, decision.in_words)
            if not unit.id or not unit.name or not unit.capabilities:
                raise IllegalStep("unit-needs")
            kept.put_unit(connection, unit)
            shown = {name: getattr(unit, name) for name in ON_SHOW}
            tell(connection, ActTopic.UNIT, {"id": unit.id, "unit": shown}, now_ms)
        return unit

    def seen_at(self, by: Bearer, fix: FixRow, now_ms: int) -> None:
        """Write where a unit's telephone is. Raises NotAllowed, UnknownName."""
        if fix.unit not in {unit.id for unit in self.units({})}:
            raise UnknownName(f"there is no unit {fix.unit!r}")
        with self._warden.acting(by, TELL, f"unit:{fix.unit}", now_ms) as connection:
            kept.put_fix(connection, replace(fix, by=by.name))
            tell(connection, ActTopic.UNIT, asdict(fix) | {"id": fix.unit}, now_ms)

    def _written(self, connection: Transaction) -> dict[str, UnitRow]:
        """The units that were written, read again when one was written since: 5,000 of them are 50 ms."""
        newest, (known, rows) = kept.newest(connection), self._known
        if newest != known:
            rows = {row.id: row for row in kept.all_units(connection)}
            self._known = (newest, rows)
        return rows


def _unit(row: UnitRow, fix: Fix | None, at_work: str | None) -> Unit:
    duty = Duty.FREE
    if row.off:
        duty = Duty.OFF
    elif at_work:
        duty = Duty.RESERVED if at_work == AssignmentState.RESERVED else Duty.BUSY
    home_deg = None if row.lon_deg is None or row.lat_deg is None else (row.lon_deg, row.lat_deg)
    return Unit(
        id=row.id,
        name=row.name,
        department=row.department,
        capabilities=frozenset(row.capabilities),
        duty=duty,
        home_deg=home_deg,
        fix=fix,
        speed_kmh=row.speed_kmh,
        crew=row.crew,
        crew_needed=row.crew_needed,
        rests_until_ms=row.rests_until_ms,
        area=row.area,
        attributes={"phone": row.phone, "device": row.device},
        kind=row.kind,
        members=row.members,
        shifts=row.shifts,
    )


def _newest(told: FixRow | None, seen: Fix | None) -> Fix | None:
    if told is None or (seen is not None and seen.at_ms > told.at_ms):
        return seen
    return Fix(told.lon_deg, told.lat_deg, told.accuracy_m, told.at_ms)


def abilities(database: Database, declared: Mapping[str, UnitRow]) -> dict[str, frozenset[str]]:
    """Unit → what it can do, of the pack and of what was changed since."""
    with database.reading() as connection:
        rows = {**declared, **{row.id: row for row in kept.all_units(connection)}}
    return {row.id: frozenset(row.capabilities) for row in rows.values()}
