"""Plans and supervision through the wire: suggestions, a plan on a case, what is refused, what nobody may see."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from guarded_site import Guarded
from live_city import BASE

from core.accounts import Reach, Role

KEY = re.compile(r'name="key" value="([0-9a-f]{16})-')


def sent(house: Guarded, path: str, role: Role, **form: Any) -> tuple[int, str]:
    """A form of somebody's; the status, and where it leads or what the page says."""
    answer = house.ask("POST", path, house.colleague(role), data={"key": f"plan-pages-{time.time_ns()}"} | form)
    return answer.status_code, answer.headers.get("location", answer.text).removeprefix(BASE)


def a_case(house: Guarded, title: str) -> str:
    wanted = {"key": f"plan-pages-{time.time_ns()}", "kind": "water.pipe_burst", "title": title, "area": "440982"}
    return str(house.ask("POST", "api/v1/cases", house.colleague(Role.DISPATCHER), json=wanted).json()["id"])


@pytest.mark.claim(
    "COMMAND", "A plan that fits a case is suggested, applied with one form, and becomes tasks with limits."
)
def test_a_suggested_plan_becomes_tasks(house: Guarded) -> None:
    case = a_case(house, "迎宾路爆管")
    fits = {"plan": "burst-pipe", "name": "供水", "areas": ["440982"], "area_names": ["化州市"], "level": 0}
    fits |= {"causes": [f"case:{case}"], "since_ms": 0, "exercise": False}
    house.picture.change({"proposals": {"plan:burst-pipe": fits}})
    page = house.ask("GET", "plans", house.colleague(Role.DISPATCHER)).text
    house.picture.change({}, {"proposals": ["plan:burst-pipe"]})
    assert "◇ 建议启动" in page and KEY.search(page) and case in page
    status, onward = sent(house, "plans", Role.DISPATCHER, deed="apply", plan="burst-pipe", case=case, level="4")
    assert (status, onward.endswith("told=response-apply")) == (303, True)
    tasks = house.ask("GET", onward.partition("?")[0], house.colleague(Role.LIAISON)).text
    assert "▷ 进行中" in tasks and "○ 待前序步骤" in tasks and case in tasks
    assert "送水车到位" not in tasks  # of graver levels
    listed = house.ask("GET", f"plans?case={case}", house.colleague(Role.DUTY)).text
    assert case in listed
    path = onward.partition("?")[0]
    assert sent(house, f"{path}/acts", Role.DISPATCHER, deed="end", reason="测试结束")[0] == 303
    status, page = sent(house, f"{path}/acts", Role.DISPATCHER, deed="tick", step="valve")
    assert status == 422 and "“已终止”的响应不能完成" in page


def test_what_is_none_or_not_his_is_not_there(house: Guarded) -> None:
    duty = house.colleague(Role.DUTY)
    for path in ("plans/R0", "plans/plan/none", "supervision/D0", "supervision/about?key=x", "supervision/about"):
        assert house.ask("GET", path, duty).status_code == 404, path
    for about in ("case:none", "warning:none", "indicator:none/440900", "indicator:water.river_stage"):
        assert house.ask("GET", "supervision/about", duty, params={"key": about}).status_code == 404, about
    assert sent(house, "plans", Role.DUTY, deed="tick", plan="typhoon")[0] == 422
    assert sent(house, "plans", Role.DUTY, deed="propose", plan="typhoon", level="x")[0] == 422
    assert sent(house, "plans", Role.DUTY, deed="propose", plan="typhoon", level="3", reason="x", key="short")[0] == 422
    assert sent(house, "supervision", Role.DUTY, text="x", owner="市水务局", working_days="3")[0] in (303, 403)
    assert house.ask("GET", "plans", house.colleague(Role.OPERATIONS)).status_code in (303, 403)
    assert house.ask("GET", "supervision", house.colleague(Role.RULES)).status_code in (303, 403)


@pytest.mark.claim("COMMAND", "Orders of an area that somebody's post does not reach are nowhere for him.")
def test_orders_of_another_area_are_nowhere(house: Guarded) -> None:
    asked = f"甲地专办 {time.time_ns()}"
    form = {"text": asked, "owner": "市水务局", "working_days": "3", "area": "440981"}
    status, onward = sent(house, "supervision", Role.LEADER, **form)
    order = onward.partition("?")[0]
    assert status == 303
    there = house.as_role(Role.LIAISON, Reach(("440981",)))
    elsewhere = house.as_role(Role.LIAISON, Reach(("440904",)))
    assert asked in house.ask("GET", "supervision", there).text
    assert asked not in house.ask("GET", "supervision", elsewhere).text
    assert house.ask("GET", order, there).status_code == 200
    assert house.ask("GET", order, elsewhere).status_code == 404
    assert sent(house, f"{order}/acts", Role.LEADER, deed="withdraw", reason="测试结束")[0] == 303
