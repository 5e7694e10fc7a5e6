"""What a dispatcher waits for: the queue, a recommendation, a proposal of duplicates.

    python -m benchmarks.dispatch --json [--full | --part 10]

A hundredth of a large city by default: 1,000 open and 50,000 closed cases, 5,000 units; `--full` has 100,000 and
5,000,000. Each figure is the 95th percentile of 40 askings, ms, of the slower database: SQLite, and PostgreSQL where
its programs are installed. The queue is the first 200 open cases of a scene, once of all areas and once of three; a
recommendation begins with 5,000 records of units; a proposal reads what is open within 5 km and groups it. Answers
are compared with plain sorting, plain distances and with the doubles that were planted.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import insert

from benchmarks.postgresql import postgresql
from core.records import HOUR_MS
from dispatch.grouping import Grouper, Sighting
from dispatch.kinds import CaseKind, Cause, KindClass, Symptom
from dispatch.units import Duty, Fix, Fleet, Need, Unit
from store import cases as kept
from store.migrate import migrate
from store.sql import Database, open_database
from store.tables.cases import cases as table

OPEN, CLOSED, UNITS = 100_000, 5_000_000, 5_000
PART = 100
ASKED = 40
AT_ONCE = 10_000
SCENE, NOW_MS = "live-440900", 1_795_300_000_000
WEST, SOUTH, SIDE_DEG = 110.3, 21.4, 0.9
AREAS = [f"4409{n:02}" for n in range(10)]
KINDS = ("water.no_supply", "water.road_water", "ecology.rubbish", "road.hole", "light.off")


def main() -> None:
    """Fill, ask, compare, print."""
    reader = argparse.ArgumentParser()
    reader.add_argument("--json", action="store_true")
    reader.add_argument("--full", action="store_true")
    reader.add_argument("--part", type=int, default=PART, help="one so-manieth of a large city")
    asked = reader.parse_args()
    part = 1 if asked.full else asked.part
    rng = np.random.default_rng(5)
    found: dict[str, dict[str, float]] = {}
    for name, database in databases():
        print(f"{name}: {OPEN // part:,} open and {CLOSED // part:,} closed cases …", flush=True)
        filled = fill(database, OPEN // part, CLOSED // part)
        found[name] = {"queue_ms": queue_ms(database, filled), "duplicates_ms": duplicates_ms(database, rng)}
    report: dict[str, Any] = {key: max(of[key] for of in found.values()) for key in ("queue_ms", "duplicates_ms")}
    report["recommend_ms"] = recommend_ms(rng)
    report |= {"databases": found, "open": OPEN // part, "closed": CLOSED // part, "units": UNITS}
    print(json.dumps(report | {"cores": os.cpu_count(), "python": platform.python_version()}))


def databases() -> Iterator[tuple[str, Database]]:
    """An empty SQLite, and an empty PostgreSQL where its programs are."""
    with tempfile.TemporaryDirectory() as folder, opened(open_database("", Path(folder))) as database:
        yield "sqlite", database
    with postgresql() as url:
        if url:
            with opened(Database(url)) as database:
                yield "postgresql", database


@contextmanager
def opened(database: Database) -> Iterator[Database]:
    """With all tables; closed at the end."""
    migrate(database)
    yield database
    database.close()


def fill(database: Database, open_cases: int, closed_cases: int) -> list[tuple[int, str, str]]:
    """Cases at random places; returns (due, id, area) of the open ones, to check the queue against."""
    rng, filled = np.random.default_rng(4), []
    for begin in range(0, open_cases + closed_cases, AT_ONCE):
        rows = []
        for number in range(begin, min(begin + AT_ONCE, open_cases + closed_cases)):
            row = case(number, number < open_cases, rng)
            rows.append(row)
            if row["is_open"]:
                filled.append((row["due_ms"], row["id"], row["area"]))
        with database.transaction() as connection:
            connection.execute(insert(table), rows)
    return filled


def case(number: int, is_open: bool, rng: np.random.Generator) -> dict[str, Any]:
    """One row. Every tenth open one is told a second time, 100 m away."""
    told_again = is_open and number % 10 == 1
    seed = np.random.default_rng(number - 1 if told_again else number)
    lon_deg, lat_deg = WEST + SIDE_DEG * seed.random(), SOUTH + SIDE_DEG * seed.random()
    row = kept.CaseRow(
        id=f"440900-20261122-{number:07}",
        scene=SCENE,
        stamp="live",
        kind=KINDS[(number - told_again) % len(KINDS)],
        title="迎宾路与光华路交叉口积水",
        grade=0,
        state="handling" if is_open else "closed",
        hold="none",
        is_open=is_open,
        area=AREAS[number % len(AREAS)],
        topic="water",
        lead="市水务局",
        lon_deg=lon_deg,
        lat_deg=lat_deg + 0.0009 * told_again,
        accuracy_m=50.0,
        reported_ms=NOW_MS - int(rng.integers(0, 4 * HOUR_MS)),
        since_ms=NOW_MS,
        due_ms=NOW_MS + int(rng.integers(-HOUR_MS, 24 * HOUR_MS)) if is_open else None,
        due_of="handle" if is_open else "",
        into="",
        correlation="",
        revision=5,
        body={"facts": {"title": "迎宾路与光华路交叉口积水", "area": AREAS[number % len(AREAS)]}},
    )
    return kept.stored(row)


def queue_ms(database: Database, filled: list[tuple[int, str, str]]) -> float:
    """The first page of the queue, of all areas and of three."""
    wanted = [name for _, name, _ in sorted(filled)[:200]]
    of_three = [name for _, name, area in sorted(filled) if area in AREAS[:3]][:200]

    def ask() -> None:
        with database.reading() as connection:
            assert [row.id for row in kept.queue(connection, SCENE, kept.Asked())] == wanted
            asked = kept.Asked(areas=AREAS[:3])
            assert [row.id for row in kept.queue(connection, SCENE, asked)] == of_three

    return slowest_ms(ask) / 2  # two pages


def duplicates_ms(database: Database, rng: np.random.Generator) -> float:
    """What a new report is likely one with: everything open within 5 km is read and grouped."""
    kinds = {
        name: CaseKind(name, "1", None, KindClass.EVENT, "", near_m=250.0, within_s=86_400)  # type: ignore[arg-type]
        for name in KINDS
    }
    symptoms = (Symptom(kind=KINDS[0], reach_m=3000.0), Symptom(kind=KINDS[1], reach_m=500.0))
    grouper = Grouper(kinds, [Cause("burst", None, KINDS[1], symptoms)])  # type: ignore[arg-type]

    def ask() -> None:
        lon_deg, lat_deg = WEST + SIDE_DEG * rng.random(), SOUTH + SIDE_DEG * rng.random()
        with database.reading() as connection:
            rows = kept.near(connection, SCENE, lon_deg, lat_deg, 5000.0)
        new = Sighting("new", lon_deg, lat_deg, 30.0, NOW_MS, kind=rows[0].kind if rows else KINDS[0])
        known = [
            Sighting(row.id, row.lon_deg or 0.0, row.lat_deg or 0.0, 50.0, row.reported_ms, kind=row.kind, case=row.id)
            for row in rows
        ]
        together = [{member.id for member in one.members} for one in grouper.propose([new, *known])]
        twice = next((row for row in rows if int(row.id[-7:]) % 10 == 1 and row.kind not in KINDS[:2]), None)
        first = f"440900-20261122-{int(twice.id[-7:]) - 1:07}" if twice else ""
        if twice and any(row.id == first for row in rows):
            assert any({first, twice.id} <= group for group in together)

    return slowest_ms(ask)


def recommend_ms(rng: np.random.Generator) -> float:
    """Who should go, from the records of all units."""
    able = [frozenset({"pump"}), frozenset({"fire"}), frozenset({"pump", "boat"})]
    places = np.stack([WEST + SIDE_DEG * rng.random(UNITS), SOUTH + SIDE_DEG * rng.random(UNITS)], axis=1)
    units = [
        Unit(f"u{n}", f"{n}", "", able[n % 3], Duty.FREE, None, Fix(lon, lat, 10.0, NOW_MS), area=AREAS[n % 10])
        for n, (lon, lat) in enumerate(places.tolist())
    ]

    corners = [(WEST + SIDE_DEG * rng.random(), SOUTH + SIDE_DEG * rng.random()) for _ in range(ASKED + 1)]
    needs = [Need(able[0], lon_deg, lat_deg) for lon_deg, lat_deg in corners]
    wanted = [min((u for u in units if able[0] <= u.capabilities), key=partial(plain_m, need)).id for need in needs]
    asked = iter(zip(needs, wanted, strict=True))

    def ask() -> None:
        need, nearest = next(asked)
        assert Fleet(units, NOW_MS).recommend(need)[0].unit == nearest

    return slowest_ms(ask)


def plain_m(need: Need, unit: Unit) -> float:
    """A distance that orders units as the ground does, by Pythagoras."""
    assert unit.fix is not None
    wide = np.cos(np.radians((need.lat_deg + unit.fix.lat_deg) / 2))
    return float(np.hypot((unit.fix.lon_deg - need.lon_deg) * wide, unit.fix.lat_deg - need.lat_deg))


def slowest_ms(ask: Callable[[], object]) -> float:
    """The 95th percentile, ms, once it is warm."""
    ask()
    took_ms = []
    for _ in range(ASKED):
        begun_s = time.perf_counter()
        ask()
        took_ms.append((time.perf_counter() - begun_s) * 1000)
    return round(float(np.percentile(took_ms, 95)), 1)


if __name__ == "__main__":
    main()
