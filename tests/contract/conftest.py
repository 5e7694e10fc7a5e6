"""Databases for tests: each test gets an empty one with all tables, once as SQLite and once as PostgreSQL."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from argon2 import PasswordHasher
from prerequisites import missing, unused_port

from accounts.office import Office, open_office
from core.settings import load
from store.migrate import migrate
from store.sql import Database, sqlite_url
from stream.embedded.children import start_child, stop_child, wait_until

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
TEMPLATE = "migrated"


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """URL of a real PostgreSQL, without a database name; `migrated` in it has all tables."""
    if not BINARIES:
        missing("PostgreSQL")
    with tempfile.TemporaryDirectory(prefix="cityvitals-pg-") as folder:
        if os.geteuid() == 0:  # it refuses to run as root; its package brings a user
            shutil.chown(folder, "postgres")
        data, port, log_file = Path(folder) / "data", unused_port(), Path(tempfile.mkdtemp()) / "postgresql.log"
        program = BINARIES[-1]
        subprocess.run([*_user(), program / "initdb", "-D", data, "-U", "city", "-A", "trust"], check=True, stdout=-3)
        options = ["-p", str(port), "-k", folder, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]
        server = start_child([*_user(), str(program / "postgres"), "-D", str(data), *options], log_file)
        url = f"postgresql://city@127.0.0.1:{port}"
        try:
            wait_until(lambda: _answers(url), server, "PostgreSQL", log_file)
            _make_template(url)
            yield url
        finally:
            stop_child(server, 5)
            shutil.rmtree(log_file.parent)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables."""
    folder = tmp_path_factory.mktemp("migrated")
    database = Database(sqlite_url(folder))
    migrate(database)
    database.close()
    return next(folder.glob("*.sqlite"))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of an empty database with all tables."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_sqlite"), tmp_path)
        yield sqlite_url(tmp_path)
        return
    server: str = request.getfixturevalue("postgresql_server")
    _command(server, "CREATE DATABASE city_test TEMPLATE migrated")
    yield f"{server}/city_test"
    _command(server, "DROP DATABASE city_test WITH (FORCE)")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database with all tables."""
    opened = Database(database_url)
    yield opened
    opened.close()


def _user() -> list[str]:
    """How a program becomes another user and still ends with us, which the kernel forgets when the user changes."""
    known = {entry.pw_name for entry in pwd.getpwall()}
    other = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig=INT"]
    return other if os.geteuid() == 0 and "postgres" in known else []


def _answers(server: str) -> bool:
    try:
        _command(server, "SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


def _make_template(server: str) -> None:
    _command(server, f"CREATE DATABASE {TEMPLATE}")
    database = Database(f"{server}/{TEMPLATE}")
    migrate(database)
    database.close()


def _command(server: str, statement: str) -> None:
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(statement)


@pytest.fixture
def office(database_url: str, tmp_path: Path) -> Iterator[Office]:
    settings = load({"CITYVITALS_VAR": str(tmp_path / "var"), "DATABASE_URL": database_url})
    opened = open_office(settings, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    yield opened
    opened.database.close()
