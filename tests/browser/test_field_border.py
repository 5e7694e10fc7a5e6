"""The phone behind a border relay: while the inner network is away its page stays, and what is tapped is done once."""

from __future__ import annotations

from pathlib import Path

import pytest
from border_relay import standing_border, task, verbs
from guarded_site import Guarded
from lending import Chromium
from live_city import BASE
from prerequisites import eventually
from visits import PHONE, show_cookie, until

from core.accounts import Role

pytestmark = pytest.mark.browser

UNIT = "border-crew-4"


@pytest.mark.claim(
    "COMMAND",
    "A tap that the border keeps stands on the phone as kept, and as done once it was delivered.",
)
def test_a_tap_waits_at_the_border(chromium: Chromium, house: Guarded, tmp_path: Path) -> None:
    house.crew(UNIT, "边界四队", 21.6)
    case = task(house, "边界上等着的签收", UNIT)
    with standing_border(house, tmp_path / "var") as border, chromium.lend(PHONE) as page:
        show_cookie(page.context, border.origin + BASE, house.colleague(Role.FIELD))
        page.goto(f"{border.origin}{BASE}m?unit={UNIT}")
        until(page, "document.querySelector('[data-can=queue]').dataset.state === 'yes'")
        border.way.cut()
        page.get_by_role("button", name="签收", exact=True).click()
        page.locator(".told.at-border", has_text="已在边界收下，内网恢复后送达").wait_for()
        page.fill("form.word input[name=text]", "水已到膝盖")
        page.get_by_role("button", name="发送", exact=True).click()
        until(page, "document.querySelectorAll('form.at-border').length === 2")
        page.get_by_role("button", name="签收", exact=True).click()  # once more does nothing
        assert border.health()["waiting"] == 2 and verbs(house, case)[-1] == "notify"
        border.way.mend()
        eventually(lambda: border.health()["waiting"] == 0, 20)
        page.reload()
        page.locator("article header em", has_text="已签收").wait_for()
        page.locator("form.word ol", has_text="水已到膝盖").wait_for()
    assert verbs(house, case)[3:] == ["notify", "accept", "take", "note"]
