"""One way to the SQL database, SQLite or PostgreSQL: two kinds of transaction, and what each promises.

`transaction()` writes. One at a time, on both databases: SQLite begins it IMMEDIATE (its default lost 895 of 1,200
increments from four processes), PostgreSQL under one advisory lock. What is read inside cannot change before the
commit, and rows are numbered in the order of their commits, which the audit chain and the outbox stand on.
`reading()` sees one moment, waits for nobody and cannot write.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Engine,
    String,
    Table,
    any_,
    create_engine,
    event,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, OperationalError

from core.errors import NeighbourDown, StartError, UnfitValue

Transaction = Connection  # what store functions take: a connection inside one of the two scopes below

FILE = "cityvitals.sqlite"
LOCK_WAIT_S = 30  # longest wait for another writer; a transaction of ours takes milliseconds
_WRITERS = 0x43495459  # the advisory lock of all writers of one PostgreSQL database: "CITY"
_WRITING = ("PRAGMA query_only = OFF", "BEGIN IMMEDIATE")  # how SQLite begins the two; its connections are used again
_READING = ("PRAGMA query_only = ON", "BEGIN")
_DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg", "sqlite": "sqlite+pysqlite"}


class Database:
    """An open database. Safe to share between threads; a child process opens its own."""

    def __init__(self, url: str) -> None:
        """url: `sqlite:///path/to/file` or `postgresql://user:password@host/name`. Raises StartError."""
        address = make_url(url)
        driver = _DRIVERS.get(address.drivername)
        if driver is None:
            raise StartError("database-kind", kind=address.drivername)
        self.shown = address.render_as_string(hide_password=True)
        self._is_sqlite = driver.startswith("sqlite")
        if self._is_sqlite:
            self._engine = _sqlite(url)
        else:
            self._engine = create_engine(address.set(drivername=driver), json_deserializer=_of_json)

    def __repr__(self) -> str:
        return f"Database({self.shown})"

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Write, alone; committed at the end, rolled back by any exception. Raises NeighbourDown."""
        with self._begun(_WRITING) as connection:
            if not self._is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _WRITERS})
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """See one moment of the database; nothing can be written. Raises NeighbourDown."""
        with self._begun(_READING) as connection:
            if not self._is_sqlite:
                connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
            yield connection

    @contextmanager
    def rehearsal(self) -> Iterator[Database]:
        """A database in which everything can be done and seen, and nothing was done afterwards. Raises NeighbourDown.

        It is one transaction of this one, so nobody else writes meanwhile.
        """
        with self.transaction() as connection:
            yield _Rehearsed(self, connection)
            connection.rollback()

    def close(self) -> None:
        """Give back every connection."""
        self._engine.dispose()

    @contextmanager
    def _begun(self, begin: tuple[str, ...]) -> Iterator[Connection]:
        try:
            with self._engine.connect().execution_options(begin=begin) as connection, connection.begin():
                yield connection
        except (OperationalError, InterfaceError) as problem:
            raise NeighbourDown(f"{self.shown}: {_reason(problem)}") from problem
        except (DataError, UnicodeEncodeError) as problem:
            raise UnfitValue(type(problem).__name__) from problem


def put(connection: Transaction, table: Table, row: Mapping[str, Any]) -> None:
    """Write one row, new or changed, by the primary key of its table."""
    found = upsert(connection, table).values(**row)
    keys = [column.name for column in table.primary_key]
    changed = {name: found.excluded[name] for name in row if name not in keys}
    connection.execute(found.on_conflict_do_update(index_elements=keys, set_=changed))


def upsert(connection: Transaction, table: Table) -> Any:
    """An insert that may be told what to do when the row is there, on either database."""
    return (sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert)(table)


def among(connection: Transaction, column: ColumnElement[Any], wanted: Iterable[Any]) -> ColumnElement[bool]:
    """Whether a column has one of some values, however many: they are one parameter.

    `IN` writes out a place for each of them at every asking, which took a quarter of a question with 1,112 of them,
    and SQLite takes few thousand places.
    """
    values = list(wanted)
    if connection.dialect.name == "sqlite":
        return column.in_(select(func.json_each(json.dumps(values)).table_valued("value").c.value))
    of = String() if isinstance(column.type, String) else column.type  # VARCHAR(80) would cut off what is longer
    return column == any_(literal(values, ARRAY(of)))


class _Rehearsed(Database):
    """A database inside one transaction of another; its own transactions are savepoints there."""

    def __init__(self, whole: Database, connection: Transaction) -> None:
        self.shown, self._connection = whole.shown, connection

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Write; undone alone by any exception."""
        with self._connection.begin_nested():
            yield self._connection

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """See what was written so far."""
        yield self._connection


def sqlite_url(var: Path) -> str:
    """The address of the database that an installation keeps in its own folder."""
    return f"sqlite:///{var / FILE}"


def open_database(url: str, var: Path) -> Database:
    """The database of this installation; an empty url is SQLite in `var`, which is made."""
    if not url:
        var.mkdir(parents=True, exist_ok=True)
    return Database(url or sqlite_url(var))


def _sqlite(url: str) -> Engine:
    """An engine whose transactions begin as they are told; the driver's own beginnings come too late to be safe."""
    engine = create_engine(_with_driver(url), connect_args={"timeout": LOCK_WAIT_S}, json_deserializer=_of_json)

    @event.listens_for(engine, "connect")
    def prepare(raw: Any, _record: object) -> None:
        raw.isolation_level = None  # the driver begins nothing by itself
        raw.execute("PRAGMA journal_mode = WAL")
        raw.execute("PRAGMA synchronous = FULL")
        raw.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        for statement in connection.get_execution_options()["begin"]:
            connection.exec_driver_sql(statement)

    return engine


def _of_json(kept: str | bytes) -> Any:
    """Three times as fast as the usual way, which takes NaN and whole numbers of any size beside."""
    try:
        return orjson.loads(kept)
    except orjson.JSONDecodeError:
        return json.loads(kept)


def _with_driver(url: str) -> str:
    return make_url(url).set(drivername=_DRIVERS["sqlite"]).render_as_string(hide_password=False)


def _reason(problem: DBAPIError) -> str:
    """The database's own words, without the statement, which may hold personal data."""
    return str(problem.orig).strip().splitlines()[0]
