"""Receipts of gateways: signed or refused, forward and never back; and a call that nobody answers goes to the next."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from kept_warning import warning
from notify_room import LI, LIVE, Room, notify_room, route, watch
from prerequisites import REPOSITORY
from starlette.requests import Request

import catalogue
from api.errors import ApiError
from api.receipts import Receipts
from core.clock import real_ms
from core.notices import Channel, Delivery, State
from core.records import Level
from notices.channels.webhook import signature
from store import notices as kept
from store.notice_routes import put_route, routes

SECRET = "receipts of a test"
OLD_S = 301


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    with notify_room(tmp_path, catalogue.load(REPOSITORY / "packs", LIVE.city)) as made:
        yield made


def told(room: Room, body: bytes, secret: str = SECRET, age_s: int = 0, ours: str = SECRET) -> State:
    """One receipt over the door that gateways use."""
    sent_s = str(real_ms() // 1000 - age_s)
    headers = {"x-cityvitals-timestamp": sent_s, "x-cityvitals-signature": f"sha256={signature(secret, sent_s, body)}"}
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    receipts = Receipts(room.database, replace(room.settings, receipt_secret=ours))
    request = Request({"type": "http", "method": "POST", "path": "/", "headers": raw, "query_string": b""}, receive)
    with ThreadPoolExecutor(1) as aside:  # where browser tests ran before, this thread has a loop of its own
        return aside.submit(lambda: asyncio.run(receipts.taken(request)).state).result()


def deliveries(room: Room) -> list[Delivery]:
    """All that left the house, oldest first."""
    with room.database.reading() as connection:
        found = kept.find_notices(connection, limit=1000)
    return [one for _, made in reversed(found) for one in made if one.attempts]


def said(state: str, key: str, **more: str) -> bytes:
    return json.dumps({"key": key, "state": state} | more).encode()


@pytest.mark.claim("WARN", "A signed receipt makes a delivery delivered, answered or failed, forward and never back.")
def test_receipts_go_forward(room: Room) -> None:
    route(room, LI, channels=(Channel.SMS,))
    room.warn(warning("w1"), warning("w2"))
    room.run(3)
    one, other = deliveries(room)
    assert {one.state, other.state} == {State.SENT}
    assert [told(room, said(state, one.key)) for state in ("delivered", "delivered", "failed")] == [
        State.DELIVERED,
        State.DELIVERED,
        State.FAILED,
    ], "a message that was handed over may still turn out to have failed"
    assert told(room, said("answered", other.key)) is State.ANSWERED
    assert told(room, said("unanswered", other.key)) is State.ANSWERED
    assert [(each.state, each.reason) for each in deliveries(room)] == [(State.FAILED, ""), (State.ANSWERED, "")]


@pytest.mark.claim("WARN", "A receipt without a fresh signature, or about nothing that was sent, changes nothing.")
def test_who_may_not_say_what_became_of_it(room: Room) -> None:
    route(room, LI, channels=(Channel.SMS,))
    room.warn(warning("w1"))
    room.run(3)
    (one,) = deliveries(room)
    good = said("answered", one.key)
    for secret, age_s, ours in ((SECRET[1:], 0, SECRET), (SECRET, OLD_S, SECRET), ("", 0, "")):
        with pytest.raises(ApiError) as refused:
            told(room, good, secret, age_s, ours)
        assert refused.value.status == 401
    for body, status in ((b"{", 422), (said("read", one.key), 422), (said("answered", "0" * 32), 404)):
        with pytest.raises(ApiError) as refused:
            told(room, body)
        assert refused.value.status == status
    assert [each.state for each in deliveries(room)] == [State.SENT]


@pytest.mark.claim(
    "WARN", "An orange call that nobody answers for 20 s rings at the deputy's; an answer ends the calls."
)
def test_nobody_answers(room: Room) -> None:
    watch(room, "zhang", "wang", "zhao")
    with room.database.transaction() as connection:
        calls = replace(routes(connection)["all"], channels=(Channel.VOICE,), unacknowledged_s=0, unanswered_s=20)
        put_route(connection, calls)
    room.warn(warning("w1", Level.ORANGE))
    reached = room.run(40)
    assert [to for _, to, _ in reached] == ["138-zhang", "138-wang", "138-wang"], "by short message and by voice"
    assert 20 <= reached[1][0] - reached[0][0] <= 23
    told(room, said("unanswered", deliveries(room)[-1].key))
    assert {to for _, to, _ in room.run(4)} == {"138-zhao"}, "what the gateway gave up waits for nothing"
    (call,) = [one for one in deliveries(room)[-2:] if one.channel is Channel.VOICE]
    told(room, said("answered", call.key))
    assert room.run(60) == []
