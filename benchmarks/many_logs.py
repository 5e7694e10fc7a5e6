"""Logs of a large city's cases, and what came in beside reports: of all that is open, and of the newest month.

Each log has nine entries, as the rows of `many_cases` say: the steps up to the state of its case, then notes of whoever
works on it. Older logs are left out: they would be forty million rows more, and what is asked of them goes by indexes
whose depth hardly grows with them.
"""

from __future__ import annotations

import json
from typing import Any

from core.records import HOUR_MS, MINUTE_MS

ENTRIES, PEOPLE = 9, 300
STEPS = {
    "filed": ("report", "file"),
    "dispatched": ("report", "file", "dispatch"),
    "handling": ("report", "file", "dispatch", "take"),
    "closed": ("report", "file", "dispatch", "take", "finish", "verify", "close"),
    "merged": ("report", "file", "merge"),
}
FIELDS = {
    "finish": {"result": "已排水，道路恢复通行"},
    "note": {"text": "现场已设警示，抽排车两辆在作业，预计一小时退水"},
}
BEGINS = {"report": ("file",), "file": ("dispatch",), "dispatch": ("handle", "close")}
NUMBER = "CAST(substr(cases.id, 17) AS INTEGER)"  # after city and day
WROTE = f"'person:p' || ((7 * {NUMBER} + step.number) % {PEOPLE})"
TOLD = f"CASE WHEN {NUMBER} % 10 < 4 THEN 'token:hotline' WHEN {NUMBER} % 1000 = 5 THEN 'platform:up' ELSE {WROTE} END"
SOURCE = f"""
  CASE WHEN {NUMBER} % 10 < 4 THEN 'hotline' WHEN {NUMBER} % 20 = 5 THEN 'video' WHEN {NUMBER} % 1000 = 9 THEN 'field'
  WHEN {NUMBER} % 20 = 7 THEN 'warning' END
"""
WORDS = {  # how each database makes a JSON object, and takes one out of another
    "sqlite": {"object": "json_object", "facts": "json_extract(cases.body, '$.facts')"},
    "postgresql": {"object": "json_build_object", "facts": "cases.body -> 'facts'"},
}
ENTRY = """
INSERT INTO case_entries ("case", number, verb, at_ms, entered_ms, "by", origin, assignment, fields, terms, "key")
SELECT cases.id, step.number, step.verb, cases.reported_ms + step.after_ms, cases.reported_ms + step.after_ms,
  CASE WHEN step.number = 1 THEN {told} ELSE {wrote} END, 'person', '',
  CASE step.verb WHEN 'report' THEN {facts} WHEN 'dispatch' THEN {object}('lead', cases.lead)
    WHEN 'merge' THEN {object}('into', cases."into") ELSE step.fields END,
  step.terms, cases.id || '/' || step.number
FROM cases JOIN many_steps AS step ON step.state = cases.state WHERE cases.is_open OR cases.reported_ms >= {since_ms}
"""
ITEM = """
INSERT INTO intake (scene, id, source, name, kind, becomes, area, topic, lon_deg, lat_deg, accuracy_m, at_ms, told_ms,
  title, correlation, state, "case", "by", decided_ms, reason)
SELECT scene, 'event:many:' || id, {source}, 'many', kind, 'case', area, topic, lon_deg, lat_deg, 50, reported_ms,
  reported_ms, title, 'event:many:' || id, 'joined', id, 'worker:intake', reported_ms, ''
FROM cases WHERE ({source}) IS NOT NULL AND (is_open OR reported_ms >= {since_ms})
"""


def wrote_in(case: str) -> set[str]:
    """Who wrote in the log of a case, reckoned plainly."""
    number = int(case[16:])
    return {f"person:p{(7 * number + entry) % PEOPLE}" for entry in range(2, ENTRIES + 1)} | {_reporter(number)}


def sources_of(case: str) -> set[str]:
    """From where a case was told, reckoned plainly."""
    number = int(case[16:])
    found = {_reporter(number).partition(":")[0]}
    found |= {"hotline"} if number % 10 < 4 else set()
    found |= {"video"} if number % 20 == 5 else set()
    found |= {"field"} if number % 1000 == 9 else set()
    return found | ({"warning"} if number % 20 == 7 else set())


def fill_logs(raw: Any, dialect: str, since_ms: int) -> None:
    """Logs and items of what is open, and of what was reported since a time. raw: a connection of the driver."""
    raw.execute(
        "CREATE TEMP TABLE many_steps (state TEXT, number INTEGER, verb TEXT, after_ms BIGINT, fields JSON, terms JSON)"
    )
    raw.execute(f"INSERT INTO many_steps VALUES {', '.join(_steps())}")
    words = WORDS[dialect] | {"since_ms": since_ms, "told": TOLD, "wrote": WROTE, "source": SOURCE}
    raw.execute(ENTRY.format(**words))
    raw.execute(ITEM.format(**words))
    raw.commit()


def _steps() -> list[str]:
    """Each entry of each kind of log as a row of SQL."""
    rows = []
    for state, verbs in STEPS.items():
        for at, verb in enumerate((*verbs, *["note"] * (ENTRIES - len(verbs)))):
            terms = {one: {"limit_ms": HOUR_MS, "counting": "always", "warn_ms": 0} for one in BEGINS.get(verb, ())}
            told = (json.dumps(FIELDS.get(verb, {}), ensure_ascii=False), json.dumps(terms))
            rows.append(f"('{state}', {at + 1}, '{verb}', {at * MINUTE_MS}, '{told[0]}', '{told[1]}')")
    return rows


def _reporter(number: int) -> str:
    if number % 10 < 4:
        return "token:hotline"
    return "platform:up" if number % 1000 == 5 else f"person:p{(7 * number + 1) % PEOPLE}"
