"""The house itself, as every test of a signed-in page stands in it: the live picture, who looks, and who may not."""

from __future__ import annotations

import pytest
from guarded_site import Guarded
from lending import Chromium
from visits import LIVE, WALL, repaint, signed_in, until, words

from core.accounts import Reach, Role

pytestmark = pytest.mark.browser


@pytest.mark.claim("ACCOUNTS", "Below its policy the wall lives: a wall's token shows it, and what changes is painted.")
def test_a_wall_with_its_token_shows_what_changes(chromium: Chromium, house: Guarded) -> None:
    with signed_in(chromium, house, "wall", house.as_role(Role.WALL), WALL) as page:
        until(page, LIVE)
        house.picture.show("typhoon", warnings=12)
        repaint(page, house.picture.revision)
        assert "监测告警 12" in words(page, "#wall-warnings-title")


def test_a_page_is_shown_to_whom_may_see_it(chromium: Chromium, house: Guarded) -> None:
    with signed_in(chromium, house, "indicators", house.colleague(Role.LEADER)) as page:
        until(page, "document.querySelectorAll('#desk-body a').length > 5")
    narrow = house.as_role(Role.LIAISON, Reach(("440981",)))
    with signed_in(chromium, house, "indicators/meteorology.rain_1h/440981", narrow) as page:
        until(page, "document.querySelector('#desk-body .figure')")
