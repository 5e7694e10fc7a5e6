"""The queue narrowed: each choice with its first page and its counts, against all open cases looked through plainly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache, partial

from accounts.bearer import Bearer
from benchmarks.asking import everywhere, in_order, slowest_ms
from benchmarks.many_cases import NOW_MS, SCENE
from benchmarks.many_logs import sources_of, wrote_in
from board.belonging import chain_of
from catalogue.declared import Declared
from dispatch.book import Now
from dispatch.narrowing import Narrowing
from dispatch.urgency import load_of, page
from store.case_queue import Asked
from store.cases import CaseRow
from store.sql import Database

NOW, BY, COUNTY = Now(SCENE, "live", "440900", NOW_MS, NOW_MS), Bearer("person:p7"), "440981"
SOURCES = ("hotline", "person", "video", "warning", "platform", "field")
Fits = Callable[[CaseRow], bool]


def narrowed_ms(database: Database, rows: Sequence[CaseRow], declared: Declared) -> dict[str, float]:
    """Choice → its slowest, ms."""
    first, found = in_order(rows), {}
    above = cache(partial(chain_of, declared))
    for name, (narrowing, fits) in _choices(first, above).items():
        right = [row.id for row in first if fits(row)]

        def ask(narrowing: Narrowing = narrowing) -> tuple[list[str], int]:
            with database.reading() as connection:
                asked = Asked(only=narrowing.only(connection, BY, NOW, above))
            shown = page(database, SCENE, asked, everywhere).cases
            return [row.id for row in shown], load_of(database, SCENE, asked, everywhere, NOW_MS).open

        assert ask() == (right[:200], len(right)), name
        found[name] = slowest_ms(ask, 10)
    return found


def _choices(rows: Sequence[CaseRow], above: Callable[[str], tuple[str, ...]]) -> dict[str, tuple[Narrowing, Fits]]:
    """Name → what is asked for, and what it leaves, reckoned plainly."""
    kinds, last = Counter(row.kind for row in rows), rows[-1].id[-7:]
    rare = min(kinds, key=lambda kind: kinds[kind])

    def here(row: CaseRow) -> bool:
        return COUNTY in above(row.area)

    def own(row: CaseRow) -> bool:
        return BY.name in wrote_in(row.id)

    def late(row: CaseRow) -> bool:
        return row.due_ms is not None and row.due_ms < NOW_MS

    return {
        "area": (Narrowing(area=COUNTY), here),
        "kind": (Narrowing(kind=rare), lambda row: row.kind == rare),
        "grade": (Narrowing(grade=2), lambda row: row.grade == 2),
        "late": (Narrowing(late=True), late),
        "own": (Narrowing(own=True), own),
        **{source: (Narrowing(source=source), partial(_came_from, source)) for source in SOURCES},
        "words": (Narrowing(words="光华路"), lambda row: "光华路" in row.title),
        "number": (Narrowing(words=last), lambda row: last in row.id),
        "nowhere": (Narrowing(words="没有"), lambda row: False),
        "together": (Narrowing(COUNTY, own=True, words="光华路"), lambda row: here(row) and own(row)),
    }


def _came_from(source: str, row: CaseRow) -> bool:
    return source in sources_of(row.id)
