"""Cases over the website: a report worked to its close by several roles, personal data by right, two at once."""

from __future__ import annotations

from typing import Any

import pytest
from guarded_site import Guarded

from accounts.looks import ACTION
from core.accounts import Reach, Role

CALLER = {"name": "张三丰", "phone": "13812345678", "address": "茂名市茂南区河东街道光华路8号"}
REPORT = {
    "key": "report-0001",
    "kind": "water.road_water",
    "title": "光华路积水",
    "text": "来电人 13812345678 称路面积水没过脚踝",
    "area": "440902",
    "place": {"lon_deg": 110.923, "lat_deg": 21.66, "accuracy_m": 300, "origin": "said", "said": "光华路口附近"},
    "caller": CALLER,
}


def step(house: Guarded, who: dict[str, str], case: dict[str, Any], verb: str, **more: Any) -> dict[str, Any]:
    key = more.pop("key", f"step-{case['id'][-4:]}-{case['revision']:04}")
    wanted = {"key": key, "verb": verb, "revision": case["revision"]} | more
    answer = house.ask("POST", f"api/v1/cases/{case['id']}/steps", who, json=wanted)
    assert answer.status_code == 200, answer.text
    return answer.json()


def reported(house: Guarded, key: str) -> dict[str, Any]:
    answer = house.ask("POST", "api/v1/cases", house.colleague(Role.HOTLINE), json=REPORT | {"key": key})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.claim("COMMAND", "A case goes from report to evaluation by the hands of those whose work each step is.")
def test_a_case_is_worked_to_its_close(house: Guarded) -> None:
    desk, field, checks, leads = (
        house.colleague(role) for role in (Role.DISPATCHER, Role.FIELD, Role.SUPERVISOR, Role.LEADER)
    )
    case = reported(house, "worked-to-its-close")
    assert [clock["obligation"] for clock in case["clocks"]] == ["file"]
    case = step(house, desk, case, "file")
    case = step(house, desk, case, "dispatch", fields={"lead": "市水务局"})
    case = step(house, desk, case, "notify", assignment="t1", fields={"unit": "抢修1"})
    case = step(house, field, case, "accept", assignment="t1")
    assert case["state"] == "handling"  # who accepts takes it
    case = step(house, field, case, "arrive", assignment="t1")
    case = step(house, field, case, "clear", assignment="t1")
    case = step(house, field, case, "finish", fields={"result": "已排水"})
    case = step(house, checks, case, "verify")
    case = step(house, desk, case, "close")
    case = step(house, leads, case, "evaluate", fields={"score": 95})
    assert case["state"] == "evaluated"
    assert {clock["standing"] for clock in case["clocks"]} == {"met"}
    assert [entry["number"] for entry in case["log"]] == list(range(1, len(case["log"]) + 1))


@pytest.mark.claim("COMMAND", "Who called is shown by right: masked to others, and a look in full is audited.")
def test_personal_data_by_right(house: Guarded) -> None:
    case = reported(house, "personal-by-right")
    duty = house.ask("GET", f"api/v1/cases/{case['id']}", house.colleague(Role.DUTY)).json()
    assert duty["facts"]["caller"] == CALLER
    leader = house.ask("GET", f"api/v1/cases/{case['id']}", house.colleague(Role.LEADER)).json()
    assert leader["facts"]["caller"]["phone"] == "138****5678"
    assert leader["facts"]["text"] == "来电人 138****5678 称路面积水没过脚踝"
    assert "13812345678" not in str(leader) and "河东街道光华路" not in str(leader)
    looks = [look for entry in house.acts(ACTION) for look in entry.act.detail["looks"]]
    assert [look[0] for look in looks if look[2] == f"case:{case['id']}"] == ["person:hotline-1", "person:duty-1"]


@pytest.mark.claim("COMMAND", "The second of two desks gets 409 and the sentence that says why.")
def test_two_desks_at_once(house: Guarded) -> None:
    case = reported(house, "two-desks-at-once")
    first, second = house.colleague(Role.DISPATCHER, 1), house.colleague(Role.DISPATCHER, 2)
    step(house, first, case, "file", key="first-desk")
    wanted = {"key": "second-desk", "verb": "reject", "revision": 1, "fields": {"reason": "重复"}}
    answer = house.ask("POST", f"api/v1/cases/{case['id']}/steps", second, json=wanted)
    assert answer.status_code == 409
    assert answer.json()["error"]["sentence"] == "案卷刚被他人更新，已到第 2 条记录；请看过再办"


@pytest.mark.claim("COMMAND", "Who goes to the meeting about a case stands in its log, and each may go more than once.")
def test_who_meets_stands_in_the_log(house: Guarded) -> None:
    case = reported(house, "a-meeting")
    for number, role in enumerate((Role.DISPATCHER, Role.LEADER, Role.DISPATCHER)):
        case = step(house, house.colleague(role), case, "meet", key=f"meeting-{number}")
    met = [entry["by"] for entry in case["log"] if entry["verb"] == "meet"]
    assert met == ["person:dispatcher-1", "person:leader-1", "person:dispatcher-1"]
    assert case["state"] == "reported"
    stranger = house.colleague(Role.AUDIT)
    wanted = {"key": "meeting-stranger", "verb": "meet", "revision": case["revision"]}
    assert house.ask("POST", f"api/v1/cases/{case['id']}/steps", stranger, json=wanted).status_code in (403, 404)


def test_what_is_not_possible_is_said(house: Guarded) -> None:
    case = reported(house, "not-possible-now")
    wanted = {"key": "close-at-once", "verb": "close", "revision": 1}
    answer = house.ask("POST", f"api/v1/cases/{case['id']}/steps", house.colleague(Role.DISPATCHER), json=wanted)
    assert answer.status_code == 422
    assert "“已上报”的案卷不能结案；可以：立案" in answer.json()["error"]["sentence"]


@pytest.mark.claim("COMMAND", "A case of another area is not there for whoever has no right to it.")
def test_another_area_sees_nothing(house: Guarded) -> None:
    case = reported(house, "another-area")
    elsewhere = house.as_role(Role.DISPATCHER, Reach(("440981",)))
    assert house.ask("GET", f"api/v1/cases/{case['id']}", elsewhere).status_code == 404
    queue = house.ask("GET", "api/v1/cases", elsewhere).json()
    assert case["id"] not in [one["id"] for one in queue["cases"]]
    here = house.as_role(Role.DISPATCHER, Reach(("440902",)))
    assert case["id"] in [one["id"] for one in house.ask("GET", "api/v1/cases", here).json()["cases"]]
