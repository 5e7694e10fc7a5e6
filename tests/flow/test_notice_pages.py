"""Pages of notices as people use them, and the CAP feed as another system does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from defusedxml import ElementTree
from guarded_site import Guarded
from prerequisites import eventually
from recorded_server import recorded

from accounts.sealing import seal_of
from catalogue.load import load
from core.accounts import Role
from core.clock import real_ms
from core.notices import Channel, Delivery, Kind, Notice, State
from core.records import Level, Stamp
from notices.channels.choose import carriers_of
from store import notices as kept
from workers.delivering import Delivering

NOTICE = Notice(
    "", "live", Stamp.LIVE, Kind.OPENED, Level.RED, "w1", "w1", "water", ("440983",), "新宝 水位 62.35 m", 0
)


class _TakingBroker:
    def publish(self, topic: str, payload: str | bytes, *, retain: bool = False) -> bool:
        return True

    def wait(self, timeout_s: float) -> bool:
        return True


def _recipient(house: Guarded, who: dict[str, str], given: str, **fields: str) -> int:
    form = {"id": given, "name": given, "budget": "6"} | fields
    return house.ask("POST", "notices/recipients", who, data=form).status_code


def _tell(house: Guarded, key: str, *deliveries: Delivery, **more: object) -> None:
    notice = replace(NOTICE, key=key, at_ms=real_ms(), **more)  # type: ignore[arg-type]
    with house.office.database.transaction() as connection:
        kept.keep_told(connection, [(notice, deliveries)])


@pytest.mark.claim("WARN", "Each delivery stands on the page with its state; each one suppressed with its reason.")
def test_the_list_tells_what_became_of_each(house: Guarded) -> None:
    leader = house.colleague(Role.SHIFT_LEADER)
    assert _recipient(house, leader, "list-li", to_sms="13800000001") == 303
    sent = Delivery("list-a", "list-li", Channel.SMS, 1, 1, State.FAILED, "HTTP 503", 9)
    kept_back = Delivery("list-b", "list-li", Channel.MAIL, 1, 1, State.SUPPRESSED, "exercise-only")
    taken = Delivery("list-c", "list-li", Channel.VOICE, 1, 1, State.ANSWERED)
    gave_up = Delivery("list-d", "list-li", Channel.FEISHU, 1, 1, State.FAILED, "unanswered")
    _tell(house, "list-1", sent, kept_back, taken, gave_up)
    _tell(house, "list-2", suppressed="silenced", kind=Kind.RISEN)
    page = house.ask("GET", "notices", leader).text
    for words in (
        "新宝 水位 62.35 m",
        "list-li",
        "HTTP 503",
        "已试 9 次",
        "非实况数据，只发演练名单",
        "屏蔽中",
        "特别严重",
        "已接听",
        "无人接听",
    ):
        assert words in page
    assert "屏蔽中" not in house.ask("GET", "notices?state=failed", leader).text


def test_who_may_see_and_who_may_change(house: Guarded) -> None:
    assert house.ask("GET", "notices", house.colleague(Role.DUTY)).status_code == 200
    assert house.ask("GET", "notices", house.colleague(Role.FIELD)).status_code in (303, 403)
    assert _recipient(house, house.colleague(Role.DUTY), "may-x", to_sms="13800000001") == 403
    assert "may-x" not in house.ask("GET", "notices/routes", house.colleague(Role.RULES)).text
    assert [one.act.outcome for one in house.acts("notices.edit") if one.act.subject == "recipient:may-x"] == []


def test_routes_and_recipients_are_made_changed_and_dropped(house: Guarded) -> None:
    leader = house.colleague(Role.SHIFT_LEADER)
    assert _recipient(house, leader, "wire-a", to_sms="138 0000 0001", to_webhook="https://a.example/key=1") == 422
    assert (
        _recipient(house, leader, "wire-a", to_sms="138 0000 0001", to_webhook="https://a.example/k", secret="s1")
        == 303
    )
    assert _recipient(house, leader, "wire-a", name="甲平台", exercise="1") == 303, "what is left empty stays"
    page = house.ask("GET", "notices/routes", leader).text
    assert "甲平台" in page and "演练名单" in page and "a.example" in page
    assert "hush-hush" not in page and "https://a.example/k" not in page
    route = {"id": "wire-r", "name": "水务夜班", "to": "recipient:wire-a", "channels": "sms", "level": "red"}
    route |= {"from": "22:00", "until": "06:00", "unacknowledged": "45", "standing": "30", "then": "recipient:wire-a"}
    assert house.ask("POST", "notices/routes", leader, data=route).status_code == 303
    page = house.ask("GET", "notices/routes", leader).text
    assert "水务夜班" in page and "22:00—06:00" in page and "45 秒无人确认" in page
    wrong = house.ask("POST", "notices/routes", leader, data=route | {"to": "post:nobody"})
    assert wrong.status_code == 422 and "post:nobody" in wrong.text
    routes_of_narrow_topics_and_responses(house, leader, route)
    assert house.ask("POST", "notices/recipients/wire-a/drop", leader, data={}).status_code == 422, (
        "a route leads there"
    )
    assert house.ask("POST", "notices/routes/wire-r/drop", leader, data={}).status_code == 303
    assert house.ask("POST", "notices/recipients/wire-a/drop", leader, data={}).status_code == 303
    assert "甲平台" not in house.ask("GET", "notices/routes", leader).text
    subjects = [one.act.subject for one in house.acts("notices.edit") if one.act.outcome == "done"]
    assert {"recipient:wire-a", "route:wire-r"} <= set(subjects)
    assert all(
        "138 0000" not in str(one.act) and "hush-hush" not in str(one.act.detail) for one in house.acts("notices.edit")
    )


def routes_of_narrow_topics_and_responses(house: Guarded, leader: dict[str, str], route: dict[str, str]) -> None:
    """What a route names must be there; the page says it all."""
    narrow = route | {
        "id": "wire-n",
        "topics": "eco_environment",
        "narrow": "water.river meteorology",
        "unanswered": "20",
    }
    narrow |= {"response": "typhoon", "response_level": "3"}
    for field, nonsense in (("narrow", "water.lake"), ("response", "drought"), ("response_level", "7")):
        wrong = house.ask("POST", "notices/routes", leader, data=narrow | {field: nonsense})
        assert wrong.status_code == 422 and nonsense in wrong.text
    assert house.ask("POST", "notices/routes", leader, data=narrow).status_code == 303
    page = house.ask("GET", "notices/routes", leader).text
    assert "water.river、meteorology" in page and "仅在防汛防台Ⅲ级及以上响应期间" in page and "20 秒无人接听" in page
    assert house.ask("POST", "notices/routes/wire-n/drop", leader, data={}).status_code == 303


def test_the_test_goes_to_the_exercise_list_marked(house: Guarded) -> None:
    leader = house.colleague(Role.SHIFT_LEADER)
    with recorded() as server:
        assert _recipient(house, leader, "test-on", to_sms="139", to_wecom=server.url, exercise="1") == 303
        assert _recipient(house, leader, "test-off", to_wecom=server.url) == 303
        assert house.ask("POST", "notices/test", leader, data={}).status_code == 303
        settings = replace(house.entrance.settings, notices_local=True)
        seal = seal_of(settings.key, settings.var)
        declared = load(settings.packs, "440900")
        delivering = Delivering(house.office.database, seal, settings, carriers_of(settings, _TakingBroker()), declared)
        delivering.turn(real_ms() + 1)
        eventually(lambda: all(one.tried.done() for one in delivering._under_way))
        delivering.turn(real_ms() + 2)
        delivering.close()
        assert len(server.asked) == 1 and "【演练】".encode() in server.asked[0].body
    page = house.ask("GET", "notices", leader).text
    assert "已送达" in page and "该方式未配置" in page
    house.ask("POST", "notices/recipients/test-on/drop", leader, data={})
    house.ask("POST", "notices/recipients/test-off/drop", leader, data={})


def test_a_system_reads_its_feed_with_its_token(house: Guarded) -> None:
    assert _recipient(house, house.colleague(Role.SHIFT_LEADER), "feed-p", to_cap="feed-p", budget="0") == 303
    done = Delivery("feed-a", "feed-p", Channel.CAP, 1, 1, State.DELIVERED)
    _tell(house, "feed-1", done, card="feed-c")
    _tell(house, "feed-2", replace(done, key="feed-b"), card="feed-c", kind=Kind.CLEARED)
    machine = house.as_role(Role.MACHINE)
    answer = house.ask("GET", "api/v1/cap/feed-p", machine)
    assert answer.headers["Content-Type"].startswith("application/atom+xml")
    links = [
        one.get("href") for one in ElementTree.fromstring(answer.content).iter("{http://www.w3.org/2005/Atom}link")
    ]
    newest = house.ask("GET", f"api/v1/cap/feed-p/{links[1].rpartition('/')[2]}", machine)
    assert b"<msgType>Cancel</msgType>" in newest.content and b"<references>" in newest.content
    assert house.ask("GET", "api/v1/cap/list-li", machine).status_code == 404
    assert house.ask("GET", "api/v1/cap/feed-p", house.colleague(Role.DUTY)).status_code == 403


def test_metrics_count_deliveries_by_channel_and_state(house: Guarded) -> None:
    _tell(house, "count-1", Delivery("count-a", "nobody", Channel.VOICE, 1, 1, State.FAILED))
    metrics = house.ask("GET", "metrics", house.as_role(Role.MACHINE)).text
    assert 'cityvitals_notices{channel="voice",state="failed"} 1.0' in metrics
