"""Cases and units on the wall: late ones first, nothing cut off, nothing personal; every state of the panel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from board_server import BoardServer
from playwright.sync_api import Page, expect
from test_wall_pictures import OUTSIDE
from visits import OpenPages, until

pytestmark = pytest.mark.browser
Shoot = Callable[[Page, str], None]

MINUTE_MS = 60_000
CUT_OFF = """() => [...document.querySelectorAll('.wall-cases, .wall-cases .states, .wall-cases li, .wall-cases h2')]
  .filter((e) => e.scrollHeight > e.clientHeight + 2 || e.scrollWidth > e.clientWidth + 2).map((e) => e.textContent)"""


def case(now_ms: int, due_in_min: float | None, kind: str = "供水管道爆裂", area: str = "茂南区") -> dict[str, Any]:
    due_ms = None if due_in_min is None else now_ms + int(due_in_min * MINUTE_MS)
    return {
        "kind": "k",
        "kind_name": kind,
        "state": "handling",
        "state_name": "处置中",
        "hold": "none",
        "area": "440902",
        "area_name": area,
        "topic": "",
        "lead": "",
        "grade": 4,
        "reported_ms": now_ms - 3_600_000,
        "since_ms": now_ms,
        "due_ms": due_ms,
        "due_of": "handle",
        "units": [{"unit": "u", "state": "en-route"}],
        "escalated": 0,
        "revision": 1,
    }


def unit(now_ms: int, seen_s_ago: int, state: str, to: list[float] | None) -> dict[str, Any]:
    place = {"lon": 110.9 + seen_s_ago / 10_000, "lat": 21.9}
    return {
        "name": "排水1队",
        "area": "",
        "ms": now_ms - seen_s_ago * 1000,
        "state": state,
        "case": "c",
        "to": to,
    } | place


@pytest.mark.claim(
    "COMMAND", "The wall shows cases by state and remaining time, late ones first, and units with routes."
)
def test_cases_and_units_on_the_wall(pages: OpenPages, site: BoardServer, shoot: Shoot) -> None:
    site.show("typhoon", 8)
    states = {"reported": 5, "filed": 2, "dispatched": 9, "returned": 1, "handling": 16, "feedback": 3, "verified": 1}
    with pages.show(site) as page:
        panel = page.locator("#wall-cases")
        expect(panel).to_contain_text("尚未收到案卷数据")
        now_ms = site.now_ms()
        site.change({"case_load": {"main": {"open": 0, "states": {}, "late": 0, "held": 0}}})
        expect(panel).to_contain_text("没有待办案卷")
        cases = {f"c{n}": case(now_ms, n * 20) for n in range(1, 9)}
        cases |= {"late": case(now_ms, -39), "later": case(now_ms, -300, "停水"), "none": case(now_ms, None)}
        units = {"here": unit(now_ms, 10, "en-route", [110.95, 21.7]), "old": unit(now_ms, 600, "on-scene", None)}
        load = {"main": {"open": 37, "states": states, "late": 2, "held": 2}}
        site.change({"cases": cases, "case_load": load, "units": units})
        expect(panel.locator("li")).to_have_count(5)
        expect(panel.locator("li span").first).to_have_text("停水")
        expect(panel.locator("li .left").nth(0)).to_contain_text("超时 5 小时")
        expect(panel.locator("li .left").nth(1)).to_contain_text("超时 39 分钟")
        expect(panel.locator(".more")).to_have_text("另有 32 条")
        expect(panel.locator("em")).to_contain_text("超时 2")
        until(page, "cityvitals.mapLayers.state.routes.size === 1")
        filled = "name => cityvitals.mapLayers.state.points.get('units:' + name).layer.options.fill"
        assert [page.evaluate(filled, name) for name in ("here", "old")] == [True, False], "hollow after two minutes"
        shoot(page, "wall-1080p-cases")
        assert page.evaluate(CUT_OFF) == [] and page.evaluate(OUTSIDE) == []
    with pages.show(site, size=(3840, 2160)) as page:
        expect(page.locator("#wall-cases li")).to_have_count(5)
        shoot(page, "wall-4k-cases")
        assert page.evaluate(CUT_OFF) == [] and page.evaluate(OUTSIDE) == []
