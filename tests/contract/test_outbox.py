"""From a committed act to the stream: each row exactly once, in the order of the commits, whatever dies on the way."""

from __future__ import annotations

import pytest

from core.errors import NeighbourDown
from store.outbox import Behind, behind, drop_told, last_number, note_followed, tell, told_after
from store.sql import Database
from stream.acts import ACTS, append_acts, last_act
from stream.connect import Client, connect
from workers.relay import is_behind, relay


def _tell(database: Database, *bodies: str) -> None:
    for body in bodies:
        with database.transaction() as connection:
            tell(connection, "warning", {"what": body}, at_ms=5)


def _stream(client: Client) -> list[tuple[bytes, bytes]]:
    return [(number, fields[b"body"]) for number, fields in client.xrange(ACTS)]


@pytest.mark.claim(
    "ACCOUNTS", "A row of the outbox exists exactly if its act committed, and reaches the stream exactly once."
)
def test_each_row_arrives_once_and_only_if_it_was_committed(database: Database, redis_client: Client) -> None:
    assert relay(database, redis_client) == 0
    _tell(database, "a")
    with pytest.raises(RuntimeError), database.transaction() as connection:
        tell(connection, "warning", {"what": "never"}, at_ms=5)
        raise RuntimeError("rolled back")
    _tell(database, "b")
    assert relay(database, redis_client) == 2
    assert relay(database, redis_client) == 0
    _tell(database, "c")
    assert relay(database, redis_client) == 1
    assert [body for _, body in _stream(redis_client)] == [b'{"what":"a"}', b'{"what":"b"}', b'{"what":"c"}']


def test_a_relay_that_died_half_way_is_gone_on_with(database: Database, redis_client: Client) -> None:
    _tell(database, *"abcde")
    with database.reading() as connection:
        rows = [(row.number, row.topic, row.body) for row in told_after(connection, 0)]
    assert append_acts(redis_client, rows[:2]) == 2  # and here it died
    assert append_acts(redis_client, rows[:3]) == 1, "another one read the same rows: the first two are there"
    assert relay(database, redis_client) == 2
    assert [int(number.split(b"-")[0]) for number, _ in _stream(redis_client)] == [row[0] for row in rows]


def test_rows_wait_while_redis_is_away(database: Database, free_port: int) -> None:
    _tell(database, "a")
    nobody = connect(f"redis://127.0.0.1:{free_port}")
    with pytest.raises(NeighbourDown):
        relay(database, nobody)
    with database.reading() as connection:
        assert len(told_after(connection, 0)) == 1


def test_a_trimmed_stream_is_not_filled_again(database: Database, redis_client: Client) -> None:
    _tell(database, "a", "b")
    relay(database, redis_client)
    redis_client.xtrim(ACTS, maxlen=0)
    assert last_act(redis_client) > 0
    assert relay(database, redis_client) == 0


def test_told_rows_are_dropped_but_for_the_last(database: Database, redis_client: Client) -> None:
    _tell(database, "a", "b", "c")
    relay(database, redis_client)
    with database.transaction() as connection:
        note_followed(connection, "calls", 0)
        assert drop_told(connection, last_act(redis_client), before_ms=6) == 0, "one has not looked at them yet"
        note_followed(connection, "calls", last_number(connection))
        assert drop_told(connection, last_act(redis_client), before_ms=6) == 2
        assert drop_told(connection, last_act(redis_client), before_ms=5) == 0
        highest = last_number(connection)
    _tell(database, "d")
    with database.reading() as connection:
        assert last_number(connection) == highest + 1
    assert not is_behind(database, redis_client)


def test_a_follower_that_is_gone_holds_nothing_back(database: Database, redis_client: Client) -> None:
    _tell(database, *"abcd")
    relay(database, redis_client)
    with database.transaction() as connection:
        first = told_after(connection, 0)[0].number
        note_followed(connection, "gone", first)
        note_followed(connection, "alive", first + 2)
        assert behind(connection, before_ms=5) == []
        assert behind(connection, before_ms=6) == [Behind("alive", 5), Behind("gone", 5)]
        assert drop_told(connection, last_act(redis_client), before_ms=6, gone_ms=5) == 1, "both are waited for"
        note_followed(connection, "alive", last_number(connection))
        assert drop_told(connection, last_act(redis_client), before_ms=6, gone_ms=6) == 2, "the one is gone"
        assert [one.follower for one in behind(connection, before_ms=6)] == ["gone"], "and is still said"


def test_a_restored_database_that_is_older_than_the_stream_is_noticed(database: Database, redis_client: Client) -> None:
    _tell(database, "a")
    append_acts(redis_client, [(50, "warning", {})])
    assert is_behind(database, redis_client)
