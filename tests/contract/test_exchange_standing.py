"""Messages to other platforms in the database: their order, and what an older version knew of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from store import exchange
from store.exchange import Waiting, add_waiting, by_peer, change_message, next_due
from store.migrate import MIGRATIONS, migrate
from store.sql import Database, sqlite_url


def a_message(key: str, case: str = "c-1", peer: str = "county") -> Waiting:
    return Waiting(key, peer, case, {"deed": "push", "case": case, "at_ms": 5}, made_ms=5, next_ms=5)


@pytest.mark.claim("COMMAND", "Messages of one case reach another platform in their order; other cases do not wait.")
def test_no_message_overtakes_another_of_its_case(database: Database) -> None:
    with database.transaction() as connection:
        for one in (a_message("b"), a_message("a"), a_message("z", "c-2"), a_message("y", peer="province")):
            add_waiting(connection, one)
        add_waiting(connection, replace(a_message("b"), case="other"))  # a repeat changes nothing
        first = next_due(connection, "county", 5)
        assert first is not None and (first.key, first.number) == ("b", 1)
        assert next_due(connection, "county", 4) is None, "its time has not come"
        later = replace(first, next_ms=99, failed_ms=5, tries=1)
        change_message(connection, later)
        second = next_due(connection, "county", 5)
        assert second is not None and second.key == "z", "the second of the first case waits behind it"
        assert [(one.peer, one.waiting, one.failing) for one in by_peer(connection)] == [
            ("county", 3, 1),
            ("province", 1, 0),
        ]
        change_message(connection, replace(later, standing="dropped", next_ms=None))
        third = next_due(connection, "county", 5)
        assert third is not None and third.key == "a"


def test_what_an_older_version_wrote_is_known_by_its_answers(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path))
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.transaction() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0022")
        table = sa.Table("exchange_out", sa.MetaData(), autoload_with=connection)
        rows = (("later", 9, 2, 99, "away"), ("taken", 7, 1, None, '{"case":"c"}'), ("refused", 8, 3, None, "HTTP 404"))
        for key, at_ms, tries, next_ms, said in rows:
            body = {"deed": "push", "case": f"c-{key}", "at_ms": at_ms}
            row = {"key": key, "peer": "county", "body": body, "tries": tries, "next_ms": next_ms, "said": said}
            connection.execute(sa.insert(table).values(**row))
    assert migrate(database)
    with database.transaction() as connection:
        add_waiting(connection, a_message("new"))
        kept = exchange.messages(connection, ["waiting", "taken", "refused"])
    assert [(one.number, one.key, one.case, one.standing, one.failed_ms) for one in kept] == [
        (4, "new", "c-1", "waiting", None),
        (3, "later", "c-later", "waiting", 9),
        (2, "refused", "c-refused", "refused", 8),
        (1, "taken", "c-taken", "taken", None),
    ]
    database.close()
