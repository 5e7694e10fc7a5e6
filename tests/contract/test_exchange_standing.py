"""Messages to other platforms in the database: their order, and what an older version knew of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from office_day import NOW_MS
from recorded_server import recorded

from accounts.office import Office
from accounts.warden import Warden
from core.clock import real_ms
from dispatch.book import CaseBook, Now, Rules
from dispatch.exchange import Peer
from dispatch.exchange_book import ExchangeBook
from store import exchange
from store.exchange import Waiting, add_waiting, by_peer, change_message, next_due
from store.migrate import MIGRATIONS, migrate
from store.photos import MediaFolder
from store.sql import Database, sqlite_url
from workers.exchange import Exchanging, Ways


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


@pytest.mark.claim("COMMAND", "What the other side answers decides: taken, refused for good, or tried again later.")
def test_what_becomes_of_a_message(office: Office, tmp_path: Path) -> None:
    wanted = {200: "taken", 404: "refused", 422: "refused"} | dict.fromkeys((401, 403, 429, 500, 503), "waiting")
    warden, now = Warden(office.database, office.journal), Now("live-440900", "live", "440900", NOW_MS, NOW_MS)
    began_ms = real_ms()
    with recorded() as server:
        peers = {"county": Peer("county", f"{server.url}/", "secret", "token")}
        book = ExchangeBook(warden, CaseBook(warden, lambda: Rules({}, {}, lambda area: (area,))), "city", peers)
        exchanging = Exchanging(office.database, book, Ways(peers, MediaFolder(tmp_path), local=True))
        for status in wanted:
            server.status = status
            with office.database.transaction() as connection:
                add_waiting(connection, a_message(f"m{status}", f"c-{status}"))
            exchanging.turn(now)
    assert [one.headers["Idempotency-Key"] for one in server.asked] == [f"m{status}" for status in wanted], "each once"
    with office.database.reading() as connection:
        kept = exchange.messages(connection, ["waiting", "taken", "refused"])
    found = {int(one.key[1:]): one for one in kept}
    assert {status: one.standing for status, one in found.items()} == wanted
    for status, one in found.items():
        assert (one.tries, one.said) == (1, f"HTTP {status}")
        assert (one.next_ms is not None and one.next_ms >= began_ms + 5000) == (one.standing == "waiting")


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
