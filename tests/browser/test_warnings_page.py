"""The page of warnings: list, map, one whole with the version that judged it, and what an authority issued."""

from __future__ import annotations

from dataclasses import replace

import pytest
from guarded_site import Guarded
from kept_warning import warning
from lending import Chromium
from playwright.sync_api import expect
from visits import DESK, until, visit

from core.accounts import Role
from core.clock import real_ms
from core.records import HOUR_MS, CityWarning, Issuer, Level, WarningPhase
from store.warnings import KeptWarning, keep_warnings

pytestmark = pytest.mark.browser

SCENE = "demo-440900"


def rows(now_ms: int) -> list[tuple[CityWarning, str, str]]:
    """What this page alone shows: a red one that stands, an orange one that is over, a signal."""
    river = warning("page-river", since_ms=now_ms - HOUR_MS, subject="mm-river-01", trend="rising")
    rain = warning("page-rain", Level.ORANGE, now_ms - 2 * HOUR_MS, subject="mm-river-03", rule_version="0-of-before")
    over = replace(rain, phase=WarningPhase.CLEARED, level=Level.NORMAL, ended_ms=now_ms - HOUR_MS)
    told = {"item": "signal:met:page", "told_ms": now_ms, "ends_ms": now_ms * 2, "lifted": False}
    told |= {"colour": "yellow", "what": "暴雨", "by": "市气象台"}
    signal = warning("page-signal", Level.YELLOW, now_ms - HOUR_MS, rule="", indicator="", subject="440982", facts=told)
    signal = replace(signal, issuer=Issuer.ISSUED, rule_version="", value=float("nan"), bound=float("nan"), unit="")
    return [
        (river, "440983", "页面 信宜站 水位 71.62 m"),
        (over, "440981", "页面 高州站 水位"),
        (signal, "440982", "市气象台发布化州市暴雨黄色预警信号"),
    ]


@pytest.mark.claim("WARN", "/warnings lists what stood, on a map; each whole: values, the rule that judged, chain.")
def test_a_list_a_map_and_one_whole(chromium: Chromium, house: Guarded) -> None:
    with house.office.database.transaction() as connection:
        keep_warnings(connection, [KeptWarning(one, SCENE, *more) for one, *more in rows(real_ms())])
    # noisy: of warnings that were written by hand there is no history to explain them from
    address, who = house.address + "warnings", house.colleague(Role.DUTY)
    with visit(chromium, address, DESK, noisy=True, who=who) as page:
        page.locator('[name="text"]').fill("页面")
        expect(page.locator(".duty-kept-areas .place")).to_have_count(2)
        expect(page.locator(".duty-kept-areas .place.over")).to_have_count(1)
        assert "level-red" in (page.locator('.county[data-area="440983"]').get_attribute("class") or "")
        page.locator('.place[data-id="page-river"]').click(force=True)
        expect(page.locator(".duty-detail .sentence")).to_have_text("页面 信宜站 水位 71.62 m")
        terms = page.locator(".duty-why").first
        expect(terms).to_contain_text("版本 1")
        expect(page.locator(".place .ring")).to_have_count(1)
        page.keyboard.press("Escape")
        page.locator("body").press("j")
        expect(page.locator(".duty-detail .sentence")).to_have_text("页面 高州站 水位")
        expect(page.locator(".duty-why").first).to_contain_text("判定时的版本已不在库")
        page.locator('[name="text"]').fill("市气象台发布化州市")
        page.locator('[data-id="page-signal"]').first.click()
        expect(page.locator(".duty-facts")).to_contain_text("预警信号")
        assert page.locator(".duty-verdicts").count() == 0, "nobody here judges what an authority issued"
        page.locator('[name="text"]').fill("")
        page.locator('.county[data-area="440981"]').click(position={"x": 40, "y": 40}, force=True)
        until(page, "document.querySelector('#duty-kept-filters [name=area]').value !== ''")
