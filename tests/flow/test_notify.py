"""From a warning in the database to a message at a gateway, by a clock that the test drives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import msgspec
import pytest
from kept_warning import BEGAN_MS, warning
from notify_room import LI, LIVE, OTHERS, Room, notify_room, route, watch
from prerequisites import REPOSITORY
from storm_night import AREAS, DEVICES, INDICATORS, RULES, power_cut

import catalogue
from catalogue.declared import Declared
from core.duty import Deed, Scope, Silence
from core.notices import Channel, Recipient, Route, State
from core.records import HOUR_MS, Issuer, Level, Scene, Stamp, WarningPhase
from dispatch.responses import Deed as ResponseDeed
from dispatch.responses import ResponseState
from store import notices as kept
from store.duty import add_silence
from store.notice_routes import put_recipient, put_route, routes
from store.responses import LineRow, ResponseRow, add_line, add_response
from stream.codec import encode_warnings
from stream.connect import Client
from stream.keys import CITY_SLOT
from stream.scenes import declare_scene
from workers.project import projecting
from workers.worker import Running


@pytest.fixture(scope="module")
def declared() -> Declared:
    return catalogue.load(REPOSITORY / "packs", LIVE.city)


@pytest.fixture
def room(tmp_path: Path, declared: Declared) -> Iterator[Room]:
    with notify_room(tmp_path, declared) as made:
        yield made


@pytest.mark.claim("WARN", "Unacknowledged red reaches the next person's telephone within 60 s of the one before.")
def test_nobody_acknowledges_a_red_warning(room: Room) -> None:
    watch(room, "zhang", "wang", "zhao")
    room.warn(warning("w1"))
    reached = room.run(100)
    assert [to for _, to, _ in reached] == ["138-zhang", "138-wang", "138-wang", "138-zhao", "138-zhao"]
    at = {to: second for second, to, _ in reached}
    assert at["138-zhang"] <= 1
    assert at["138-wang"] - at["138-zhang"] <= 60
    assert at["138-zhao"] - at["138-wang"] <= 60
    assert reached[-1][2] == "无人确认，转报：w1 水位 62.35 m；尚无人确认，请立即电话叫应责任人。"


@pytest.mark.claim("WARN", "A server clock that is set back by an hour delays no escalation, no retry and no new red.")
def test_the_clock_is_set_back_by_an_hour(room: Room) -> None:
    watch(room, "zhang", "wang")
    room.warn(warning("w1"), warning("w2", level=Level.ORANGE))
    assert [(to, said[:2]) for _, to, said in room.run(2)] == [("138-zhang", "w1")]
    room.now_ms -= HOUR_MS
    room.deciding.set_back(HOUR_MS)
    room.warn(warning("w3", decided_ms=room.now_ms))
    assert [(to, said[:2]) for _, to, said in room.run(2)] == [("138-zhang", "w3")], "decided before what came before"
    assert ("138-zhang", "w2") in {(to, said[:2]) for _, to, said in room.run(10)}, "it waited for what comes with it"
    assert [to for _, to, _ in room.run(60)].count("138-wang") == 4, "of w1 and w3, by message and by telephone"


@pytest.mark.claim(
    "WARN", "An issued signal 预警信号 sends a notice too, on routes of every topic, until it is acknowledged."
)
def test_a_signal_is_told_and_climbs_until_it_is_acknowledged(room: Room) -> None:
    watch(room, "zhang", "wang", "zhao")
    with room.database.transaction() as connection:
        put_route(connection, replace(routes(connection)["all"], topics=("livelihood",)))
    told = {"item": "signal:met:7", "told_ms": BEGAN_MS, "ends_ms": BEGAN_MS * 2, "lifted": False}
    signal = warning("s1", issuer=Issuer.ISSUED, rule="", indicator="", subject="440983", facts=told)
    room.warn(signal)
    assert [to for _, to, _ in room.run(50)] == ["138-zhang", "138-wang", "138-wang"]
    room.act(Deed.ACKNOWLEDGE, {"signal:met:7": Level.RED})
    assert room.run(70) == []
    room.warn(replace(signal, phase=WarningPhase.CLEARED, level=Level.NORMAL, ended_ms=room.now_ms, revision=2))
    assert {to for _, to, _ in room.run(5)} == {"138-zhang", "138-wang"}, "who was told hears that it is lifted"
    assert all(notice.issued for notice, _ in room.notices())


def test_an_acknowledgement_at_the_desk_ends_the_calls_also_after_a_restart(room: Room) -> None:
    watch(room, "zhang", "wang")
    room.warn(warning("w1", Level.ORANGE))
    assert [to for _, to, _ in room.run(15)] == ["138-zhang"]
    room.act(Deed.ACKNOWLEDGE, {"w1": Level.ORANGE})
    room.warn(warning("w1", revision=2))
    assert [to for _, to, _ in room.run(10)] == ["138-zhang"], "the rise to red is news"
    room.begin()
    assert [to for _, to, _ in room.run(50)] == ["138-wang", "138-wang"], "the orange one was acknowledged, not the red"
    room.act(Deed.ACKNOWLEDGE, {"w1": Level.RED})
    room.begin()
    assert room.run(120) == []


@pytest.mark.claim("WARN", "Nothing born of demonstration, exercise, replay or test data reaches who is off the list.")
@pytest.mark.parametrize("scene", OTHERS)
def test_what_is_not_live_reaches_the_exercise_list_alone(room: Room, scene: Scene) -> None:
    hook = Recipient("hook", "平台", {Channel.WEBHOOK: f"{room.gateway.url}/hook"}, "s", budget=0)
    route(room, LI, hook, Recipient("drill", "演练组", {Channel.SMS: "139-drill"}, exercise=True))
    room.begin(scene)
    room.warn(warning("w1"), warning("w2", Level.ORANGE))
    reached = room.run(60)
    assert {to for _, to, _ in reached} == {"139-drill"}
    assert all(said.startswith("【演练】") for _, _, said in reached)
    with room.database.reading() as connection:
        refused = [d for _, ds in kept.find_notices(connection) for d in ds if d.recipient in ("li", "hook")]
    assert len(refused) == 4 and all(one.state is State.SUPPRESSED for one in refused)
    assert {one.reason for one in refused} == {"exercise-only"}


def test_who_left_the_exercise_list_meanwhile_gets_nothing_more(room: Room) -> None:
    drill = Recipient("drill", "演练组", {Channel.SMS: "139-drill"}, exercise=True)
    route(room, drill)
    room.begin(OTHERS[0])
    room.gateway.status = 503
    room.warn(warning("w1"))
    assert len(room.run(1)) == 1, "tried, and it will be tried again"
    with room.database.transaction() as connection:
        put_recipient(connection, replace(drill, exercise=False), room.seal.close)
    room.gateway.status = 200
    assert room.run(30) == []
    assert [states for _, states in room.notices()] == [[State.SUPPRESSED]]


@pytest.mark.claim(
    "WARN", "A gauge falls silent under red: a message says it can no longer be judged, and one its return."
)
def test_the_gauge_of_a_red_warning_falls_silent(room: Room) -> None:
    route(room, LI, channels=(Channel.SMS,))
    room.warn(warning("w1"))
    assert len(room.run(2)) == 1
    room.act(Deed.ACKNOWLEDGE, {"w1": Level.RED})
    room.warn(warning("w1", facts={"lost_ms": BEGAN_MS}, revision=2))
    room.begin()
    assert [(to, said[:5]) for _, to, said in room.run(5)] == [("138-li", "数据中断，")]
    room.begin()
    assert room.run(70) == [], "once, also for a worker that begins again"
    room.warn(warning("w1", revision=3))
    assert [(to, said[:5]) for _, to, said in room.run(5)] == [("138-li", "数据恢复，")]


@pytest.mark.claim("WARN", "A storm of 300 warnings of one card is at most five notices to each recipient.")
def test_a_power_cut_and_its_return(room: Room) -> None:
    route(room, LI, channels=(Channel.SMS,))
    names = [f"w{n:03}" for n in range(300)]
    kind = next(iter(room.declared.devices.values()))
    cut = [replace(kind, id=f"station-{name}", area="440983", place=None, feeder="城南站") for name in names]
    room.declared = replace(room.declared, devices={one.id: one for one in cut})
    room.begin()
    reached = []
    for at in range(0, 300, 50):
        room.warn(*(warning(one, Level.ORANGE) for one in names[at : at + 50]))
        reached += room.run(3)
    reached += room.run(30)
    room.warn(*(warning(one, Level.ORANGE, phase=WarningPhase.CLEARED, ended_ms=room.now_ms) for one in names))
    reached += room.run(30)
    assert [to for _, to, _ in reached] == ["138-li", "138-li"]
    by_reason = [notice.suppressed for notice, _ in room.notices()]
    assert by_reason.count("card") == 299 + 299, "each of the others is kept with its reason"


@pytest.mark.claim(
    "WARN", "The storm, from readings over stream and relay to messages: 300 devices, at most 5 notices."
)
def test_the_storm_from_readings_to_messages(room: Room, redis_client: Client) -> None:
    """What the engine tells goes its own way: the stream of warnings, the relay's projector, SQL, the notify worker."""
    route(room, LI, channels=(Channel.SMS,))
    room.declared = replace(room.declared, devices=DEVICES, areas=AREAS, indicators=INDICATORS, rules=RULES)
    room.begin()
    keys = declare_scene(redis_client, LIVE, 1)
    redis_client.hset(keys.checkpoint(CITY_SLOT), mapping={"born": "a", "decided_ms": "0"})
    running = SimpleNamespace(
        declared=room.declared, settings=room.settings, scene=LIVE, client=redis_client, keys=keys
    )
    projector = projecting(cast(Running, running), room.database)
    reached = []
    for room.now_ms, changed in power_cut(22).told:
        if changed:
            told = [replace(one, stamp=Stamp.LIVE) for one in changed]
            redis_client.xadd(keys.warnings, dict(encode_warnings(told)))
            assert projector.turn(room.now_ms) == len(changed)
        reached += room.run(0)
    assert 2 <= len(reached) <= 5, reached
    decided = [notice for notice, _ in room.notices()]
    assert len([one for one in decided if not one.suppressed]) == len(reached)
    assert len({one.warning for one in decided}) > 50, "each of the others is kept with its reason"


def test_beyond_the_budget_one_digest_goes_when_there_is_room_again(room: Room) -> None:
    route(room, LI, channels=(Channel.SMS,))
    room.warn(*(warning(f"w{n:02}", Level.YELLOW) for n in range(20)))
    assert len(room.run(30)) == 6
    room.warn(warning("w99"))
    assert len(room.run(5)) == 1, "red goes at once"
    reached = room.run(600)
    ((_, _, said),) = reached
    assert said.startswith("另有 14 条通知（黄色 14）合并，其中：w06 水位 62.35 m")


def approve_response(room: Room) -> None:
    """A response of level III over the whole city, as the book of responses writes it."""
    plan, number = room.declared.plans["typhoon"], "R440900-20261122-01"
    body = {"plan": msgspec.to_builtins(plan, str_keys=True), "topic": plan.domain}
    fields = {"level": 3, "areas": ["440900"], "reason": "台风逼近"}
    row = (number, room.scene.id, "live", plan.id, ResponseState.IN_FORCE, 3, "", False, room.now_ms, room.now_ms)
    with room.database.transaction() as connection:
        add_response(connection, ResponseRow(*row, 2, body))
        for line, deed in enumerate((ResponseDeed.PROPOSE, ResponseDeed.APPROVE), 1):
            said = fields if deed is ResponseDeed.PROPOSE else {}
            add_line(connection, LineRow(number, line, deed, room.now_ms, "person:li", "李", said, f"key-{line}"))


@pytest.mark.claim("WARN", "A response in force tells its routes within seconds of what stands, also over a restart.")
def test_a_response_begins_later(room: Room) -> None:
    team = Recipient("team", "抢险队", {Channel.SMS: "138-team"})
    route(room, LI, team, to=("recipient:li",), channels=(Channel.SMS,))
    late = Route("late", "响应", ("recipient:team",), (Channel.SMS,), level=Level.YELLOW, response="typhoon")
    with room.database.transaction() as connection:
        put_route(connection, late)
    room.warn(warning("w1", Level.ORANGE), warning("w2", Level.BLUE))
    assert {to for _, to, _ in room.run(15)} == {"138-li"}
    approve_response(room)
    assert [(to, said[:11]) for _, to, said in room.run(3)] == [("138-team", "响应启动前已有：w1 ")]
    room.begin()
    assert room.run(70) == []


def test_shelved_and_silenced_do_not_ring_until_they_come_back(room: Room) -> None:
    route(room, LI, channels=(Channel.SMS,), unacknowledged_s=0)
    room.act(Deed.SHELVE, {"w1": Level.ORANGE}, until_ms=BEGAN_MS + 60_000)
    scope, until_ms = Scope(rules=("water.river_stage",)), BEGAN_MS + 30_000
    made = Silence(LIVE.id, scope, BEGAN_MS, until_ms, "检修", "person:li", "李", BEGAN_MS)
    with room.database.transaction() as connection:
        add_silence(connection, made)
    room.warn(warning("w1", Level.ORANGE), warning("w2", Level.YELLOW), warning("w3", Level.RED))
    assert [said[:2] for _, _, said in room.run(29)] == ["w3"]
    assert [said[:2] for _, _, said in room.run(20)] == ["w2"]
    assert [said[:2] for _, _, said in room.run(30)] == ["w1"]
    assert {notice.suppressed for notice, _ in room.notices()} == {"", "shelved", "silenced"}


def test_trial_and_late_reports_are_kept_and_do_not_ring(room: Room) -> None:
    route(room, LI)
    over = {"phase": WarningPhase.CLEARED, "ended_ms": BEGAN_MS}
    room.warn(warning("w1", facts={"trial": True}), warning("w2", late=True, **over), warning("w3", **over))
    assert room.run(20) == []
    room.begin()
    assert room.run(20) == []
    assert sorted(notice.suppressed for notice, _ in room.notices()) == ["late", "over", "trial"]


def test_a_gateway_that_comes_back_gets_what_waited_and_the_desk_sees_each_attempt(room: Room) -> None:
    route(room, LI, channels=(Channel.SMS,))
    room.gateway.status = 500
    room.warn(warning("w1"))
    room.run(5)
    room.gateway.status = 200
    room.run(10)
    with room.database.reading() as connection:
        ((_, (one,)),) = kept.find_notices(connection)
        attempts = kept.attempts_of(connection, one.number)
    assert one.state is State.SENT
    assert [(a.outcome, a.reason) for a in attempts] == [("failed", "HTTP 500"), ("failed", "HTTP 500"), ("sent", "")]
    assert [a.at_ms - BEGAN_MS for a in attempts] == [0, 2000, 6000]


def test_a_worker_that_begins_again_tells_nothing_twice(room: Room) -> None:
    route(room, LI, channels=(Channel.SMS,))
    room.warn(warning("w1"), warning("w2", Level.ORANGE))
    assert len(room.run(15)) == 2
    room.begin()
    assert room.run(15) == []
    ended = {"phase": WarningPhase.RETRACTED, "ended_ms": room.now_ms, "decided_ms": room.now_ms}
    room.warn(warning("w1", **ended), warning("w2", Level.ORANGE, **ended))
    room.begin()
    assert [to for _, to, _ in room.run(5)] == ["138-li", "138-li"], "who was told hears that it never was"
    room.begin()
    assert room.run(70) == []
