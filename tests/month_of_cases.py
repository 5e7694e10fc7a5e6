"""A month of cases in a real book, and the same figures counted from the rows of its log by a loop of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import mean, median
from typing import Any

import numpy as np

from accounts.bearer import Bearer, Grant
from core.accounts import Reach, Role
from core.clock import real_ms
from core.records import MINUTE_MS
from dispatch.book import CaseBook, Now, Wish
from dispatch.evaluation import Measure
from dispatch.steps import Verb
from store.cases import EntryRow, log_of
from store.sql import Database, Transaction

KIND = "water.road_water"
LEADS = ("市水务局", "市城市管理和综合执法局")
COUNTIES = ("440902", "440981")
GRANTED_MS = {"file": 1800_000, "dispatch": 3600_000, "handle": 14400_000, "close": 86_400_000}
ABLE = ("pump-1", "pump-2")
HANDS = (Role.SHIFT_LEADER, Role.DISPATCHER, Role.FIELD, Role.SUPERVISOR, Role.LEADER, Role.HOTLINE)


def worker(name: str) -> Bearer:
    """Somebody who may do everything."""
    return Bearer(f"person:{name}", tuple(Grant(role, Reach(), str(role)) for role in HANDS), strong=True)


@dataclass
class Month:
    """Cases being worked within one transaction. key: begins every key, so that two tests never meet."""

    book: CaseBook
    connection: Transaction
    scene: str
    key: str
    from_ms: int
    done: int = 0

    def act(self, minute: float, verb: Verb, case: str, by: str = "li", **wish: Any) -> str:
        """One step at a minute of the month. Returns the number of the case."""
        self.done += 1
        at_ms = self.from_ms + int(minute * MINUTE_MS)
        now = Now(self.scene, self.scene.partition("-")[0], "440900", at_ms, real_ms())
        asked = Wish(f"{self.key}-{self.done:05}", verb, case, **wish)
        return self.book.act_within(self.connection, worker(by), asked, now).case.id


def work(book: CaseBook, database: Database, scene: str, from_ms: int, key: str, count: int = 40) -> list[str]:
    """A month of closed cases: late and in time, redone, reopened, rated, excluded. Returns their numbers."""
    rng = np.random.default_rng(29)
    with database.transaction() as connection:
        month = Month(book, connection, scene, key, from_ms)
        return [_case(month, number, rng) for number in range(count)]


def _case(month: Month, number: int, rng: np.random.Generator) -> str:
    minute = 60.0 + number * 300
    person = ("li", "wang")[number % 2]

    def step(after: float, verb: Verb, **wish: Any) -> None:
        nonlocal minute
        minute += after
        month.act(minute, verb, case, person, **wish)

    place = {"lon_deg": 110.6 + 0.02 * number, "lat_deg": 21.6, "accuracy_m": 40, "origin": "gps"}
    fields = {"kind": KIND, "title": f"积水 {number}", "area": COUNTIES[number % 3 % 2], "place": place}
    case = month.act(minute, Verb.REPORT, "", person, fields=fields)
    step(rng.uniform(5, 60), Verb.FILE)
    step(rng.uniform(5, 100), Verb.DISPATCH, fields={"lead": LEADS[number % 2]})
    for task, unit in (("a", "patrol-1"), ("b", "pump-1")):
        step(0, Verb.NOTIFY, assignment=task, fields={"unit": unit})
    step(2, Verb.ACCEPT, assignment="a")
    for task in "ab":
        if rng.random() < 0.8:
            step(rng.uniform(1, 50), Verb.ARRIVE, assignment=task)
    step(rng.uniform(20, 400), Verb.FINISH, fields={"result": "已排水"})
    if rng.random() < 0.3:
        step(5, Verb.REDO, fields={"reason": "仍有积水"})
        step(rng.uniform(20, 400), Verb.FINISH, fields={"result": "已排水"})
    rated = {"fields": {"satisfied": int(rng.integers(0, 101))}} if rng.random() < 0.6 else {}
    step(5, Verb.VERIFY)
    step(rng.uniform(5, 900), Verb.CLOSE, **rated)
    if rng.random() < 0.2:
        step(30, Verb.REOPEN, fields={"reason": "又积水"})
        step(10, Verb.DISPATCH, fields={"lead": LEADS[number % 2]})
        step(1, Verb.TAKE)
        step(60, Verb.FINISH, fields={"result": "已排水"})
        step(5, Verb.VERIFY)
        step(5, Verb.CLOSE)
    _appealed(month, number, (case, person, minute), rng)
    return case


def _appealed(month: Month, number: int, closed: tuple[str, str, float], rng: np.random.Generator) -> None:
    """Some ask to leave their case out: granted to some; others in vain or not yet answered, whose cases count."""
    case, person, minute = closed
    granted, asked = rng.random() < 0.15, number % 8 == 3
    if granted or asked:
        month.act(minute + 60, Verb.APPEAL, case, person, fields={"reason": "台风期间"})
    if granted:
        month.act(minute + 65, Verb.GRANT_APPEAL, case, "zhou")
    elif number % 16 == 3:
        month.act(minute + 65, Verb.DENY_APPEAL, case, "zhou", fields={"reason": "不属实"})


def rows_of(database: Database, cases: Sequence[str]) -> list[EntryRow]:
    """Every line of their logs; a corrected time stands where it belongs."""
    with database.reading() as connection:
        rows = [row for case in cases for row in log_of(connection, case)]
    moved = {(one.case, one.fields["entry"]): one.fields["at_ms"] for one in rows if one.verb == "correct"}
    return [replace(row, at_ms=moved.get((row.case, row.number), row.at_ms)) for row in rows]


def counted(rows: Sequence[EntryRow], weights: Mapping[str, float]) -> dict[str, dict[str, tuple[float | None, int]]]:
    """Department ("" for all) → measure → (value, cases), by a loop that knows nothing of clocks and folds."""
    logs: dict[str, list[EntryRow]] = defaultdict(list)
    for row in rows:
        logs[row.case].append(row)
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for log in logs.values():
        lead = next(row.fields["lead"] for row in reversed(log) if row.verb == "dispatch")
        for name in ("", lead):
            found[name].append(_one(sorted(log, key=lambda row: row.number)))
    return {name: _together(of, weights) for name, of in found.items()}


def _one(log: Sequence[EntryRow]) -> dict[str, Any]:
    """What one case says; spans are measured between the step that begins and the step that ends each of them."""
    owed: dict[str, list[int]] = defaultdict(list)
    began: dict[str, int] = {}
    begins = {"report": "file", "file": "dispatch", "reopen": "dispatch", "dispatch": "handle close", "redo": "handle"}
    ends = {"file": "file", "dispatch": "dispatch", "finish": "handle", "close": "close"}
    units, sent_ms, came = {}, None, {}
    for row in log:
        if row.verb in ends and ends[row.verb] in began:
            owed[ends[row.verb]].append(row.at_ms - began.pop(ends[row.verb]))
        for name in begins.get(row.verb, "").split():
            began.setdefault(name, row.at_ms)
        if row.verb == "notify":
            units[row.assignment] = row.fields["unit"]
        if row.verb == "dispatch" and sent_ms is None:
            sent_ms = row.at_ms
        if row.verb == "arrive":
            came[units[row.assignment]] = row.at_ms
    verbs = [row.verb for row in log]
    rated = [row.fields["satisfied"] for row in log if "satisfied" in row.fields]
    able = [at_ms for unit, at_ms in came.items() if unit in ABLE]
    return {
        **{name: all(span <= GRANTED_MS[name] for span in spans) for name, spans in owed.items()},
        "redone": "redo" in verbs,
        "reopened": "reopen" in verbs,
        "satisfied": rated[-1] if rated else None,
        "first-arrival": (min(came.values()) - sent_ms) / MINUTE_MS if came and sent_ms else None,
        "first-able": (min(able) - sent_ms) / MINUTE_MS if able and sent_ms else None,
        "excluded": "grant-appeal" in verbs,
    }


def _together(of: Sequence[dict[str, Any]], weights: Mapping[str, float]) -> dict[str, tuple[float | None, int]]:
    kept = [one for one in of if not one["excluded"]]
    found: dict[str, tuple[float | None, int]] = {"cases": (len(kept), 0), "excluded": (len(of) - len(kept), 0)}
    for name in Measure:
        known = [one[name] for one in kept if one.get(name) is not None]
        middle = median if name.startswith("first") else mean
        found[name] = (float(middle(known)) if known else None, len(known))
    marks = {
        name: (_mark(name, value), weight) for name, weight in weights.items() if (value := found[name][0]) is not None
    }
    total = sum(weight for _, weight in marks.values())
    found["score"] = (sum(mark * weight for mark, weight in marks.values()) / total if total else None, 0)
    return found


def _mark(name: str, value: float) -> float:
    return value if name == "satisfied" else 100 * (1 - value if name in ("redone", "reopened") else value)
