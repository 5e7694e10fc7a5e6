"""Past cases that are like one in hand, with how they went."""

from __future__ import annotations

from dataclasses import replace

from dispatch.book import Told
from dispatch.similar import Precedent, most_alike
from dispatch.steps import Verb
from store import cases as kept
from store.sql import Database

LOOKED_AT = 500  # past cases of the same kind whose words are compared, the newest


def precedents(database: Database, scene: str, told: Told, now_ms: int) -> list[Precedent]:
    """The most alike of those that are closed, with their results. now_ms: city time, ms UTC."""
    facts = told.case.facts
    with database.reading() as connection:
        rows = kept.closed_of(connection, scene, str(facts["kind"]), LOOKED_AT)
        past = [_past(row) for row in rows if row.id != told.case.id]
        found = most_alike(str(facts["title"]), str(facts.get("area", "")), now_ms, past)
        results = kept.results_of(connection, [one.id for one in found], Verb.FINISH)
    return [replace(one, result=results.get(one.id, "")) for one in found]


def _past(row: kept.CaseRow) -> Precedent:
    took_ms = row.since_ms - row.reported_ms
    told = row.body
    redone, escalated = int(told.get("redone", 0)), int(told.get("escalated", 0))
    return Precedent(row.id, row.title, row.area, row.lead, row.state, row.reported_ms, took_ms, redone, escalated)
