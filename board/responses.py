"""Responses in force 应急响应 and what asks for one, on show: sections `responses` and `proposals`.

A proposal 建议启动 is what somebody asked to have approved, or a plan whose trigger fits what stands now; the latter
goes when a response of that plan is asked for, is in force, or nothing fits any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from board.belonging import chain_of
from board.canvas import Canvas, Record
from board.names import Names
from board.warnings import is_restricted
from catalogue.declared import Declared
from core.acts import ActTopic
from core.messages import text
from core.records import CityWarning
from dispatch.plans import Occasion, proposed

IN_FORCE, PROPOSED = "in-force", "proposed"
Warned = Callable[[], Iterable[CityWarning]]
LOOK_MS = 1000  # what is late changes with the clock


class ResponseBoard:
    """Every response of one scene that is proposed or in force, and the cases that may ask for a plan."""

    def __init__(self, declared: Declared, names: Names, scene: str) -> None:
        self._declared, self._names, self._scene = declared, names, scene
        self._open: dict[str, Record] = {}
        self._cases: dict[str, Record] = {}  # open cases of a kind that some plan asks for
        self._kinds = frozenset(kind for plan in declared.plans.values() for kind in plan.trigger.kinds)
        self._rules = frozenset(rule for plan in declared.plans.values() for rule in plan.trigger.rules)
        self._dirty = True
        self._drawn_ms = 0

    def fold(self, topic: str, body: Mapping[str, Any]) -> None:
        """Take in one row of the stream of acts; those of other scenes and topics are passed over."""
        if body.get("scene") != self._scene:
            return
        if topic == ActTopic.RESPONSE:
            _keep(self._open, body["id"], dict(body), body["state"] in (IN_FORCE, PROPOSED))
        elif topic == ActTopic.CASE and body["kind"] in self._kinds:
            record = {name: body[name] for name in ("kind", "grade", "area", "reported_ms")}
            _keep(self._cases, body["id"], record, body["is_open"])
        else:
            return
        self._dirty = True

    def paint(self, canvas: Canvas, active: Warned, warned: bool, city_now_ms: int) -> None:
        """Show what is in force and what asks for it. active: gives warnings that stand; warned: they changed."""
        if not (self._dirty or warned or abs(city_now_ms - self._drawn_ms) >= LOOK_MS):
            return
        shown = {key: self._record(one, city_now_ms) for key, one in self._open.items() if _is_of_city(one)}
        for key, record in shown.items():
            canvas.put("responses", key, record, urgent=True)
        canvas.keep_only("responses", shown)
        if self._dirty or warned:
            asking = self._waiting() | self._triggered(active())
            for key, record in asking.items():
                canvas.put("proposals", key, record, urgent=True)
            canvas.keep_only("proposals", asking)
        self._dirty, self._drawn_ms = False, city_now_ms

    def snapshot(self) -> dict[str, Any]:
        """What `restore` needs, ready for JSON."""
        return {"open": self._open, "cases": self._cases}

    def restore(self, kept: Mapping[str, Any]) -> None:
        """Continue from a snapshot."""
        self._open, self._cases, self._dirty = dict(kept["open"]), dict(kept["cases"]), True

    def _record(self, one: Mapping[str, Any], now_ms: int) -> Record:
        language = self._names.language
        return {
            "plan": one["plan"],
            "name": one["name"][language],
            "level": one["level"],
            "word": text(f"plan.level-{one['level']}", language),
            "areas": one["areas"],
            "area_names": [self._names.subject(area) for area in one["areas"]],
            "exercise": one["exercise"],
            "approver": one["approver"],
            "began_ms": one["began_ms"],
            "review_ms": one["review_ms"],
            "review_late": now_ms > one["review_ms"],
            "steps": one["steps"],
            "done": one["done"],
            "late": sum(due_ms < now_ms for due_ms in one["due_ms"]),
        }

    def _waiting(self) -> dict[str, Record]:
        """Those that somebody asked for and nobody approved yet."""
        found = {}
        for key, one in self._open.items():
            if one["state"] == PROPOSED:
                found[f"response:{key}"] = self._asking(
                    one["plan"], one["name"][self._names.language], one["areas"]
                ) | {
                    "level": one["level"],
                    "since_ms": one["began_ms"],
                    "exercise": one["exercise"],
                }
        return found

    def _triggered(self, active: Iterable[CityWarning]) -> dict[str, Record]:
        """Plans whose trigger fits a warning or a case of now, unless they are at work or asked for already.

        Everybody sees what asks for a plan, so that a restricted warning asks for none by itself.
        """
        busy = {one["plan"] for one in self._open.values() if not one["exercise"] and not one["case"]}
        applied = {(one["plan"], one["case"]) for one in self._open.values() if one["case"]}
        found: dict[str, Record] = {}
        for warning in active:
            if warning.rule in self._rules and not is_restricted(warning.indicator, self._declared):
                areas = chain_of(self._declared, warning.subject)
                on = Occasion(rule=warning.rule, level=int(warning.level), areas=areas)
                self._suggest(found, on, busy, (warning.id, warning.since_ms, areas[0]))
        for case, record in self._cases.items():
            areas = chain_of(self._declared, record["area"])
            on = Occasion(kind=record["kind"], grade=record["grade"], areas=areas)
            done = busy | {plan for plan, of in applied if of == case}
            self._suggest(found, on, done, (f"case:{case}", record["reported_ms"], areas[0]))
        return found

    def _suggest(self, found: dict[str, Record], on: Occasion, busy: set[str], cause: tuple[str, int, str]) -> None:
        """Add the plans that fit an occasion; of one plan all causes stand in one proposal."""
        about, since_ms, area = cause
        for plan in proposed(self._declared.plans, on):
            if plan.id in busy:
                continue
            fresh = self._asking(plan.id, plan.called(self._names.language), []) | {
                "level": 0,
                "since_ms": since_ms,
                "exercise": False,
            }
            record = found.setdefault(f"plan:{plan.id}", fresh)
            record["causes"].append(about)
            record["since_ms"] = min(record["since_ms"], since_ms)
            if area not in record["areas"]:
                record["areas"].append(area)
                record["area_names"].append(self._names.subject(area))

    def _asking(self, plan: str, name: str, areas: Iterable[str]) -> Record:
        listed = list(areas)
        names = [self._names.subject(area) for area in listed]
        return {"plan": plan, "name": name, "areas": listed, "area_names": names, "causes": []}


def _is_of_city(one: Mapping[str, Any]) -> bool:
    return one["state"] == IN_FORCE and not one["case"]


def _keep(kept: dict[str, Record], key: str, record: Record, stands: bool) -> None:
    if stands:
        kept[key] = record
    else:
        kept.pop(key, None)
