"""The register of units in a browser: added at the desk without scrolling, found again, read on a phone."""

from __future__ import annotations

import time

import pytest
from guarded_site import Guarded
from lending import Chromium
from visits import PHONE, plain

from core.accounts import Role

pytestmark = pytest.mark.browser


def test_a_unit_is_registered_at_the_desk(chromium: Chromium, house: Guarded) -> None:
    unit, desk = f"register-{time.time_ns()}", house.colleague(Role.DISPATCHER)
    with plain(chromium, house, "units", desk, device_scale_factor=1.25) as page:
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        button = page.get_by_role("button", name="登记")
        box = button.bounding_box()
        assert box and box["y"] + box["height"] <= page.viewport_size["height"]  # type: ignore[index]
        for name, typed in (("unit", unit), ("name", "夜间巡查组"), ("department", "市应急管理局")):
            page.locator(f"input[name={name}]").fill(typed)
        page.locator("select[name=off]").select_option("1")
        page.locator("input[value=patrol]").check()
        page.locator("input[name=members]").fill("field-1")
        page.keyboard.press("Enter")
        page.locator(".told", has_text="力量已登记").wait_for()
        row = page.locator("tr", has_text=unit)
        assert all(word in row.inner_text() for word in ("— 停用", "夜间巡查组", "巡查", "field-1"))
        assert page.locator("input[value=patrol]").is_checked(), "its form stands beside the list"
    with plain(chromium, house, f"units?q={unit}", desk, PHONE) as page:
        assert "夜间巡查组" in page.locator("tr", has_text=unit).inner_text()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
