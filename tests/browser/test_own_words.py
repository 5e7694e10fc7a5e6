"""A city that calls its states otherwise: one word on desk, wall, phone and papers, for citizens and in refusals."""

from __future__ import annotations

import time
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import docx
import pytest
from guarded_site import Guarded, standing_house
from lending import Chromium
from live_city import BASE
from prerequisites import REPOSITORY
from visits import DESK, PHONE, plain, signed_in, until

from core.accounts import Role

pytestmark = pytest.mark.browser
OWN = "\nstate_words:\n  dispatched: {zh: 待交办, en: assigned}\n  notified: {zh: 已派单, en: told}\n"


@pytest.fixture(scope="module")
def renaming(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A house of a city with two words of its own, open to the public."""
    folder = tmp_path_factory.mktemp("renaming")
    packs = folder / "packs"
    (packs / "cities").mkdir(parents=True)
    (packs / "topics").symlink_to(REPOSITORY / "packs" / "topics")
    city = (REPOSITORY / "packs" / "cities" / "maoming.yaml").read_text("utf-8")
    (packs / "cities" / "maoming.yaml").write_text(city + OWN, "utf-8")
    opened = {"CITYVITALS_OPEN311": "1", "CITYVITALS_PUBLIC_STATUS": "1", "CITYVITALS_PACKS": str(packs)}
    with standing_house(folder, **opened) as site:
        yield site


def sent(house: Guarded, path: str, status: int = 200, **wanted: Any) -> dict[str, Any]:
    body = {"key": f"own-words-{time.time_ns()}"} | wanted
    answer = house.ask("POST", f"api/v1/{path}", house.colleague(Role.DISPATCHER), json=body)
    assert answer.status_code == status, answer.text
    return dict(answer.json())


def case_with_a_unit(house: Guarded) -> str:
    """Filed, dispatched, and a pump told."""
    place = {"lon_deg": 110.95, "lat_deg": 21.70, "accuracy_m": 60, "origin": "gps"}
    about = {"kind": "water.road_water", "title": "立交桥下积水", "area": "440902", "place": place}
    case = str(sent(house, "cases", **about)["id"])
    for step in (
        {"verb": "file"},
        {"verb": "dispatch", "fields": {"lead": "市水务局"}},
        {"verb": "notify", "assignment": "t1", "fields": {"unit": "pump-1"}},
    ):
        sent(house, f"cases/{case}/steps", **step)
    return case


@pytest.mark.claim("COMMAND", "A city's own word for a state stands on every screen and paper; the API keeps the code.")
def test_one_word_everywhere(chromium: Chromium, renaming: Guarded) -> None:
    case = case_with_a_unit(renaming)
    dispatcher = renaming.colleague(Role.DISPATCHER)
    told = renaming.ask("GET", f"api/v1/cases/{case}", dispatcher).json()
    assert (told["state"], told["units"][0]["state"]) == ("dispatched", "notified"), "programs meet the state itself"
    refused = sent(renaming, f"cases/{case}/steps", 422, verb="close")["error"]["sentence"]
    assert "待交办" in refused and "已派遣" not in refused
    (open311,) = renaming.ask("GET", f"open311/v2/requests/{case}.json", {}).json()
    assert (open311["status"], open311["status_notes"]) == ("open", "待交办")
    assert "待交办" in renaming.ask("GET", "public/status", {}).text
    review = renaming.ask("GET", f"reports/{case}/review?format=docx", renaming.colleague(Role.LEADER))
    paper = docx.Document(BytesIO(review.content))
    written = [one.text for one in paper.paragraphs] + [cell.text for table in paper.tables for cell in table._cells]
    assert any("待交办" in line for line in written) and not any("已派遣" in line for line in written)
    load = {"open": 1, "states": {"dispatched": 1}, "late": 0, "held": 0}
    renaming.picture.change({"case_load": {"main": load}})
    with signed_in(chromium, renaming, "dispatch", dispatcher, DESK) as page:
        until(page, "document.querySelector('#dispatch-case header em')?.textContent === '待交办'")
        until(page, "document.querySelector('.case-units em')?.textContent === '已派单'")
        until(page, "document.querySelector('[data-only=dispatched]')?.textContent.startsWith('待交办')")
        page.goto(f"{renaming.address.partition(BASE)[0]}{BASE}wall")
        until(page, "document.querySelector('#wall-cases .states')?.textContent.includes('待交办')")
    with plain(chromium, renaming, "m?unit=pump-1", renaming.colleague(Role.FIELD), PHONE) as page:
        until(page, "document.querySelector('article header em').textContent === '已派单'")
