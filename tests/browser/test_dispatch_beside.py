"""What stands beside a case on the desk: photos, who else has it open, links, cameras; and keys of any input."""

from __future__ import annotations

import time
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from guarded_site import Guarded
from lending import Chromium
from PIL import Image
from test_dispatch_desk import choose, reported, told
from visits import DESK, PHONE, signed_in, until

from core.accounts import Role

pytestmark = pytest.mark.browser
FAR_NORTH_DEG = 0.52  # of the middle: nobody else's cases or crews are near


def notified(house: Guarded, case: str, unit: str) -> None:
    desk = house.colleague(Role.DISPATCHER)
    for step in (
        {"verb": "file"},
        {"verb": "dispatch", "fields": {"lead": "市水务局"}},
        {"verb": "notify", "assignment": "t1", "fields": {"unit": unit}},
    ):
        wanted = {"key": f"beside-{time.time_ns()}"} | step
        assert house.ask("POST", f"api/v1/cases/{case}/steps", desk, json=wanted).status_code == 200


@pytest.mark.claim(
    "COMMAND",
    "The desk shows a case's photos, its nearest cameras and who else has it open, and hands out a one-time link.",
)
def test_what_stands_beside_a_case(chromium: Chromium, house: Guarded, tmp_path: Path) -> None:
    case, photo = reported(house, "water.road_water", "旁边有什么", FAR_NORTH_DEG), tmp_path / "bridge.png"
    Image.new("RGB", (800, 600), (90, 110, 140)).save(photo)
    notified(house, case, "beside-crew")
    first, second = house.colleague(Role.DISPATCHER, 1), house.colleague(Role.DISPATCHER, 2)
    with signed_in(chromium, house, "dispatch", first, DESK) as page:
        choose(page, case)
        until(page, "document.querySelectorAll('.camera').length === 4")
        assert page.locator(".camera small").all_text_contents() != []
        page.locator("#dispatch-photo-file").set_input_files(photo)
        until(
            page,
            "document.querySelector('.photo-row img') && document.querySelector('.photo-row img').naturalWidth === 800",
        )
        with signed_in(chromium, house, "dispatch", second, DESK) as other:
            choose(other, case)
            until(other, "document.querySelector('.presence').textContent.includes('dispatcher-1')")
            until(other, "document.querySelector('.photo-row img')")
            until(page, "document.querySelector('.presence').textContent.includes('dispatcher-2')")
        page.locator("[data-link=t1]").click()
        page.locator("[name=link_name]").fill("李工")
        page.keyboard.press("Enter")
        until(page, "document.querySelector('#dispatch-link-text')")
        said = page.locator("#dispatch-link-text").input_value()
        page.locator("#dispatch-dialog footer button").click()
        until(page, "document.querySelector('.case-link').textContent.includes('李工')")
        page.locator("[data-log=notes]").click()
        until(page, "document.querySelectorAll('.case-log li').length === 2")  # the photo, and that a link was made
        _worked_by_link(chromium, house, said[said.index("http") :])
        house.picture.change(
            {"case_load": {"main": {"open": 9, "states": {}, "late": 0, "held": 0}}}
        )  # as the Board does
        until(page, "!document.querySelector('.case-link')")
    entry = next(one for one in told(house, case)["log"] if one["verb"] == "clear")
    assert entry["origin"] == "link"


def _worked_by_link(chromium: Chromium, house: Guarded, address: str) -> None:
    """The whole task, by somebody without an account and without scripts."""
    with chromium.lend(PHONE, java_script_enabled=False) as page:
        page.goto(address)
        assert urlsplit(page.url).netloc == urlsplit(house.address).netloc
        for button in ("签收", "出发", "到场"):
            page.get_by_role("button", name=button, exact=True).click()
            page.locator(".told", has_text="已记录").wait_for()
        made = BytesIO()
        Image.new("RGB", (300, 200), (5, 6, 7)).save(made, "JPEG")
        files = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": made.getvalue()}
        page.locator("form.photo input[type=file]").set_input_files(files)
        page.get_by_role("button", name="发送照片").click()
        page.locator(".told", has_text="照片已收到").wait_for()
        page.get_by_role("button", name="完成", exact=True).click()
        page.locator(".told", has_text="本任务已完成 · ").wait_for()
        assert not page.locator(".refusal:visible").count()


@pytest.mark.claim(
    "COMMAND", "、 and ／ open the command bar as / does; a digit sends the unit of that number, as dragging does."
)
def test_keys_of_any_input(chromium: Chromium, house: Guarded) -> None:
    house.crew("beside-near", "近处抢险队", 22.205)
    case = reported(house, "water.road_water", "按数字派", FAR_NORTH_DEG - 0.02)
    with signed_in(chromium, house, "dispatch", house.colleague(Role.DISPATCHER), DESK) as page:
        choose(page, case)
        for key in ("/", "、", "／"):
            page.evaluate("document.activeElement.blur()")
            page.evaluate(f"document.body.dispatchEvent(new KeyboardEvent('keydown', {{key: '{key}', bubbles: true}}))")
            until(page, "document.activeElement.id === 'dispatch-bar'")
        page.keyboard.press("Escape")
        until(page, "document.querySelector('#dispatch-offers li kbd')")
        best = page.locator("#dispatch-offers li").first.get_attribute("data-offer")
        page.keyboard.press("1")
        until(page, "document.querySelectorAll('.case-units em').length === 1")
    (unit,) = told(house, case)["units"]
    assert (unit["unit"], unit["state"]) == (best, "notified") == ("beside-near", "notified")
    wanted = {
        "key": f"beside-{time.time_ns()}",
        "verb": "refuse",
        "assignment": unit["assignment"],
        "fields": {"reason": "演示"},
    }
    house.ask("POST", f"api/v1/cases/{case}/steps", house.colleague(Role.FIELD), json=wanted)  # free for others again


@pytest.mark.claim(
    "COMMAND", "A unit is dragged from the list of who could go onto a row of the queue, and is sent there."
)
def test_a_unit_is_dragged_onto_a_case(chromium: Chromium, house: Guarded) -> None:
    house.crew("beside-drag", "拖拽抢险队", 22.245)
    open_, aim = (reported(house, "water.road_water", f"拖到{n}", FAR_NORTH_DEG + 0.02) for n in "此彼")
    with signed_in(chromium, house, "dispatch", house.colleague(Role.DISPATCHER), DESK) as page:
        choose(page, open_)
        page.locator("[data-offer='beside-drag']").drag_to(page.locator(f".case-row[data-case='{aim}']"))
        until(page, "document.querySelectorAll('.case-units em').length === 1")
    assert [(one["unit"], one["state"]) for one in told(house, aim)["units"]] == [("beside-drag", "notified")]
    assert told(house, open_)["units"] == []
