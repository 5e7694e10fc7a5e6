"""A response from its proposal to the wall: asked for at the desk, approved on a phone, seen on every screen."""

from __future__ import annotations

from typing import Any

import pytest
from guarded_site import Guarded
from lending import Chromium
from visits import DESK, PHONE, WALL, plain, signed_in, until, words

from board.canvas import Canvas
from board.names import Names
from board.responses import ResponseBoard
from core.accounts import Role
from core.clock import real_ms
from store.outbox import told_after

pytestmark = pytest.mark.browser

SCENE = "demo-440900"


def hang(house: Guarded) -> dict[str, Any]:
    """Fold what the city was told, as the Board does, and hang it up."""
    picture = house.picture
    board = ResponseBoard(picture.declared, Names(picture.declared, "zh"), SCENE)
    with house.office.database.reading() as connection:
        for row in told_after(connection, 0, 100_000):
            board.fold(row.topic, row.body)
    canvas = Canvas()
    board.paint(canvas, lambda: (), True, real_ms())
    gone = {}
    for name in ("responses", "proposals"):
        gone[name] = [key for key in picture.sections.get(name, {}) if key not in canvas.sections[name]]
    picture.change({name: canvas.sections[name] for name in gone}, gone)
    return canvas.sections["responses"]


@pytest.mark.claim(
    "COMMAND", "A response that a leader approves stands in the header of wall and desk, and the wall is rearranged."
)
def test_a_response_reaches_every_header(chromium: Chromium, house: Guarded) -> None:
    leader = house.colleague(Role.LEADER)
    with signed_in(chromium, house, "wall", leader, WALL) as wall:
        until(wall, "document.documentElement.dataset.response === '5'")
        assert words(wall, "#shell-responses") == "应急响应 常态"
        before = wall.locator(".wall-right").bounding_box()
        response = _proposed(chromium, house)
        assert hang(house) == {}
        _waits_on_the_duty_desk(chromium, house, response)
        _approved(chromium, house, response)
        assert hang(house)[response]["level"] == 2
        until(wall, "document.documentElement.dataset.response === '2'")
        assert words(wall, "#shell-responses") == "Ⅱ 防汛防台Ⅱ级 1 项"
        after = wall.locator(".wall-right").bounding_box()
        assert before and after and after["width"] > before["width"]
        _worked(chromium, house, response)
        with signed_in(chromium, house, "duty", leader) as desk:
            desk.locator("#shell-responses .response").wait_for()
            assert words(desk, "#shell-responses") == "Ⅱ 防汛防台Ⅱ级 1 项"
        _ended(chromium, house, response)
        assert hang(house) == {}
        until(wall, "document.documentElement.dataset.response === '5'")


def _proposed(chromium: Chromium, house: Guarded) -> str:
    """The duty officer asks for it. Returns its number."""
    with plain(chromium, house, "plans", house.colleague(Role.DUTY), DESK) as page:
        form = page.locator("aside form").first
        form.locator("select[name=plan]").select_option("typhoon")
        form.locator("select[name=level]").select_option("2")
        form.locator("input[name=areas]").first.check()
        form.locator("input[name=reason]").fill("台风将于今夜登陆")
        form.get_by_role("button", name="建议启动").click()
        page.locator(".told", has_text="待领导批准").wait_for()
        assert page.get_by_role("button", name="批准启动").count() == 0
        return page.url.partition("?")[0].rpartition("/")[2]


def _waits_on_the_duty_desk(chromium: Chromium, house: Guarded, response: str) -> None:
    """What waits for an approval stands in the list of the duty desk, with the way there."""
    with signed_in(chromium, house, "duty", house.colleague(Role.SHIFT_LEADER)) as desk:
        desk.locator(".duty-row", has_text="防汛防台应急响应待批准：茂名市").click()
        link = desk.locator(".duty-links a").first
        link.wait_for()
        assert link.get_attribute("href").endswith(f"plans/{response}")  # type: ignore[union-attr]


def _approved(chromium: Chromium, house: Guarded, response: str) -> None:
    """A leader approves it with his thumb."""
    with plain(chromium, house, f"plans/{response}", house.colleague(Role.LEADER), PHONE) as page:
        page.get_by_role("button", name="批准启动").click()
        page.locator(".told", has_text="已批准启动").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def _worked(chromium: Chromium, house: Guarded, response: str) -> None:
    """Steps become tasks that wait for each other."""
    with plain(chromium, house, f"plans/{response}", house.colleague(Role.DISPATCHER)) as page:
        assert page.locator("tr", has_text="通知各区").get_by_role("button").count() == 0
        page.locator("tr", has_text="会商研判").get_by_role("button", name="完成").click()
        page.locator(".told", has_text="步骤已完成").wait_for()
        page.locator("tr", has_text="通知各区").get_by_role("button", name="完成").wait_for()


def _ended(chromium: Chromium, house: Guarded, response: str) -> None:
    with plain(chromium, house, f"plans/{response}", house.colleague(Role.LEADER)) as page:
        page.locator("summary", has_text="终止响应").click()
        form = page.locator(".deeds details[open] form")
        form.locator("input[name=reason]").fill("台风已减弱停编")
        form.get_by_role("button", name="终止响应").click()
        page.locator(".told", has_text="响应已终止").wait_for()
        assert "按时 1 步" in page.locator("main").inner_text()
