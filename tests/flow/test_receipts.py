"""Receipts of gateways: told and signed, or asked for; forward and never back; who does not answer is passed over."""

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
from prerequisites import REPOSITORY, eventually
from recorded_server import Server, recorded
from starlette.requests import Request

import catalogue
from api.errors import ApiError
from api.receipts import Receipts
from core.clock import real_ms
from core.errors import SettingsError
from core.notices import Channel, Delivery, State
from core.records import Level
from core.settings import load
from notices.channels.choose import status_pages_of
from notices.channels.webhook import signature
from store import notices as kept
from store.notice_routes import put_route, routes
from workers.asking import ASKED_FOR_MS, Asking

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


class Asked:
    """A gateway that is asked what became of things, each under the number that it gave it."""

    def __init__(self, room: Room, status: Server, **more: object) -> None:
        own = {"sms_id": "data.id", "sms_header": "X-Key: k", "sms_status_url": f"{status.url}/of/{{id}}"}
        own |= {"sms_states": "failed=UNDELIV; delivered=DELIV"}
        room.settings = replace(room.settings, **own | more)
        room.begin()
        self._status, self._asking = status, Asking(room.database, status_pages_of(room.settings))

    def at(self, now_ms: int) -> list[str]:
        """One second of the worker: what it asked."""
        before = len(self._status.asked)
        for _ in range(2):  # what is asked in the first turn is written down in the second
            self._asking.turn(now_ms)
            eventually(lambda: all(one.answer.done() for one in self._asking._under_way))
        return [one.path for one in self._status.asked[before:]]

    def again(self, room: Room) -> None:
        """As after a restart of the worker."""
        self._asking.close()
        self._asking = Asking(room.database, status_pages_of(room.settings))

    def close(self) -> None:
        self._asking.close()


@pytest.fixture
def status() -> Iterator[Server]:
    with recorded() as server:
        yield server


@pytest.mark.claim("WARN", "A gateway that tells nothing by itself is asked for the delivery state, under its number.")
def test_a_gateway_is_asked_what_became_of_a_message(room: Room, status: Server) -> None:
    asked = Asked(room, status)
    room.gateway.body = '{"data": {"id": "m 7"}}'
    status.body = '{"stat": "ENROUTE"}'
    route(room, LI, channels=(Channel.SMS,))
    room.warn(warning("w1"))
    room.run(0)
    sent_ms = room.now_ms
    at = [second for second in range(31) if asked.at(sent_ms + 1000 * second)]
    assert at == [5, 10, 20], "as long again as it has waited"
    assert {one.path for one in status.asked} == {"/of/m%207"}
    assert {one.headers["X-Key"] for one in status.asked} == {"k"}
    assert [one.state for one in deliveries(room)] == [State.SENT]
    status.body = '{"stat": "DELIVRD"}'
    assert asked.at(sent_ms + 40_000) == ["/of/m%207"]
    (one,) = deliveries(room)
    assert (one.state, one.done_ms) == (State.DELIVERED, sent_ms + 40_000)
    assert asked.at(sent_ms + 2_000_000) == []
    asked.close()


@pytest.mark.claim("WARN", "Asking gateways is bounded: each delivery for an hour, and one that is ill is left alone.")
def test_a_gateway_that_is_ill_is_left_alone(room: Room, status: Server) -> None:
    asked = Asked(room, status, sms_id="", sms_status_url=f"{status.url}/by/{{key}}")
    route(room, LI, channels=(Channel.SMS,))
    room.warn(*(warning(f"w{n}") for n in range(5)))
    room.run(1)
    status.status = 503
    for second in range(5, 605):
        asked.at(room.now_ms + 1000 * second)
    assert 5 <= len(status.asked) <= 30, "four at once, then 5, 10, 20, 40, 80, 160 and 300 s of peace"
    asked.again(room)
    status.status, status.body = 200, "UNDELIVERED"
    asked.at(room.now_ms + 606_000)
    asked.at(room.now_ms + 607_000)
    assert {one.state for one in deliveries(room)} == {State.FAILED}, "the first words that are found count"
    room.warn(warning("w9"))
    room.run(1)
    assert asked.at(room.now_ms + ASKED_FOR_MS + 1) == []
    asked.close()


def test_a_call_of_which_the_gateway_says_when_asked_that_nobody_answered(room: Room, status: Server) -> None:
    states = "unanswered=NOANSWER; answered=TALKED"
    asked = Asked(room, status, voice_status_url=f"{status.url}/calls/{{key}}", voice_states=states)
    watch(room, "zhang", "wang")
    with room.database.transaction() as connection:
        calls = replace(routes(connection)["all"], channels=(Channel.VOICE,), unacknowledged_s=0, unanswered_s=3600)
        put_route(connection, calls)
    room.warn(warning("w1", Level.ORANGE))
    assert [to for _, to, _ in room.run(20)] == ["138-zhang"]
    status.body = "NOANSWER"
    assert len(asked.at(room.now_ms)) == 1
    assert deliveries(room)[0].reason == "unanswered"
    assert {to for _, to, _ in room.run(3)} == {"138-wang"}
    asked.close()


@pytest.mark.parametrize("said", ["delivered", "gone=1", "delivered=", "delivered=a;;b"])
def test_words_of_a_gateway_that_say_nothing_are_refused_at_the_start(said: str) -> None:
    with pytest.raises(SettingsError):
        load({"CITYVITALS_SMS_STATES": said})
