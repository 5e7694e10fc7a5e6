"""What a dispatcher waits for: a page of the queue, a recommendation, a proposal of duplicates.

    python -m benchmarks.dispatch --json [--full | --part 10] [--keep FOLDER] [--roads]

A hundredth of a large city by default: 1,000 open and 50,000 closed cases, 5,000 units; `--full` has 100,000 and
5,000,000, which takes minutes to make: with `--keep` they are made once and asked again. Each figure is the 95th
percentile of 40 askings, ms, of the slower database: SQLite, and PostgreSQL where its programs are installed.

queue_ms       200 open cases by urgency: of the whole city, its next page, of three areas, of one department, for
               somebody who sees one topic of one area; the slowest of these.
narrowed_ms    the same narrowed, with what of it stands where: by county, kind, grade, lateness, source, whose it is,
               words that are common, rare or nowhere; the slowest of these.
recommend_ms   who should go, read from the database: 5,000 units, their telephones, what they have in hand.
recommend_roads_ms  with `--roads`: the same over the roads of a city, a grid of 20,000 crossings drawn by chance.
duplicates_ms  what a case is likely one with: read what is open within 5 km of it and as near in time as any cause
               allows, and group it.
proposals_ms   the strip over the desk: the newest 2,000 open cases of a day, all grouped. It has no budget.

Answers are compared with plain sorting, plain distances and with the doubles that were planted; shortest ways with a
plain search in `tests/unit/geo/test_roads.py`.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import select

from accounts.journal import Journal
from accounts.warden import Warden
from benchmarks.asking import ASKED, everywhere, in_order, slowest_ms
from benchmarks.grid_roads import grid_of_roads
from benchmarks.many_cases import (
    ABLE,
    AT_WORK,
    NOW_MS,
    SCENE,
    SIDE_DEG,
    SOUTH,
    UNITS,
    WEST,
    Size,
    databases,
    many_units,
)
from benchmarks.narrowed_queue import narrowed_ms
from catalogue.declared import Declared
from catalogue.load import load
from dispatch.fleet import UnitBook
from dispatch.grouping import Grouper
from dispatch.incidents import Incidents, sighting_of
from dispatch.nearby import nearby
from dispatch.units import Need
from dispatch.urgency import Sees, page
from store import cases as kept
from store.case_queue import Asked, Mark
from store.sql import Database
from store.tables.cases import cases as table

OPEN, CLOSED = 100_000, 5_000_000
PART = 100
BUDGETS = ("queue_ms", "narrowed_ms", "recommend_ms", "duplicates_ms", "proposals_ms")


def main() -> None:
    """Fill, ask, compare, print."""
    reader = argparse.ArgumentParser()
    reader.add_argument("--json", action="store_true")
    reader.add_argument("--full", action="store_true")
    reader.add_argument("--part", type=int, default=PART, help="one so-manieth of a large city")
    reader.add_argument("--keep", type=Path, help="a folder in which the databases stay")
    reader.add_argument("--roads", action="store_true", help="recommend over roads too")
    asked = reader.parse_args()
    part = 1 if asked.full else asked.part
    size, declared = Size(OPEN // part, CLOSED // part), load(Path("packs"), "440900")
    found: dict[str, dict[str, Any]] = {}
    with databases(size, declared, asked.keep) as filled:
        for name, database in filled:
            print(f"{name}: {size.open:,} open and {size.closed:,} closed cases", flush=True)
            found[name] = ask(database, declared)
            if asked.roads:
                found[name] |= {"recommend_roads_ms": recommend_roads_ms(database)}
            print(json.dumps(found[name]), flush=True)
    keys = [*BUDGETS, "recommend_roads_ms"] if asked.roads else BUDGETS
    report: dict[str, Any] = {key: max(of[key] for of in found.values()) for key in keys}
    report |= {"databases": found, "open": size.open, "closed": size.closed, "units": UNITS}
    print(json.dumps(report | {"cores": os.cpu_count(), "python": platform.python_version()}))


def ask(database: Database, declared: Declared) -> dict[str, Any]:
    """All that is measured of one database."""
    with database.reading() as connection:
        rows = [kept.CaseRow(**row) for row in connection.execute(_all_open()).mappings()]
    gc.collect()
    gc.freeze()  # no process of a city holds all open cases, so nobody looks for garbage among them
    gc.set_threshold(50_000, 20, 100)  # as app.py has it for all of them
    grouper = Grouper(declared.case_kinds, declared.case_causes.values())
    pages, narrowed = queue_ms(database, rows), narrowed_ms(database, rows, declared)
    return {
        "queue_ms": max(pages.values()),
        "narrowed_ms": max(narrowed.values()),
        "recommend_ms": recommend_ms(database),
        "duplicates_ms": duplicates_ms(database, rows, grouper),
        "proposals_ms": proposals_ms(database, rows, grouper),
        "pages_ms": pages,
        "narrowings_ms": narrowed,
    }


def queue_ms(database: Database, rows: Sequence[kept.CaseRow]) -> dict[str, float]:
    """Pages of the queue against all open cases, sorted plainly."""
    lead, area, topic = rows[0].lead, rows[0].area, rows[0].topic
    areas = tuple(sorted({row.area for row in rows})[:3])
    first = in_order(rows)
    wanted: dict[str, tuple[Asked, Sees, list[kept.CaseRow]]] = {
        "all": (Asked(), everywhere, first),
        "next": (Asked(after=Mark.of(first[199])), everywhere, first[200:]),
        "without_clock": (Asked(after=Mark.of(first[-250])), everywhere, first[-249:]),
        "areas": (Asked(areas=areas), everywhere, [row for row in first if row.area in areas]),
        "lead": (Asked(lead=lead), everywhere, [row for row in first if row.lead == lead]),
        "narrow": (
            Asked(),
            lambda a, t: (a, t) == (area, topic),
            [row for row in first if (row.area, row.topic) == (area, topic)],
        ),
    }
    found = {}
    for name, (asked, sees, right) in wanted.items():
        assert [row.id for row in page(database, SCENE, asked, sees).cases] == [row.id for row in right[:200]], name
        found[name] = slowest_ms(partial(page, database, SCENE, asked, sees))
    return found


def duplicates_ms(database: Database, rows: Sequence[kept.CaseRow], grouper: Grouper) -> float:
    """Cases of the last day of which another one was told again; each is likely one with it."""
    known = {row.id: row for row in rows}
    twice = [row for row in sorted(rows, key=lambda row: -row.reported_ms) if int(row.id[-8:]) % 10 == 1]
    first = {row.id: known[f"{row.id[:-8]}{int(row.id[-8:]) - 1}"] for row in twice}
    alike = [row for row in twice if grouper.within_ms(_seen(row))[0] < first[row.id].reported_ms]
    asked, found = iter(alike[: ASKED + 1] * 2), 0

    def ask() -> None:
        nonlocal found
        row = next(asked)
        look = nearby(database, SCENE, _seen(row), grouper, everywhere)
        found += any(first[row.id].id in {member.id for member in one.members} for one in look.proposals)

    took_ms = slowest_ms(ask)
    assert found > ASKED // 2, f"of {ASKED + 1} doubles {found} were found; some are taken by other incidents near by"
    return took_ms


def proposals_ms(database: Database, rows: Sequence[kept.CaseRow], grouper: Grouper) -> float:
    """All that is likely one among what is new."""
    with tempfile.TemporaryDirectory() as folder:
        incidents = Incidents(_warden(database, folder), None, None, lambda: grouper)  # type: ignore[arg-type]
        assert incidents.look(SCENE, NOW_MS, everywhere).proposals
        return slowest_ms(lambda: incidents.look(SCENE, NOW_MS, everywhere), 10)


def recommend_ms(database: Database) -> float:
    """Who should go, of all units as the database has them."""
    rng, able = np.random.default_rng(5), frozenset(ABLE[0])
    at_work = {f"u{number // (AT_WORK // 2) % UNITS}" for number in range(0, _open_of(database), AT_WORK)}
    free = [
        (unit.id, fix.lon_deg, fix.lat_deg)
        for unit, fix in many_units()
        if able <= set(unit.capabilities) and unit.id not in at_work
    ]
    needs = [Need(able, WEST + SIDE_DEG * rng.random(), SOUTH + SIDE_DEG * rng.random()) for _ in range(ASKED + 1)]
    right = [min(free, key=partial(plain_deg, need))[0] for need in needs]
    asked = iter(zip(needs, right, strict=True))
    with tempfile.TemporaryDirectory() as folder:
        units = UnitBook(_warden(database, folder), dict, lambda: SCENE)

        def ask() -> None:
            need, nearest = next(asked)
            assert units.recommend(need, {}, NOW_MS)[0].unit == nearest

        return slowest_ms(ask)


def recommend_roads_ms(database: Database) -> float:
    """Who should go over roads; the graph is made once, at the asking that is not counted."""
    roads, able, rng = grid_of_roads(), frozenset(ABLE[0]), np.random.default_rng(6)
    with tempfile.TemporaryDirectory() as folder:
        units = UnitBook(_warden(database, folder), dict, lambda: SCENE)

        def ask() -> None:
            need = Need(able, WEST + SIDE_DEG * rng.random(), SOUTH + SIDE_DEG * rng.random())
            first = units.recommend(need, {}, NOW_MS, roads)[0]
            assert first.by_road and first.travel_s >= first.distance_m / (roads.speed_kmh.max() / 3.6)

        return slowest_ms(ask)


def plain_deg(need: Need, unit: tuple[str, float, float]) -> float:
    """A distance that orders units as the ground does, by Pythagoras."""
    _, lon_deg, lat_deg = unit
    wide = np.cos(np.radians((need.lat_deg + lat_deg) / 2))
    return float(np.hypot((lon_deg - need.lon_deg) * wide, lat_deg - need.lat_deg))


def _all_open() -> Any:
    return select(*(table.c[name] for name in kept.CaseRow.__dataclass_fields__)).where(table.c.is_open)


def _open_of(database: Database) -> int:
    with database.reading() as connection:
        return len(connection.execute(select(table.c.id).where(table.c.is_open)).all())


def _seen(row: kept.CaseRow) -> Any:
    return sighting_of(row)


def _warden(database: Database, folder: str) -> Warden:
    return Warden(database, Journal(database, "sha256", Path(folder)))


if __name__ == "__main__":
    main()
