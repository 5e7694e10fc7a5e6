"""The phone between a server in trouble and a network that breaks: it sends again, and what it sends is done once."""

from __future__ import annotations

import time
from collections import Counter
from urllib.parse import urlsplit

import pytest
from guarded_site import Guarded
from lending import Chromium
from playwright.sync_api import Page, Route
from prerequisites import eventually
from test_field_phone import phone, sent_to, verbs
from visits import until

from core.accounts import Role

pytestmark = pytest.mark.browser


class BrokenNetwork:
    """Each kind of act meets a server in trouble first; then it is done and its answer lost; then all is well."""

    def __init__(self, page: Page) -> None:
        self.asked: Counter[str] = Counter()
        for what in ("step", "report"):
            page.route(f"**/m/{what}", self._met)

    def _met(self, route: Route) -> None:
        what = urlsplit(route.request.url).path.rpartition("/")[2]
        self.asked[what] += 1
        if self.asked[what] == 1:
            route.fulfill(status=503, body="")
        elif self.asked[what] == 2:
            assert route.fetch(max_redirects=0).status == 303, "it is done"
            route.abort("connectionreset")
        else:
            route.continue_()


def tapped_offline(page: Page) -> float:
    """签收, and a report. Returns when the first of them waited, s of our own counting."""
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
    return tapped_s


@pytest.mark.claim(
    "COMMAND",
    "What was refused by a server in trouble, or done and not answered, is sent again and stands once, when tapped.",
)
def test_what_was_done_and_not_answered_is_done_once(chromium: Chromium, house: Guarded) -> None:
    house.crew("phone-again", "回执抢险队", 22.29)
    case = sent_to(house, "phone-again", "东环路积水")
    with phone(chromium, house, "m?unit=phone-again") as page:
        tapped_s, network = tapped_offline(page), BrokenNetwork(page)

        def sent_until_heard() -> bool:
            until(page, "window.dispatchEvent(new Event('online'))")  # by itself the phone tries again within 5 s
            page.wait_for_timeout(50)
            return network.asked["step"] > 2 and network.asked["report"] > 2

        waited_s = time.monotonic() - tapped_s
        page.context.set_offline(False)
        eventually(sent_until_heard, 20)
        until(page, "document.querySelector('.waits').hidden")
    assert network.asked == {"step": 3, "report": 3}
    assert verbs(house, case).count("accept") == 1
    log = house.ask("GET", f"api/v1/cases/{case}", house.colleague(Role.DISPATCHER)).json()["log"]
    accepted = next(entry for entry in log if entry["verb"] == "accept")
    assert accepted["entered_ms"] - accepted["at_ms"] >= int(1000 * waited_s) > 0
    queue = house.ask("GET", "api/v1/cases", house.colleague(Role.DISPATCHER)).json()["cases"]
    assert [one["title"] for one in queue].count("回执丢失的积水") == 1
