"""What was decided and how far it is delivered, in a real database: nothing twice, nothing lost, the gravest first."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from core.notices import Channel, Delivery, Kind, Matter, Notice, Recipient, Route, State
from core.records import Level, Stamp
from store import notices as kept
from store.notice_routes import drop_recipient, drop_route, put_recipient, put_route, recipients, routes
from store.sql import Database

NOTICE = Notice(
    "k1", "live", Stamp.LIVE, Kind.OPENED, Level.ORANGE, "w1", "c1", "water", ("440983",), "信宜 水位…", 100
)
DELIVERY = Delivery("d1", "li", Channel.SMS, 100, 100)


def _tell(database: Database, notice: Notice, *deliveries: Delivery) -> int:
    with database.transaction() as connection:
        return kept.keep_told(connection, [(notice, deliveries)])


def _take(database: Database, now_ms: int) -> list[tuple[Notice, Delivery]]:
    with database.transaction() as connection:
        return kept.take_due(connection, now_ms, 10)


def _end(database: Database, delivery: Delivery, outcome: kept.Outcome) -> None:
    with database.transaction() as connection:
        kept.keep_outcome(connection, delivery, outcome)


def test_a_key_is_decided_once(database: Database) -> None:
    assert _tell(database, NOTICE, DELIVERY) == 1
    assert _tell(database, replace(NOTICE, sentence="anders"), replace(DELIVERY, key="d2")) == 0
    with database.reading() as connection:
        ((notice, deliveries),) = kept.find_notices(connection)
    assert replace(notice, number=0) == NOTICE
    assert [replace(one, number=0, notice=0) for one in deliveries] == [DELIVERY]


def test_the_gravest_and_oldest_is_delivered_first_and_lent_to_one_only(database: Database) -> None:
    _tell(database, NOTICE, DELIVERY, replace(DELIVERY, key="d2", channel=Channel.MAIL, next_ms=90))
    _tell(database, replace(NOTICE, key="k2", level=Level.RED), replace(DELIVERY, key="d3"))
    _tell(database, replace(NOTICE, key="k3"), replace(DELIVERY, key="d4", next_ms=500))
    _tell(database, replace(NOTICE, key="k4"), replace(DELIVERY, key="d5", state=State.SUPPRESSED, reason="budget"))
    assert [(notice.key, one.key) for notice, one in _take(database, 100)] == [("k2", "d3"), ("k1", "d2"), ("k1", "d1")]
    assert _take(database, 101) == []


def test_a_delivery_whose_worker_died_is_due_again(database: Database) -> None:
    _tell(database, NOTICE, DELIVERY)
    _take(database, 100)
    ((_, again),) = _take(database, 100 + kept.LENT_MS)
    assert (again.key, again.attempts) == ("d1", 1)
    _end(database, again, kept.Outcome(State.SENT, "", 20_200, 100))
    assert _take(database, 10**9) == []
    with database.reading() as connection:
        first, second = kept.attempts_of(connection, again.number)
        assert (first.took_ms, first.outcome) == (None, "waiting")
        assert (second.took_ms, second.outcome) == (100, "sent")
        assert kept.counts(connection) == {("sms", "sent"): 1}


def test_a_failed_attempt_is_tried_again_until_the_last(database: Database) -> None:
    _tell(database, NOTICE, DELIVERY)
    ((_, one),) = _take(database, 100)
    _end(database, one, kept.Outcome(State.FAILED, "HTTP 503", 150, 50, again_ms=5100))
    with database.reading() as connection:
        assert kept.next_due_ms(connection) == 5100
    ((_, again),) = _take(database, 5100)
    _end(database, again, kept.Outcome(State.FAILED, "x" * 1000, 5200, 100))
    with database.reading() as connection:
        ((_, (failed,)),) = kept.find_notices(connection, state="failed")
        assert (failed.state, failed.attempts, failed.done_ms, len(failed.reason)) == (State.FAILED, 2, 5200, 300)
        assert kept.find_notices(connection, state="sent") == []
        assert kept.next_due_ms(connection) is None


def test_the_budget_counts_a_notice_once_whatever_its_channels(database: Database) -> None:
    _tell(database, NOTICE, DELIVERY, replace(DELIVERY, key="d2", channel=Channel.MAIL))
    _tell(database, replace(NOTICE, key="k2"), replace(DELIVERY, key="d3", state=State.SUPPRESSED, digest="d9"))
    _tell(database, replace(NOTICE, key="k9", kind=Kind.DIGEST), replace(DELIVERY, key="d9", next_ms=900))
    with database.reading() as connection:
        assert kept.told_since(connection, 50) == {"li": [100]}
        assert kept.told_since(connection, 100) == {}
        assert kept.waiting_digests(connection, "live") == {"li": "d9"}
        assert [notice.key for notice in kept.digested(connection, "d9")] == ["k2"]


def test_what_was_told_of_warnings_comes_back_as_it_was(database: Database) -> None:
    told_to = (("li", Channel.SMS), ("hook", Channel.WEBHOOK))
    first = Matter("w1", "c1", "water", ("440983", "440900"), "…", Level.RED, "active", 1, 2, told_to=told_to)
    first = replace(first, told=Level.RED, escalate_ms=99)
    second = Matter("w2", "c1", "water", (), "…", Level.BLUE, "active", 1, 2)
    with database.transaction() as connection:
        kept.keep_matters(connection, "live", [second, first], [])
        kept.keep_matters(connection, "live", [replace(first, step=2)], ["w2"])
        kept.keep_matters(connection, "replay", [second], [])
    with database.reading() as connection:
        assert kept.open_matters(connection, "live") == {"w1": replace(first, step=2)}


@pytest.mark.claim("WARN", "A copy of the database tells no telephone, no address and no key of a recipient.")
def test_addresses_and_secrets_are_sealed(database: Database) -> None:
    li = Recipient(
        "li", "李", {Channel.SMS: "13800000001", Channel.WEBHOOK: "https://hook.example/x"}, "hush", "li", True
    )
    with database.transaction() as connection:
        put_recipient(connection, li, lambda secret: secret[::-1])
        put_recipient(connection, replace(li, id="b", addresses={}, budget=0), lambda secret: secret[::-1])
        rows = str(connection.execute(text("SELECT * FROM notice_recipients")).all())
        assert "13800000001" not in rows and "hush" not in rows
    with database.reading() as connection:
        found = recipients(connection, lambda sealed: sealed[::-1])
    assert found == {"b": replace(li, id="b", addresses={}, budget=0), "li": li}
    assert "13800000001" not in repr(li) and "hush" not in repr(li)
    with database.transaction() as connection:
        drop_recipient(connection, "b")
        assert list(recipients(connection, lambda sealed: sealed[::-1])) == ["li"]


def test_routes_come_back_as_they_were(database: Database) -> None:
    route = Route("r", "值班", ("post:watch", "seat:a"), (Channel.SMS,), level=Level.RED, then=("recipient:li",))
    with database.transaction() as connection:
        put_route(connection, route)
        put_route(connection, replace(route, areas=("440983",), from_min=480))
        assert routes(connection) == {"r": replace(route, areas=("440983",), from_min=480)}
        drop_route(connection, "r")
        assert routes(connection) == {}
