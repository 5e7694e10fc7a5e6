"""A restricted warning on its way out: asked again when it leaves, and who writes the ways it may go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from guarded_site import Guarded
from kept_warning import warning
from notify_room import Room, notify_room, route, watch
from prerequisites import REPOSITORY

from catalogue.load import load
from core.accounts import Reach, Role, Sensitivity
from core.notices import Channel, Recipient
from core.records import Level
from store import people
from store.notice_routes import put_route, routes

SECRET = "gone.indicator"  # nobody declares it: for those alone who may see what is restricted
HOOK = Recipient("hook", "上级平台", {Channel.WEBHOOK: ""}, "s")
INSIDE = Reach(sensitivity=Sensitivity.RESTRICTED)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    with notify_room(tmp_path, load(REPOSITORY / "packs", "440900")) as made:
        yield made


def _cleared(room: Room, reach: Reach) -> None:
    with room.database.transaction() as connection:
        people.put_post(connection, replace(people.posts(connection)["watch"], reach=reach))


@pytest.mark.claim("ACCOUNTS", "Whether somebody may hear of a warning is asked again at the moment when it leaves.")
def test_who_lost_the_right_meanwhile_hears_nothing(room: Room) -> None:
    watch(room, "li")
    _cleared(room, INSIDE)
    room.warn(warning("w1", Level.RED, indicator=SECRET))
    room.deciding.turn(room.now_ms, room.now_ms)
    assert [states for _, states in room.notices()] == [["waiting"]]
    _cleared(room, Reach())
    assert room.run(3) == []
    assert [states for _, states in room.notices()] == [["suppressed"]]


@pytest.mark.claim("ACCOUNTS", "A webhook gets a restricted warning by a route alone that says so.")
def test_a_webhook_hears_by_a_route_that_says_so(room: Room) -> None:
    hook = replace(HOOK, addresses={Channel.WEBHOOK: f"{room.gateway.url}/hook"})
    route(room, hook)
    room.warn(warning("w1", Level.RED, indicator=SECRET))
    assert room.run(3) == []
    with room.database.transaction() as connection:
        put_route(connection, replace(routes(connection)["all"], restricted=True))
    room.warn(warning("w2", Level.RED, indicator=SECRET))
    assert [to for _, to, _ in room.run(3)] == ["hook"]


@pytest.mark.claim(
    "ACCOUNTS", "Only who may see restricted warnings opens a route to them, or changes an address to which they go."
)
def test_who_may_open_a_route(house: Guarded) -> None:
    inside, outside = (house.as_role(Role.SHIFT_LEADER, reach) for reach in (INSIDE, Reach()))
    engineer = house.as_role(Role.OPERATIONS, INSIDE)

    def recipient(who: dict[str, str], **more: str) -> int:
        form = {"id": "grades-up", "name": "上级平台", "to_sms": "13800000001", "budget": "6"} | more
        return house.ask("POST", "notices/recipients", who, data=form).status_code

    def opened(who: dict[str, str], **more: str) -> int:
        form = {"id": "grades-r", "name": "限制级", "to": "recipient:grades-up", "channels": "sms", "level": "red"}
        return house.ask("POST", "notices/routes", who, data=form | more).status_code

    assert recipient(outside) == opened(outside) == 303
    assert [opened(who, restricted="1") for who in (outside, engineer, inside)] == [422, 422, 303]
    assert "限制级告警也发给外部系统" in house.ask("GET", "notices/routes", outside).text
    assert [recipient(who, to_sms="13900000009") for who in (outside, engineer, inside)] == [422, 422, 303]
    assert recipient(outside, name="上级平台二", to_sms="") == 303, "what changes no address is his"
    assert opened(outside) == 303, "whoever may write routes may shut one"
    for path in ("notices/routes/grades-r/drop", "notices/recipients/grades-up/drop"):
        assert house.ask("POST", path, inside, data={}).status_code == 303
