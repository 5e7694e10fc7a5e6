"""The queue of open cases by urgency, page by page, of what somebody may see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

from store import cases as kept
from store.sql import Database

AT_ONCE = 400  # rows read at a time: twice a page, for who sees half of the city

Sees = Callable[[str, str], bool]  # an area and a topic → whether whoever asks may see what lies there


@dataclass(frozen=True, slots=True)
class Page:
    """Some cases of the queue. after: where the next page begins; None: there is none."""

    cases: tuple[kept.CaseRow, ...]
    after: kept.Mark | None


def page(database: Database, scene: str, asked: kept.Asked, sees: Sees) -> Page:
    """The next `asked.limit` cases that somebody may see.

    Who sees little of the city is not shown what is left of some rows: areas and topics of his are asked for then.
    """
    sees, found = cache(sees), list[kept.CaseRow]()
    wanted = replace(asked, limit=max(AT_ONCE, 2 * asked.limit))
    with database.reading() as connection:
        while len(found) <= asked.limit:
            rows = kept.queue(connection, scene, wanted)
            seen = [row for row in rows if sees(row.area, row.topic)]
            found += seen
            if len(rows) < wanted.limit:
                break
            if len(seen) < len(rows) and not wanted.areas:
                own = [pair for pair in kept.where_open(connection, scene) if sees(*pair)]
                if not own:
                    break
                areas, topics = zip(*own, strict=True)
                wanted = replace(wanted, areas=sorted(set(areas)), topics=sorted(set(topics)))
            wanted = replace(wanted, after=kept.Mark.of(rows[-1]))
    shown = found[: asked.limit]
    return Page(tuple(shown), kept.Mark.of(shown[-1]) if len(found) > asked.limit else None)
