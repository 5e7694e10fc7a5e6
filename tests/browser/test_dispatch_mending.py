"""What is written is mended by a further line: struck out, corrected, amended, taken apart; nothing is lost."""

from __future__ import annotations

import time

import pytest
from guarded_site import Guarded
from lending import Chromium
from playwright.sync_api import expect
from test_dispatch_desk import choose, reported, told
from visits import DESK, signed_in, until

from core.accounts import Role

pytestmark = pytest.mark.browser
NORTH_DEG = 0.61  # nobody else's cases are near


def stepped(house: Guarded, case: str, verb: str, **fields: object) -> None:
    wanted = {"key": f"mend-{time.time_ns()}", "verb": verb, "fields": fields}
    answer = house.ask("POST", f"api/v1/cases/{case}/steps", house.colleague(Role.DISPATCHER), json=wanted)
    assert answer.status_code == 200, answer.text


@pytest.mark.claim(
    "COMMAND",
    "On the desk a note is struck out and stays readable, a time is corrected with its reason, the place amended.",
)
def test_a_line_of_the_log_is_mended_by_another(chromium: Chromium, house: Guarded) -> None:
    case = reported(house, "water.road_water", "更正演示", NORTH_DEG)
    stepped(house, case, "file")
    stepped(house, case, "note", text="水深半米")
    with signed_in(chromium, house, "dispatch", house.colleague(Role.DISPATCHER), DESK) as page:
        choose(page, case)
        until(page, "document.querySelector('#dispatch-map .doubt')")  # the radius of the place is drawn
        expect(page.locator(".case-facts")).to_contain_text("±60 米（卫星定位）")
        page.locator("[data-mend=strike]").click()
        page.locator("#dispatch-dialog [name=reason]").fill("听错了")
        page.locator("#dispatch-dialog [type=submit]").click()
        expect(page.locator(".case-log .struck span")).to_have_text("水深半米")
        page.locator(".case-log li", has_text="立案").locator("[data-mend=correct]").click()
        at = page.locator("#dispatch-dialog [name=at]")
        at.fill(at.input_value()[:11] + "00:00:01" if at.input_value()[11:] > "00:00:02" else at.input_value())
        page.locator("#dispatch-dialog [name=reason]").fill("系统登记晚了")
        page.locator("#dispatch-dialog [type=submit]").click()
        expect(page.locator(".case-log li", has_text="立案").locator("s")).to_have_count(1)
        page.locator("[data-verb=amend]").click()
        page.locator("#dispatch-dialog [name=accuracy]").fill("15")
        page.locator("#dispatch-dialog [name=reason]").fill("现场测定")
        page.locator("#dispatch-dialog [type=submit]").click()
        expect(page.locator(".case-facts")).to_contain_text("±15 米（图上标注）")
    log = {entry["verb"]: entry for entry in told(house, case)["log"]}
    assert log["note"]["struck"] == log["strike"]["number"] and log["note"]["fields"]["text"] == "水深半米"
    assert log["file"]["corrected_ms"] <= log["file"]["at_ms"] and log["correct"]["fields"]["reason"] == "系统登记晚了"
    assert set(log["amend"]["fields"]) == {"reason", "place"}, "only what was typed anew is amended"


@pytest.mark.claim(
    "COMMAND", "A case on the desk leads back to its warning and readings, lists its parts, and gives each back."
)
def test_a_case_and_its_parts(chromium: Chromium, house: Guarded) -> None:
    lead, other = (reported(house, "water.no_supply", f"停水之{n}", NORTH_DEG + 0.05) for n in "甲乙")
    stepped(house, other, "merge", into=lead)
    place = {"lon_deg": 110.95, "lat_deg": 22.36, "accuracy_m": 60, "origin": "device"}
    wanted = {"key": f"mend-{time.time_ns()}", "kind": "water.road_water", "title": "告警立案", "area": "440902"}
    made = house.ask(
        "POST",
        "api/v1/cases",
        house.colleague(Role.DISPATCHER),
        json=wanted | {"place": place, "correlation": "water.river_stage:w-1:7"},
    ).json()["id"]
    with signed_in(chromium, house, "dispatch", house.colleague(Role.DISPATCHER), DESK) as page:
        choose(page, made)
        link = page.locator(".case-origin a")
        expect(link).to_have_text("来源告警与读数")
        assert str(link.get_attribute("href")).endswith("warnings/water.river_stage%3Aw-1%3A7")
        choose(page, lead)
        expect(page.locator(".case-members h3")).to_have_text("并入本案的来源 1")
        page.locator(f"[data-split='{other}']").click()
        page.locator("#dispatch-dialog [name=reason]").fill("不在一处")
        page.locator("#dispatch-dialog [type=submit]").click()
        expect(page.locator(".case-members")).to_have_count(0)
    apart = told(house, other)
    assert (apart["state"], apart["into"]) == ("reported", "")
