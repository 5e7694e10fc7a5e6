"""The queue of open cases by urgency, page by page, of what somebody may see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache

from store.case_queue import Asked, Mark, counts, queue, where_open
from store.cases import CaseRow
from store.sql import Database

AT_ONCE = 400  # rows read at a time: twice a page, for who sees half of the city

Sees = Callable[[str, str], bool]  # an area and a topic → whether whoever asks may see what lies there


@dataclass(frozen=True, slots=True)
class Page:
    """Some cases of the queue. after: where the next page begins; None: there is none."""

    cases: tuple[CaseRow, ...]
    after: Mark | None


@dataclass(frozen=True, slots=True)
class Load:
    """What of a queue stands where. late: a clock has ended; held: waits until somebody takes it up."""

    open: int
    late: int
    held: int
    states: Mapping[str, int]


def page(database: Database, scene: str, asked: Asked, sees: Sees) -> Page:
    """The next `asked.limit` cases that somebody may see.

    Who sees little of the city is not shown what is left of some rows: areas and topics of his are asked for then.
    """
    sees, found = cache(sees), list[CaseRow]()
    wanted = replace(asked, limit=max(AT_ONCE, 2 * asked.limit))
    with database.reading() as connection:
        while len(found) <= asked.limit:
            rows = queue(connection, scene, wanted)
            seen = [row for row in rows if sees(row.area, row.topic)]
            found += seen
            if len(rows) < wanted.limit:
                break
            if len(seen) < len(rows) and not wanted.areas:
                own = [pair for pair in where_open(connection, scene) if sees(*pair)]
                if not own:
                    break
                areas, topics = zip(*own, strict=True)
                wanted = replace(wanted, areas=sorted(set(areas)), topics=sorted(set(topics)))
            wanted = replace(wanted, after=Mark.of(rows[-1]))
    shown = found[: asked.limit]
    return Page(tuple(shown), Mark.of(shown[-1]) if len(found) > asked.limit else None)


def load_of(database: Database, scene: str, asked: Asked, sees: Sees, at_ms: int) -> Load:
    """What of a queue stands where, in whatever state, of what somebody may see. at_ms: city time, ms UTC."""
    with database.reading() as connection:
        seen = [one for one in counts(connection, scene, asked, at_ms) if sees(one.area, one.topic)]
    states = Counter[str]()
    for one in seen:
        states[one.state] += one.open
    return Load(states.total(), sum(one.late for one in seen), sum(one.held for one in seen), states)
