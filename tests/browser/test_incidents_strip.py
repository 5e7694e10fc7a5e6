"""The strip of incidents on the dispatch desk: told by video, by telephone and by people, one case by one click."""

from __future__ import annotations

import time

import pytest
from guarded_site import Guarded
from lending import Chromium
from playwright.sync_api import expect
from visits import DESK, signed_in, until

from core.accounts import Role
from core.clock import real_ms
from store import intake

pytestmark = pytest.mark.browser

LON_DEG, LAT_DEG = 110.62, 21.93  # where no other proof has anything
MINUTE_MS = 60_000


def told(house: Guarded, name: str, source: str, what: str, title: str, minutes_ago: int) -> None:
    """An item as the intake writes it."""
    at_ms = real_ms() - minutes_ago * MINUTE_MS
    kind = "water.road_water"
    place = (LON_DEG, LAT_DEG + 0.0002 * minutes_ago, 60.0)
    row = intake.ItemRow(
        "demo-440900", name, source, what, kind, "review", "440981", "", *place, at_ms, at_ms, title, name
    )
    with house.office.database.transaction() as connection:
        intake.take_in(connection, [row])


def reported(house: Guarded, kind: str, title: str, north_deg: float) -> str:
    place = {"lon_deg": LON_DEG, "lat_deg": LAT_DEG + north_deg, "accuracy_m": 60, "origin": "gps"}
    wanted = {"key": f"strip-{time.time_ns()}", "kind": kind, "title": title, "area": "440981", "place": place}
    answer = house.ask("POST", "api/v1/cases", house.colleague(Role.DISPATCHER), json=wanted)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


@pytest.mark.claim(
    "COMMAND", "A dispatcher accepts a proposal over several sources with one click, and takes it apart."
)
def test_accepted_by_one_click(chromium: Chromium, house: Guarded) -> None:
    told(house, "event:strip-camera", "video", "camera.water", "疑似道路积水：潘州大道12号枪机", 9)
    told(house, "event:strip-call", "field", "report", "潘州大道冒水，像是水管爆裂", 6)
    dry = reported(house, "water.no_supply", "西湖小区停水", 0.012)
    desk = house.colleague(Role.DISPATCHER)
    found = house.ask("GET", "api/v1/proposals", desk).json()["proposals"]
    (one,) = [each for each in found if dry in {member["id"] for member in each["members"]}]
    assert one["cause"] == "供水管道爆裂" and len(one["members"]) == 3
    with signed_in(chromium, house, "dispatch", desk, DESK) as page:
        page.locator("#dispatch-incidents [data-toggle]").click()
        article = page.locator("#dispatch-incidents article").filter(has_text="西湖小区停水")
        expect(article.locator("li")).to_have_count(3)
        article.locator("[data-accept]").click()
        expect(article).to_have_count(0)
        until(page, "document.querySelector('.duty-toast').textContent.startsWith('已合为一案')")
        lead = page.locator(".duty-toast").inner_text().split()[-1]
    members = house.ask("GET", f"api/v1/cases/{lead}/members", desk).json()
    assert {member["id"] for member in members["members"]} == {"event:strip-camera", "event:strip-call", dry}
    assert members["correlation"] == "event:strip-camera"
    parted = {"key": "strip-split", "members": [dry, "event:strip-call"], "reason": "另一处"}
    answer = house.ask("POST", f"api/v1/cases/{lead}/split", desk, json=parted)
    assert answer.status_code == 200, answer.text
    assert house.ask("GET", f"api/v1/cases/{dry}", desk).json()["state"] == "reported"
    done = {"members": ["event:strip-call"], "reason": "洒水车"}
    assert house.ask("POST", "api/v1/proposals/reject", desk, json=done).status_code == 204
    waiting = house.ask("GET", "api/v1/proposals", desk).json()["waiting"]
    assert "event:strip-call" not in {each["id"] for each in waiting}
    nobody = {"key": "strip-nobody", "members": ["event:none"], "kind": "water.pipe_burst"}
    assert house.ask("POST", "api/v1/proposals/accept", desk, json=nobody).status_code == 404


@pytest.mark.claim("COMMAND", "Past cases like the one in hand are shown with how they went.")
def test_similar_past_cases(chromium: Chromium, house: Guarded) -> None:
    past = reported(house, "transport.road_collapse", "桥北路路面塌陷", 0.2)
    hands = [house.colleague(role) for role in (Role.DISPATCHER, Role.LIAISON, Role.SUPERVISOR)]
    desk, liaison, checks = hands
    steps: list[tuple[dict[str, str], str, dict[str, str]]] = [
        (desk, "file", {}),
        (desk, "dispatch", {"lead": "市公路事务中心"}),
        (liaison, "take", {}),
        (liaison, "finish", {"result": "回填压实，恢复通行"}),
        (checks, "verify", {}),
        (desk, "close", {}),
    ]
    for who, verb, fields in steps:
        wanted = {"key": f"past-{past}-{verb}", "verb": verb, "fields": fields}
        answer = house.ask("POST", f"api/v1/cases/{past}/steps", who, json=wanted)
        assert answer.status_code == 200, answer.text
    now = reported(house, "transport.road_collapse", "桥北路口路面塌陷", 0.21)
    found = house.ask("GET", f"api/v1/cases/{now}/similar", desk).json()["cases"]
    assert found[0]["id"] == past and found[0]["result"] == "回填压实，恢复通行" and found[0]["likeness"] > 0.7
    with signed_in(chromium, house, f"dispatch#{now}", desk, DESK) as page:
        until(page, "id => document.querySelector(`.case-row[data-case='${id}']`)", now)
        page.locator(f".case-row[data-case='{now}']").click()
        expect(page.locator(".similar li").first).to_contain_text("回填压实，恢复通行")
