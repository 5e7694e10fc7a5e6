"""Two dispatchers and one case: who was slower is told what changed; each time says who set it, and for whom."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from guarded_site import Guarded
from lending import Chromium
from playwright.sync_api import expect
from test_dispatch_desk import choose, reported, told
from visits import DESK, show_cookie, signed_in, until

from core.accounts import Role

pytestmark = pytest.mark.browser
NORTH_DEG = 0.67  # nobody else's cases are near
# Names beside a mark for six units at one place: which side each stands on.
CROWD = """() => {
  const place = {lon_deg: 110.9, lat_deg: 21.7, accuracy_m: 60}, units = [1, 2, 3, 4, 5, 6].map((id) => (
    {id: id, name: "排水" + id + "队", lon_deg: 110.94, lat_deg: 21.7, is_current: true, duty: "free"}));
  const more = {cameras: [], named: new Set([1, 2, 3, 4, 5, 6])};
  const svg = cityvitals.dispatchMap.svg({features: []}, [], units, {id: "c", facts: {place: place}}, 0, more);
  return svg.match(/<text[^>]*anchor="[^"]*">[^<]*/g).map((one) => one.slice(one.indexOf("anchor=") + 8).split('">'));
}"""
NAMED = [["start", "排水1队"], ["end", "排水2队"], ["middle", "排水3队"], ["middle", "排水4队"]]  # two find no room
STATE = "document.querySelector('#dispatch-case header em').textContent"


def step(house: Guarded, case: str, verb: str, role: Role = Role.DISPATCHER, **wanted: Any) -> None:
    """A step of the second colleague of a role."""
    body = {"key": f"two-{time.time_ns()}", "verb": verb} | wanted
    answer = house.ask("POST", f"api/v1/cases/{case}/steps", house.colleague(role, 2), json=body)
    assert answer.status_code == 200, answer.text


@pytest.mark.claim(
    "COMMAND",
    "Whoever was slower is told who did what since he opened his form, or who has the unit that he sends, and where; "
    "nothing is written over it unseen, and one button sends the unit all the same.",
)
def test_the_second_desk_is_told_what_changed(chromium: Chromium, house: Guarded) -> None:
    house.crew("two-desks-both", "对口8队", 22.36)
    case, other = (reported(house, "water.road_water", title, NORTH_DEG) for title in ("两台同办", "另有一处"))
    for one in (case, other):
        step(house, one, "file")
    step(house, other, "notify", assignment="t1", fields={"unit": "two-desks-both"})
    with chromium.lend(DESK) as page:  # not quiet: it is refused once
        show_cookie(page.context, house.address, house.colleague(Role.DISPATCHER))
        page.goto(house.address + "dispatch")
        choose(page, case)
        page.keyboard.press("p")
        page.locator("#dispatch-dialog [name=lead]").fill("市公路事务中心")
        step(house, case, "dispatch", fields={"lead": "市水务局"})
        load = {"open": time.time_ns() % 1000, "states": {}, "late": 0, "held": 0}
        house.picture.change({"case_load": {"main": load}})  # the desk repaints behind the open form
        until(page, f"{STATE} === '已派遣'")
        with page.expect_response(re.compile("/steps$")) as refused:
            page.locator("#dispatch-dialog [type=submit]").click()
        assert refused.value.status == 409
        expect(page.locator("#dispatch-dialog .problem")).to_have_text("案卷刚被他人更新：调度员二 派遣。请看过再办")
        assert told(house, case)["facts"]["lead"] == "市水务局", "nothing was written over it"
        page.locator("#dispatch-dialog [type=submit]").click()  # he has read it, and means it
        expect(page.locator("#dispatch-dialog")).to_be_hidden()
        assert told(house, case)["facts"]["lead"] == "市公路事务中心"
        page.locator("#dispatch-bar").fill("对口8队 派")
        page.locator("#dispatch-bar").press("Enter")
        expect(page.locator(".duty-toast")).to_contain_text(f"对口8队已在 {other} 号案件中“已通知”")
        page.get_by_role("button", name="仍要派").click()
        expect(page.locator(".case-log li", has_text="同时派")).to_contain_text("对口8队")
        assert page.evaluate(CROWD) == NAMED, "on the map no name covers another"


@pytest.mark.claim(
    "COMMAND", "A dispatcher writes down for a department or unit what it did; each time says who set it."
)
def test_what_is_written_down_for_others(chromium: Chromium, house: Guarded) -> None:
    house.crew("two-desks", "对口9队", 22.37)
    case = reported(house, "water.road_water", "代录", NORTH_DEG + 0.02)
    other = reported(house, "water.road_water", "另一件", NORTH_DEG + 0.04)
    step(house, case, "file")
    step(house, case, "dispatch", fields={"lead": "市水务局"})
    step(house, case, "reserve", assignment="t1", fields={"unit": "two-desks"})
    with signed_in(chromium, house, "dispatch", house.colleague(Role.DISPATCHER), DESK) as page:
        choose(page, case)
        for verb in ("notify", "accept", "arrive"):  # it was reserved for this case
            page.locator(f"[data-unit-verb={verb}]").click()
        times = page.locator(".unit-times li")
        expect(times).to_have_count(4)
        expect(times.nth(1)).to_contain_text("调度员一")
        expect(times.nth(3)).to_contain_text("调度员一 · 代录")
        expect(page.locator(".case-log li", has_text="到场")).to_contain_text("对口9队")
        arrived = times.filter(has_text="已到场")
        arrived.locator("[data-mend=correct]").click()
        page.locator("#dispatch-dialog [name=reason]").fill("对讲机里先说到了")
        page.locator("#dispatch-dialog [type=submit]").click()
        expect(arrived).to_contain_text("已更正")
        page.keyboard.press("q")
        page.locator("#dispatch-dialog [name=hours]").fill("6")
        page.locator("#dispatch-dialog [name=reason]").fill("配件在途")
        page.locator("#dispatch-dialog [type=submit]").click()
        expect(page.locator(".case-asked")).to_have_text("待批：调度员一申请处置延期 6 小时，理由：配件在途")
        step(house, case, "extend", Role.LEADER)
        step(house, case, "shelve", Role.LEADER, fields={"reason": "等待确权", "approver": "带班领导二"})
        choose(page, other)
        choose(page, case)
        expect(page.locator(".case-asked")).to_contain_text("挂账 · 理由：等待确权 · 带班领导二")
    asked = next(one for one in told(house, case)["log"] if one["verb"] == "ask-extension")
    assert (asked["origin"], asked["fields"]["by_ms"]) == ("relayed", 6 * 3_600_000)


@pytest.mark.claim("COMMAND", "A case entered by hand says how its place is known and how sure it is, shown on a map.")
def test_a_place_is_shown_on_the_map(chromium: Chromium, house: Guarded) -> None:
    with signed_in(chromium, house, "dispatch", house.colleague(Role.DISPATCHER), DESK) as page:
        until(page, "document.querySelector('#dispatch-map svg')")
        page.keyboard.press("n")
        dialog = page.locator("#dispatch-dialog")
        dialog.locator("[name=kind]").select_option("water.road_water")
        dialog.locator("[name=title]").fill("图上点选")
        dialog.locator("[name=said]").fill("菜市场门口")
        dialog.locator("[name=origin]").select_option("road")
        land = dialog.locator("[data-area='440982']").bounding_box()  # 化州, in the middle of it
        assert land
        page.mouse.click(land["x"] + land["width"] / 2, land["y"] + land["height"] / 2)
        expect(dialog.locator("[name=area]")).to_have_value("440982")
        accuracy = dialog.locator("[name=accuracy]")
        assert int(accuracy.input_value()) > 1000, "of the whole city: no surer than it is drawn"
        for _ in range(4):
            dialog.locator("[data-zoom='0.5']").click()
        dialog.locator("[name=origin]").select_option("road")
        sketch = dialog.locator(".new-sketch").bounding_box()
        assert sketch
        page.mouse.click(sketch["x"] + sketch["width"] / 2, sketch["y"] + sketch["height"] / 2)
        expect(accuracy).to_have_value("300")
        lon_deg, lat_deg = (float(one) for one in dialog.locator("[name=lonlat]").input_value().split(","))
        box = dialog.locator("[type=submit]").bounding_box()
        assert box and box["y"] + box["height"] <= DESK[1], "the button is seen without scrolling"
        dialog.locator("[type=submit]").click()
        until(page, "document.querySelector('#dispatch-case h2')?.textContent === '图上点选'")
        case = str(page.locator("#dispatch-case article header small").text_content())
    place = told(house, case)["facts"]["place"]
    assert (place["origin"], place["accuracy_m"], place["said"]) == ("road", 300, "菜市场门口")
    assert abs(place["lon_deg"] - lon_deg) < 1e-6 and 110.2 < lon_deg < 110.9 and 21.4 < lat_deg < 22.2
