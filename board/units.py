"""Units 力量 on show: section `units`, those that are at a case or were seen lately; who waits at home is not drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from board.canvas import Canvas, Record
from catalogue.declared import Declared
from core.acts import ActTopic
from core.records import HOUR_MS

SHOWN_FOR_MS = HOUR_MS  # so long after its last position a unit without a case leaves the map
LOOK_MS = 1000
PARTS = ("name", "area", "device", "lon_deg", "lat_deg")  # of a unit, as `dispatch.fleet` tells them
ABOUT_DEG = 5  # decimals of a place: a metre


@dataclass(frozen=True, slots=True)
class Task:
    """What a unit has in hand: the case, the state of its assignment, where the case is (None: nowhere known)."""

    case: str
    state: str
    place_deg: tuple[float, float] | None


class UnitBoard:
    """Where units were last: by the telephone of their crew or by their vehicle, whichever is newer, else at home."""

    def __init__(self, declared: Declared, language: str) -> None:
        self._declared, self._language = declared, language
        self._phones: dict[str, Record] = {}
        self._written: dict[str, Record] = {}  # units of the register, which go before those of the pack
        self._drawn_ms = 0

    def fold(self, topic: str, body: Mapping[str, Any]) -> None:
        """Take in one row of the stream of acts; all but units and their positions are passed over."""
        if topic != ActTopic.UNIT:
            return
        if "unit" in body:
            self._written[body["id"]] = dict(body["unit"])
        elif "lon_deg" in body:
            self._phones[body["id"]] = {"lon": body["lon_deg"], "lat": body["lat_deg"], "ms": body["at_ms"]}

    def paint(self, canvas: Canvas, tasks: Mapping[str, Task], city_now_ms: int) -> None:
        """Show every unit that is at a case, and those that were seen within the hour. ms 0: drawn at its home."""
        if abs(city_now_ms - self._drawn_ms) < LOOK_MS:
            return
        self._drawn_ms = city_now_ms
        vehicles = canvas.sections.get("vehicles", {})
        shown = set()
        for name, unit in self._units().items():
            seen = self._seen(name, unit, vehicles, at_home=name in tasks)
            task = tasks.get(name)
            if seen is None or (task is None and seen["ms"] < city_now_ms - SHOWN_FOR_MS):
                continue
            shown.add(name)
            place = {axis: round(seen[axis], ABOUT_DEG) for axis in ("lon", "lat")}
            to = list(task.place_deg) if task and task.place_deg else None
            work = {"state": task.state if task else "free", "case": task.case if task else "", "to": to}
            record = {"name": unit["name"], "area": unit["area"], "ms": seen["ms"], **place, **work}
            canvas.put("units", name, record, urgent=bool(task))
        canvas.keep_only("units", shown)

    def _units(self) -> dict[str, Record]:
        declared = self._declared.units
        return {name: {part: getattr(declared[name], part) for part in PARTS} for name in declared} | self._written

    def _seen(self, name: str, unit: Record, vehicles: Mapping[str, Record], at_home: bool) -> Record | None:
        """Where a unit was last. at_home: where it is not known, its home stands in, with the time 0."""
        found = [one for one in (self._phones.get(name), vehicles.get(unit["device"])) if one]
        if not found and at_home and unit["lon_deg"] is not None and unit["lat_deg"] is not None:
            return {"lon": unit["lon_deg"], "lat": unit["lat_deg"], "ms": 0}
        return max(found, key=lambda one: int(one["ms"]), default=None)

    def snapshot(self) -> dict[str, dict[str, Record]]:
        """What `restore` needs, ready for JSON."""
        return {"phones": self._phones, "written": self._written}

    def restore(self, kept: Mapping[str, Mapping[str, Record]]) -> None:
        """Continue from a snapshot."""
        self._phones, self._written = dict(kept["phones"]), dict(kept["written"])
