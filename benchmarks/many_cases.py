"""A large city's cases and units in SQLite and PostgreSQL, made by the databases themselves.

Six places in ten lie in one of twelve towns; what is open was reported within sixty days, half of it within the last
fifteen, what is closed within five years; every tenth open case is told a second time, five minutes later and 100 m
away. A row is as long as a real one. What has a log says `many_logs`.
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import psycopg
from sqlalchemy import insert, select
from sqlalchemy.dialects import postgresql as of_postgresql
from sqlalchemy.dialects import sqlite as of_sqlite
from sqlalchemy.schema import CreateIndex

from benchmarks.many_logs import fill_logs
from benchmarks.postgresql import postgresql
from catalogue.declared import Declared
from core.records import DAY_MS, MINUTE_MS
from core.units import FixRow, UnitRow
from dispatch.kinds import CaseKind
from geo.areas import AreaLevel
from store.case_marks import put_marks
from store.migrate import migrate
from store.sql import Database, sqlite_url
from store.tables.cases import assignments, cases
from store.tables.units import unit_fixes, units

SCENE, NOW_MS = "live-440900", 1_795_300_000_000
MONTH_MS = 31 * DAY_MS  # so far back go the logs of what is closed
PRIME = 15_485_863  # chances are whole numbers below it; both databases draw the same ones
UNITS, AT_WORK = 5_000, 40  # every so-manieth open case has a unit on its way
ABLE = (
    ("pump",),
    ("fire",),
    ("pump", "boat"),
    ("patrol",),
    ("medical",),
    ("pipe-repair",),
    ("road",),
    ("power",),
    ("boat",),
)
WEST, SOUTH, SIDE_DEG = 110.3, 21.4, 0.9
TEXT = (
    "来电人反映环城西路与迎宾大道交叉口东北角机动车道水深约二十厘米，电动车已无法通过，附近居民两次来电，要求尽快处理"
)
GIVEN = {
    "prime": PRIME,
    "in_town": 6 * PRIME // 10,
    "scene": SCENE,
    "newest_ms": NOW_MS - 10 * MINUTE_MS,
    "later_ms": 5 * MINUTE_MS,
    "open_step_ms": 60 * DAY_MS // PRIME,
    "closed_ms": NOW_MS - DAY_MS,
    "past_step_ms": 5 * 365 * DAY_MS // PRIME,
    "due_step_ms": 30 * DAY_MS // PRIME,
}

DIALECTS = {"sqlite": of_sqlite.dialect(), "postgresql": of_postgresql.dialect()}
NUMBERS = {
    "sqlite": "RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < {all})",
    "postgresql": "numbers AS (SELECT generate_series(0::bigint, {all} - 1) AS n)",
}
# What a case has by chance. One that is told again, told = 1, has the place and the kind of the one before it, m.
DRAWN = """
  numbered AS (SELECT n, CASE WHEN n < {open} AND n % 10 = 1 THEN 1 ELSE 0 END AS told FROM numbers),
  drawn AS (SELECT n, told, n - told AS m FROM numbered),
  chosen AS (SELECT n, told, {chances} FROM drawn),
  placed AS (SELECT n, u7, u8, u9, n < {open} AS is_open,
      u2 * u8 / {prime} * {kinds} / {prime} AS kind_at, u9 % {areas} AS area_at,
      CASE WHEN u3 < {in_town} THEN 110340000 + 75000 * (u5 % 12) + (u1 + u2) * 30000 / {prime} - 30000
           ELSE 110300000 + u1 * 900000 / {prime} END AS lon_u,
      CASE WHEN u3 < {in_town} THEN 21430000 + 70000 * (u5 * 5 % 12) + (u4 + u6) * 30000 / {prime} - 30000
           ELSE 21400000 + u4 * 900000 / {prime} END + 900 * told AS lat_u,
      CASE WHEN n < {open} THEN {newest_ms} - u7 * u7 / {prime} * {open_step_ms} + {later_ms} * told
           ELSE {closed_ms} - u7 * {past_step_ms} END AS reported_ms,
      CASE WHEN n < {open} AND u8 % 100 < 85 THEN 1 ELSE 0 END AS runs
    FROM chosen)
"""
DUE = "CASE WHEN runs = 1 THEN reported_ms + 3600000 + u9 * {due_step_ms} END"
NAME = "'440900-20261122-' || (10000000 + n)"
COLUMNS = {
    "id": NAME,
    "scene": "'{scene}'",
    "stamp": "'live'",
    "kind": "many_kinds.id",
    "title": "'迎宾路与光华路交叉口' || many_kinds.name",
    "grade": "0",
    "state": "CASE WHEN is_open THEN CASE u8 % 3 WHEN 0 THEN 'filed' WHEN 1 THEN 'dispatched' ELSE 'handling' END"
    " WHEN u8 % 10 = 0 THEN 'merged' ELSE 'closed' END",
    "hold": "CASE WHEN is_open AND runs = 0 THEN 'shelved' ELSE 'none' END",
    "is_open": "is_open",
    "area": "many_areas.id",
    "topic": "many_kinds.topic",
    "lead": "many_kinds.lead",
    "lon_deg": "lon_u / 1000000.0",
    "lat_deg": "lat_u / 1000000.0",
    "accuracy_m": "50.0",
    "cell": "(lon_u / 10000) || ':' || (lat_u / 10000)",
    "reported_ms": "reported_ms",
    "since_ms": "reported_ms",
    "due_ms": DUE,
    "due_of": "CASE WHEN runs = 1 THEN 'handle' ELSE '' END",
    "into": "CASE WHEN u8 % 10 = 0 AND NOT is_open THEN '440900-20261122-' || (9999999 + n) ELSE '' END",
    "correlation": "CASE WHEN u9 % 10 < 4 THEN 'event:hotline:' || n ELSE '' END",
    "revision": "9",
    "body": "many_kinds.body",
    "next_ms": DUE,
}
JOINED = "FROM placed JOIN many_kinds ON many_kinds.k = kind_at JOIN many_areas ON many_areas.k = area_at"
TASKS = {
    "case": NAME,
    "id": "'t1'",
    "unit": "'u' || (n / {every_other} % {units})",
    "state": "CASE WHEN n < {open} AND n % {at_work} = 0 THEN 'en-route' ELSE 'done' END",
    "is_over": "NOT (n < {open} AND n % {at_work} = 0)",
    "since_ms": "{newest_ms}",
}


@dataclass(frozen=True, slots=True)
class Size:
    """How many cases."""

    open: int
    closed: int


@contextmanager
def databases(size: Size, declared: Declared, kept: Path | None) -> Iterator[Iterator[tuple[str, Database]]]:
    """SQLite, and PostgreSQL where its programs are, filled.

    kept: a folder in which they stay for the next time; None: they are made for this once.
    """
    with tempfile.TemporaryDirectory() as passing:
        folder = kept or Path(passing)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)  # PostgreSQL runs as a user of its own
        yield _opened(folder, size, declared)


def _opened(folder: Path, size: Size, declared: Declared) -> Iterator[tuple[str, Database]]:
    with _filled(Server("sqlite", sqlite_url(folder), folder), size, declared) as database:
        yield "sqlite", database
    with postgresql(folder / "postgresql") as url:
        if url:
            with _filled(Server("postgresql", url, folder), size, declared) as database:
                yield "postgresql", database


@dataclass(frozen=True, slots=True)
class Server:
    """One database. folder: where it is noted how far it is filled."""

    dialect: str
    url: str
    folder: Path

    def connect(self) -> sqlite3.Connection | psycopg.Connection[tuple[object, ...]]:
        """A connection of its driver, which promises nothing while it fills."""
        if self.dialect == "postgresql":
            raw = psycopg.connect(self.url)
            raw.execute("SET session_replication_role = replica")  # no look at the other table for each row
            return raw
        file = sqlite3.connect(self.url.removeprefix("sqlite:///"))
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -1000000", "temp_store = FILE"):
            file.execute(f"PRAGMA {pragma}")
        return file


@contextmanager
def _filled(server: Server, size: Size, declared: Declared) -> Iterator[Database]:
    note, database = server.folder / f"{server.dialect}.filled", Database(server.url)
    migrate(database)
    if not note.exists():
        database.close()
        _fill(server, size, declared)
        with closing(server.connect()) as raw:
            fill_logs(raw, server.dialect, NOW_MS - MONTH_MS)
        with database.transaction() as connection:
            put_marks(connection, connection.execute(select(cases.c.id).where(cases.c.is_open)).scalars().all())
            for table, rows in zip((units, unit_fixes), zip(*many_units(), strict=True), strict=True):
                connection.execute(insert(table), [asdict(row) for row in rows])
        note.write_text(str(size))
        _tidied(server)
    if note.read_text() != str(size):
        raise SystemExit(f"{server.folder} holds {note.read_text()}, not {size}")
    yield database
    database.close()


def _fill(server: Server, size: Size, declared: Declared) -> None:
    """Rows first, indexes then."""
    areas = [area.id for level in AreaLevel for area in declared.areas.at(level)]
    given = GIVEN | {"open": size.open, "all": size.open + size.closed, "kinds": len(declared.case_kinds)}
    given |= {"areas": len(areas), "units": UNITS, "at_work": AT_WORK, "every_other": AT_WORK // 2}
    given["chances"] = ", ".join(f"{_chance(which)} AS u{which}" for which in range(1, 10))
    numbers = f"WITH {NUMBERS[server.dialect]}"
    kinds = [
        (kind.id, kind.name["zh"], kind.domain, kind.lead, json.dumps(_body(kind), ensure_ascii=False))
        for kind in declared.case_kinds.values()
    ]
    indexes = [one for table in (cases, assignments) for one in table.indexes]
    with closing(server.connect()) as raw:
        raw.execute("CREATE TEMP TABLE many_kinds (k INTEGER, id TEXT, name TEXT, topic TEXT, lead TEXT, body JSON)")
        raw.execute(f"INSERT INTO many_kinds VALUES {_values(kinds)}")
        raw.execute("CREATE TEMP TABLE many_areas (k INTEGER, id TEXT)")
        raw.execute(f"INSERT INTO many_areas VALUES {_values([(one,) for one in areas])}")
        for index in indexes:
            raw.execute(f"DROP INDEX {index.name}")
        raw.execute(f"{numbers}, {DRAWN} {_insert('cases', COLUMNS)} {JOINED}".format(**given))
        raw.execute(f"{numbers} {_insert('assignments', TASKS)} FROM numbers".format(**given))
        raw.commit()
        for index in indexes:
            raw.execute(str(CreateIndex(index).compile(dialect=DIALECTS[server.dialect])))
            raw.commit()


def _tidied(server: Server) -> None:
    """What PostgreSQL does by itself some minutes later."""
    if server.dialect == "postgresql":
        with psycopg.connect(server.url, autocommit=True) as raw:
            raw.execute("VACUUM ANALYZE")


def many_units() -> Iterator[tuple[UnitRow, FixRow]]:
    """Units at random places, each with its telephone seen this minute, away from home."""
    rng = np.random.default_rng(4)
    homes_deg, fixes_deg = (np.array([WEST, SOUTH]) + SIDE_DEG * rng.random((UNITS, 2)) for _ in range(2))
    for number, (home, seen) in enumerate(zip(homes_deg.tolist(), fixes_deg.tolist(), strict=True)):
        able, area = ABLE[number % len(ABLE)], f"4409{number % 10:02}"
        unit = UnitRow(f"u{number}", f"抢险队{number}", "市水务局", able, area, home[0], home[1], crew=6, crew_needed=4)
        yield unit, FixRow(unit.id, seen[0], seen[1], 10.0, NOW_MS, "person:crew")


def _chance(which: int) -> str:
    """A whole number below PRIME for the case m, as SQL; another formula for each `which`."""
    return f"(((m * m) % {PRIME}) * {7919 + 1013 * which} + m * {104_729 * which} + {which}) % {PRIME}"


def _body(kind: CaseKind) -> dict[str, object]:
    place = {"lon_deg": 110.921346, "lat_deg": 21.662198, "accuracy_m": 50.0, "origin": "gps", "said": ""}
    title = f"迎宾路与光华路交叉口{kind.name['zh']}"
    facts = {"kind": kind.id, "title": title, "area": "440902", "lead": kind.lead, "text": TEXT, "place": place}
    counts = {"until_ms": None, "redone": 0, "returned": 0, "escalated": 0, "rests": [], "asked": None}
    return {"facts": facts, **counts}


def _insert(table: str, columns: Mapping[str, str]) -> str:
    named = ", ".join(f'"{name}"' for name in columns)
    return f"INSERT INTO {table} ({named}) SELECT {', '.join(columns.values())}"


def _values(rows: Sequence[Sequence[str]]) -> str:
    """Rows as SQL, each with its number before it."""
    quoted = (", ".join("'" + one.replace("'", "''") + "'" for one in row) for row in rows)
    return ", ".join(f"({number}, {row})" for number, row in enumerate(quoted))
