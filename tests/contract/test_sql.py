"""What every database of ours promises: writers one after another, readers that wait for nobody, one way forward."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from forked_worker import fork_server, forked_code
from prerequisites import ANSWER_S
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from core.errors import CityVitalsError, NeighbourDown, StartError
from store.migrate import MIGRATIONS, migrate, newest, revision
from store.people import add_person, find_person, people
from store.sql import Database, among, open_database, sqlite_url
from store.tables import metadata
from store.tables.people import people as table
from stream.embedded.children import Child

PROCESSES, TURNS = 4, 300


# Read a number, write one more, so many times.
COUNT_UP = f"""
import os
from core.accounts import Person
from store.people import change_person, find_person
from store.sql import Database
database = Database(os.environ["COUNTED_IN"])
for _ in range({TURNS}):
    with database.transaction() as connection:
        counter = find_person(connection, "counter")
        change_person(connection, Person(counter.id, "counter", str(int(counter.name) + 1)))
database.close()
"""


@pytest.mark.claim("ACCOUNTS", "Four processes that read, change and write the same row lose no change.")
def test_four_processes_lose_no_change(
    database: Database, database_url: str, tmp_path: Path, started: list[Child]
) -> None:
    with database.transaction() as connection:
        add_person(connection, "counter", "0")
    counting = forked_code(("store.people", "store.sql", "sqlalchemy.dialects.sqlite", "psycopg"), COUNT_UP)
    with fork_server(tmp_path, counting) as fork:
        for number in range(PROCESSES):
            started.append(fork("counts", tmp_path / f"{number}.log", {"COUNTED_IN": database_url}))
        assert [process.wait(ANSWER_S) for process in started] == [0] * PROCESSES
    with database.reading() as connection:
        counter = find_person(connection, "counter")
    assert counter is not None and counter.name == str(PROCESSES * TURNS)


def test_a_failed_transaction_leaves_nothing(database: Database) -> None:
    with pytest.raises(ValueError, match="half way"), database.transaction() as connection:
        add_person(connection, "li", "李")
        raise ValueError("half way")
    with database.reading() as connection:
        assert people(connection) == []


def test_reading_waits_for_no_writer_and_sees_one_moment(database: Database) -> None:
    with database.reading() as before:
        assert people(before) == []
        with database.transaction() as connection:
            add_person(connection, "li", "李")
            with database.reading() as beside:
                assert people(beside) == []
        assert people(before) == [], "a reader saw two moments"
    with database.reading() as after:
        assert [person.login for person in people(after)] == ["li"]


def test_reading_cannot_write(database: Database) -> None:
    with pytest.raises((DBAPIError, NeighbourDown)), database.reading() as connection:
        add_person(connection, "li", "李")


def test_migrations_make_exactly_the_declared_tables(database: Database) -> None:
    with database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert revision(connection) == newest() == ScriptDirectory(str(MIGRATIONS)).get_current_head()


def test_who_starts_together_migrates_once(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path))
    found: list[BaseException | bool] = []

    def start() -> None:
        try:
            found.append(migrate(database))
        except CityVitalsError as problem:
            found.append(problem)

    threads = [threading.Thread(target=start) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(isinstance(one, bool) for one in found), found
    assert migrate(database) is False


def test_a_database_of_a_newer_version_is_refused(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StartError, match="9999"):
        migrate(database)


def test_one_of_many_values_is_asked_for_by_one_parameter(database: Database) -> None:
    with database.transaction() as connection:
        for name in ("a", "b", "x" * 64):
            add_person(connection, name, name)

        def among_them(*wanted: str) -> list[str]:
            asked = select(table.c.login).where(among(connection, table.c.login, wanted))
            return sorted(connection.execute(asked).scalars())

        assert among_them(*(f"n{number}" for number in range(40_000)), "b", "a", "it's", '"') == ["a", "b"]
        assert among_them("x" * 65, "x" * 64 + "é") == among_them() == []
        assert among_them("x" * 64) == ["x" * 64]
        numbers = connection.execute(select(table.c.id)).scalars().all()
        by_number = select(table.c.id).where(among(connection, table.c.id, [-1, *numbers[:2]]))
        assert sorted(connection.execute(by_number).scalars()) == sorted(numbers[:2])


def test_a_database_that_does_not_answer_is_a_neighbour_down_and_shows_no_password() -> None:
    database = Database("postgresql://city:hush-hush@127.0.0.1:1/city")
    with pytest.raises(NeighbourDown) as told, database.reading():
        pass
    assert "127.0.0.1:1" in str(told.value)
    assert "hush-hush" not in f"{told.value} {database!r}"


def test_other_databases_are_refused_by_name() -> None:
    with pytest.raises(StartError, match="mysql"):
        Database("mysql://127.0.0.1/city")


def test_the_default_lies_in_the_folder_of_the_installation(tmp_path: Path) -> None:
    database = open_database("", tmp_path / "var")
    migrate(database)
    assert (tmp_path / "var/cityvitals.sqlite").is_file()
