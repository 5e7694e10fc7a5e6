"""An instruction from a leader's phone to its reply: written on a warning, answered, verified, returned."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote_plus

import pytest
from guarded_site import Guarded
from lending import Chromium
from playwright.sync_api import Page
from visits import DESK, PHONE, plain

from core.accounts import Role
from store.duty import acts_about

pytestmark = pytest.mark.browser

SCENE = "demo-440900"


@contextmanager
def seen(chromium: Chromium, house: Guarded, path: str, role: Role, size: tuple[int, int] = DESK) -> Iterator[Page]:
    """A page without scripts, as somebody of a role sees it; nothing is wider than its screen."""
    with plain(chromium, house, path, house.colleague(role), size) as page:
        yield page
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.claim(
    "COMMAND", "A leader reads a warning on a phone and writes on it; the reply returns to the warning itself."
)
def test_an_instruction_goes_out_and_its_reply_comes_back(chromium: Chromium, house: Guarded) -> None:
    house.picture.show("typhoon", 3)
    warning = next(iter(sorted(house.picture.sections["warnings"])))
    about = f"supervision/about?key={quote_plus(f'warning:{warning}')}"
    asked = f"查明原因 {time.time_ns()}"
    _instructed(chromium, house, about, asked)
    order = _answered(chromium, house, asked)
    with seen(chromium, house, f"supervision/{order}", Role.LEADER) as page:
        page.get_by_role("button", name="核实办结").click()
        page.locator(".told", has_text="已核实办结").wait_for()
    with seen(chromium, house, about, Role.LEADER, PHONE) as page:
        remark = page.locator(".remark", has_text=asked)
        assert "✓ 按期办结" in remark.inner_text() and "泵站已恢复" in remark.inner_text()
    with house.office.database.reading() as connection:
        said = [act.text for act in acts_about(connection, SCENE, [warning]) if order in act.text]
    assert [text[:2] for text in said] == ["批示", "督办", "督办"] and "泵站已恢复" in said[1]


def _instructed(chromium: Chromium, house: Guarded, about: str, asked: str) -> None:
    """已阅 with one tap, 批示 with words."""
    with seen(chromium, house, about, Role.LEADER, PHONE) as page:
        page.get_by_role("button", name="已阅").click()
        page.locator("p", has_text="已阅：带班领导一").wait_for()
        page.locator("textarea").fill(asked)
        page.locator("select[name=owner]").select_option("市水务局")
        page.get_by_role("button", name="批示").click()
        page.locator(".remark", has_text=asked).wait_for()
        assert "○ 正常" in page.locator(".remark", has_text=asked).inner_text()


def _answered(chromium: Chromium, house: Guarded, asked: str) -> str:
    """Its owner finds it in the list and answers. Returns its number."""
    with seen(chromium, house, "supervision", Role.LIAISON) as page:
        assert page.get_by_role("button", name="下达").count() == 0
        page.get_by_role("link", name=asked).click()
        assert page.get_by_role("button", name="核实办结").count() == 0
        page.locator("textarea").fill("泵站已恢复")
        page.get_by_role("button", name="答复").click()
        page.locator(".told", has_text="已答复，待核实").wait_for()
        return page.url.partition("?")[0].rpartition("/")[2]
