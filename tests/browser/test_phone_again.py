"""The phone between a server in trouble and a network that breaks: it sends again, and what it sends is done once."""

from __future__ import annotations

import time
from collections import Counter
from urllib.parse import urlsplit

import pytest
from guarded_site import Guarded
from lending import Chromium
from playwright.sync_api import Route
from prerequisites import eventually
from test_field_phone import phone, sent_to, verbs
from visits import until

from core.accounts import Role

pytestmark = pytest.mark.browser


@pytest.mark.claim(
    "COMMAND",
    "What was refused by a server in trouble, or done and not answered, is sent again and stands once, when tapped.",
)
def test_what_was_done_and_not_answered_is_done_once(chromium: Chromium, house: Guarded) -> None:
    asked: Counter[str] = Counter()

    def is_in_trouble_then_unheard(route: Route) -> None:
        what = urlsplit(route.request.url).path.rpartition("/")[2]
        asked[what] += 1
        if asked[what] == 1:
            route.fulfill(status=503, body="")
        elif asked[what] == 2:
            assert route.fetch(max_redirects=0).status == 303, "it is done"
            route.abort("connectionreset")
        else:
            route.continue_()

    def sent_until_heard() -> bool:
        until(page, "window.dispatchEvent(new Event('online'))")  # by itself the phone tries again within 5 s
        page.wait_for_timeout(50)
        return asked["step"] > 2 and asked["report"] > 2

    case = sent_to(house, "pump-3", "东环路积水")
    with phone(chromium, house, "m?unit=pump-3") as page:
        until(page, "document.querySelector('[data-can=queue]').dataset.state === 'yes'")
        page.context.set_offline(True)
        page.get_by_role("button", name="签收", exact=True).click()
        until(page, "document.querySelector('.waits').textContent.startsWith('1 ')")
        tapped_s = time.monotonic()
        page.locator("details.report summary").click()
        page.select_option(".report select[name=kind]", "water.road_water")
        page.fill(".report input[name=title]", "回执丢失的积水")
        page.locator(".report button").click()
        until(page, "document.querySelector('.waits').textContent.startsWith('2 ')")
        page.route("**/m/step", is_in_trouble_then_unheard)
        page.route("**/m/report", is_in_trouble_then_unheard)
        waited_s = time.monotonic() - tapped_s
        page.context.set_offline(False)
        eventually(sent_until_heard, 20)
        until(page, "document.querySelector('.waits').hidden")
    assert asked == {"step": 3, "report": 3}
    assert Counter(verbs(house, case))["accept"] == 1
    log = house.ask("GET", f"api/v1/cases/{case}", house.colleague(Role.DISPATCHER)).json()["log"]
    accepted = next(entry for entry in log if entry["verb"] == "accept")
    assert accepted["entered_ms"] - accepted["at_ms"] >= int(1000 * waited_s) > 0
    queue = house.ask("GET", "api/v1/cases", house.colleague(Role.DISPATCHER)).json()["cases"]
    assert [one["title"] for one in queue].count("回执丢失的积水") == 1
