"""Cases in hand, on show: sections `cases`, the most urgent ones, and `case_load`, the counts of all.

No title, no words of a caller and no exact place are in the picture, so that it may hang where anybody looks; desks ask
for them with the right to see cases.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Mapping
from typing import Any

from board.canvas import Canvas, Record
from board.names import Names
from board.units import Task
from catalogue.declared import Declared
from core.acts import ActTopic
from dispatch.states import OVER
from dispatch.wording import state_word

SHOWN = 200  # cases in the picture; nobody looks at more, and the counts are of all
LOOK_MS = 1000  # who is late changes with the clock
ABOUT_DEG = 3  # decimals of a place: some 100 m
_KEPT = ("kind", "state", "hold", "area", "topic", "lead", "grade", "reported_ms", "since_ms", "due_ms", "due_of")


class CaseBoard:
    """Every open case of one scene."""

    def __init__(self, declared: Declared, names: Names, scene: str) -> None:
        self._declared, self._names, self._scene = declared, names, scene
        self._open: dict[str, Record] = {}
        self._dirty = True
        self._drawn_ms = 0

    def fold(self, topic: str, body: Mapping[str, Any]) -> None:
        """Take in one row of the stream of acts; those of other scenes and topics are passed over."""
        if topic != ActTopic.CASE or body.get("scene") != self._scene:
            return
        if body["is_open"]:
            self._open[body["id"]] = self._record(body)
        else:
            self._open.pop(body["id"], None)
        self._dirty = True

    def tasks(self) -> dict[str, Task]:
        """Unit → what it has in hand; of several cases the one that is due first."""
        found: dict[str, Task] = {}
        for case, record in sorted(self._open.items(), key=_urgency, reverse=True):
            place = (record["lon"], record["lat"]) if "lon" in record else None
            for one in record["units"]:
                if one["state"] not in OVER:
                    found[one["unit"]] = Task(case, one["state"], place)
        return found

    def paint(self, canvas: Canvas, city_now_ms: int) -> None:
        """Show what is due first, and how much there is in all."""
        if not self._dirty and abs(city_now_ms - self._drawn_ms) < LOOK_MS:
            return
        if self._dirty:
            shown = heapq.nsmallest(SHOWN, self._open.items(), key=_urgency)
            for case, record in shown:
                canvas.put("cases", case, record, urgent=True)
            canvas.keep_only("cases", [case for case, _ in shown])
        canvas.put("case_load", "main", self._load(city_now_ms), urgent=self._dirty)
        self._dirty, self._drawn_ms = False, city_now_ms

    def snapshot(self) -> dict[str, Record]:
        """What `restore` needs, ready for JSON."""
        return self._open

    def restore(self, kept: Mapping[str, Record]) -> None:
        """Continue from a snapshot."""
        self._open, self._dirty = dict(kept), True

    def _record(self, body: Mapping[str, Any]) -> Record:
        kind = self._declared.case_kinds.get(body["kind"])
        place = {}
        if body["lon_deg"] is not None:
            place = {"lon": round(body["lon_deg"], ABOUT_DEG), "lat": round(body["lat_deg"], ABOUT_DEG)}
        language = self._names.language
        return {name: body[name] for name in _KEPT} | {
            "kind_name": kind.name[language] if kind else body["kind"],
            "area_name": self._names.subject(body["area"]) if body["area"] else "",
            "state_name": state_word(self._declared.state_words, body["state"], language),
            "units": [dict(one) for one in body["units"]],
            "escalated": body["escalated"],
            "revision": body["revision"],
            "of": body["correlation"],
            **place,
        }

    def _load(self, now_ms: int) -> Record:
        """Open cases by state, and how many are late."""
        states = Counter(record["state"] for record in self._open.values())
        late = sum(record["due_ms"] is not None and record["due_ms"] < now_ms for record in self._open.values())
        held = sum(record["hold"] in ("shelved", "postponed") for record in self._open.values())
        return {"open": len(self._open), "states": dict(sorted(states.items())), "late": late, "held": held}


def _urgency(item: tuple[str, Record]) -> tuple[float, int, str]:
    case, record = item
    due_ms = record["due_ms"]
    return (float("inf") if due_ms is None else due_ms, record["reported_ms"], case)
