"""Plans and supervision through the wire: suggestions, a plan on a case, what is refused, what nobody may see."""

from __future__ import annotations

import re
import time
from io import BytesIO
from typing import Any

import pytest
from docx import Document
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
    house.await_picture()
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


@pytest.mark.claim(
    "COMMAND", "An exercise that is over stands on the page of its plan, with its review as a document that says so."
)
def test_an_exercise_is_looked_back_at(house: Guarded) -> None:
    reason = f"桌面推演 {time.time_ns()}"
    form = {"plan": "typhoon", "level": "4", "areas": "440983", "reason": reason, "exercise": "1"}
    _, onward = sent(house, "plans", Role.DUTY, deed="propose", **form)
    path = onward.partition("?")[0]
    for deed, more in (("approve", {}), ("tick", {"step": "consult"}), ("end", {"reason": "推演结束"})):
        status, onward = sent(house, f"{path}/acts", Role.SHIFT_LEADER, deed=deed, **more)
        assert status == 303, onward
    lead = house.colleague(Role.SHIFT_LEADER)
    for page in ("plans", "plans/plan/typhoon"):
        (row,) = [row for row in house.ask("GET", page, lead).text.split("<tr>") if f'{path}"' in row]
        assert "演练" in row and "已终止" in row and "复盘 DOCX" in row, row
    opened = house.ask("GET", path, lead).text
    assert opened.count("— 未办") == 4 and "进行中" not in opened and ">会商研判</td>" in opened
    paper = Document(BytesIO(house.ask("GET", f"{path}/review?format=docx", lead).content))
    words = [line.text for line in paper.paragraphs]
    assert any("演练复盘报告" in line for line in words) and any(reason in line for line in words)
    assert "预案步骤“责任人到岗”到终止时未办。" in words
    assert any(line.startswith("演练") for line in [part.text for part in paper.sections[0].header.paragraphs] + words)
    log = [[cell.text for cell in row.cells] for row in paper.tables[-1].rows]
    assert [row[1] for row in log[1:]] == ["建议启动", "批准启动", "完成", "终止响应"] and log[3][3] == "会商研判"


@pytest.mark.claim("COMMAND", "The page of a plan says when it is begun, and counts who of its resources is free.")
def test_a_plan_says_what_it_needs(house: Guarded) -> None:
    page = house.ask("GET", "plans/plan/burst-pipe", house.colleague(Role.DISPATCHER)).text
    assert "案卷：供水管道爆裂" in page
    units = house.ask("GET", "api/v1/units", house.colleague(Role.DISPATCHER)).json()["units"]
    able = [one for one in units if "pipe-repair" in one["capabilities"] and one["duty"] != "off"]
    free = sum(one["duty"] == "free" for one in able)
    assert f"备勤 {free} / {len(able)}" in page
    assert "备勤" not in house.ask("GET", "plans/plan/burst-pipe", house.colleague(Role.RULES)).text


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
    assert 'value="reply"' in house.ask("GET", order, house.colleague(Role.LIAISON)).text
    assert sent(house, f"{order}/acts", Role.LEADER, deed="withdraw", reason="测试结束")[0] == 303
    form |= {"owner": "市教育局"}  # of which no liaison of the house answers
    order = sent(house, "supervision", Role.LEADER, **form)[1].partition("?")[0]
    assert 'value="reply"' not in house.ask("GET", order, house.colleague(Role.LIAISON)).text
    assert sent(house, f"{order}/acts", Role.LEADER, deed="withdraw", reason="测试结束")[0] == 303
