"""The phone in the field: every step without scripts, and what has no network waits and is done exactly once."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from guarded_site import Guarded
from lending import Chromium
from PIL import Image
from playwright.sync_api import Page
from visits import PHONE, show_cookie, until

from core.accounts import Role

pytestmark = pytest.mark.browser


@contextmanager
def phone(chromium: Chromium, house: Guarded, path: str, scripts: bool = True) -> Iterator[Page]:
    """A telephone of a field team at one of the plain pages, which have no shell of Dash."""
    with chromium.lend(PHONE, java_script_enabled=scripts) as page:
        show_cookie(page.context, house.address, house.colleague(Role.FIELD))
        page.goto(house.address + path)
        yield page


def sent_to(house: Guarded, unit: str, title: str) -> str:
    """A case with a unit that was just told."""
    desk = house.colleague(Role.DISPATCHER)
    place = {"lon_deg": 110.6, "lat_deg": 21.6, "accuracy_m": 600, "origin": "said", "said": "老街口"}
    wanted = {"key": f"field-{time.time_ns()}", "kind": "water.road_water", "title": title, "area": "440982"}
    case = house.ask("POST", "api/v1/cases", desk, json=wanted | {"place": place}).json()["id"]
    steps: list[dict[str, Any]] = [
        {"verb": "file"},
        {"verb": "dispatch", "fields": {"lead": "市水务局"}},
        {"verb": "notify", "assignment": "t1", "fields": {"unit": unit}},
    ]
    for step in steps:
        answer = house.ask("POST", f"api/v1/cases/{case}/steps", desk, json={"key": f"field-{time.time_ns()}"} | step)
        assert answer.status_code == 200, answer.text
    return str(case)


def verbs(house: Guarded, case: str) -> list[str]:
    log = house.ask("GET", f"api/v1/cases/{case}", house.colleague(Role.DISPATCHER)).json()["log"]
    return [entry["verb"] for entry in log]


@pytest.mark.claim(
    "COMMAND", "Without scripts a plain page does every step of a task, from 签收 to 完成, and takes a photo."
)
def test_every_step_without_scripts(chromium: Chromium, house: Guarded, tmp_path: Path) -> None:
    photo = tmp_path / "flood.png"
    Image.new("RGB", (640, 480), (20, 90, 160)).save(photo)
    case = sent_to(house, "pump-3", "南环路积水")
    with phone(chromium, house, "m", scripts=False) as page:
        page.select_option("select[name=unit]", "pump-3")
        page.get_by_role("button", name="进入").click()
        page.locator("form.photo input[type=file]").set_input_files(photo)
        page.get_by_role("button", name="发送照片").click()
        page.locator(".told", has_text="照片已收到").wait_for()
        until(page, "document.querySelector('.photos img').naturalWidth === 640")
        for button in ("签收", "出发", "到场", "完成"):
            page.get_by_role("button", name=button, exact=True).click()
            page.locator(".told", has_text="已记录").wait_for()
        assert page.locator(".none").text_content() == "没有待办任务"
    assert verbs(house, case)[3:] == ["notify", "note", "accept", "take", "depart", "arrive", "clear"]


@pytest.mark.claim(
    "COMMAND",
    "The offline phone sends its queue in order and exactly once; of a photo first a small copy, then it whole.",
)
def test_the_offline_queue_is_sent_once(chromium: Chromium, house: Guarded, tmp_path: Path) -> None:
    photo = tmp_path / "flood.jpg"
    points = np.random.default_rng(7).integers(0, 255, (900, 1800, 3), np.uint8)
    Image.fromarray(points).save(photo, "JPEG", quality=70)
    assert photo.stat().st_size > 600_000
    case = sent_to(house, "pump-4", "北环路积水")
    with phone(chromium, house, "m?unit=pump-4") as page:
        until(page, "document.querySelector('[data-can=queue]').dataset.state === 'yes'")
        page.context.set_offline(True)
        page.get_by_role("button", name="签收", exact=True).click()
        until(page, "!document.querySelector('.waits').hidden")
        page.locator("details.report summary").click()
        page.select_option(".report select[name=kind]", "transport.road_collapse")
        page.fill(".report input[name=title]", "断网时看到的塌方")
        page.fill(".report input[name=said]", "光华北路桥头")
        page.locator(".report button").click()
        until(page, "document.querySelector('.waits').textContent.startsWith('2 ')")
        page.locator("form.photo input[type=file]").set_input_files(photo)
        page.get_by_role("button", name="发送照片").click()
        until(page, "document.querySelector('.waits').textContent.startsWith('3 ')")
        assert "1 张原图" in str(page.locator(".waits").text_content())  # a small copy and the original
        assert verbs(house, case)[-1] == "notify"
        page.context.set_offline(False)
        page.evaluate("() => { window.dispatchEvent(new Event('online')); window.dispatchEvent(new Event('online')); }")
        until(page, "document.querySelector('article header em').textContent === '已签收'")
        until(page, "document.querySelector('.waits').hidden")
    assert verbs(house, case)[-3:] == ["accept", "take", "note"]
    shown = house.ask("GET", f"api/v1/cases/{case}/photos", house.colleague(Role.DISPATCHER)).json()["photos"]
    original = hashlib.sha256(photo.read_bytes()).hexdigest()
    assert [(one["sha256"], one["is_whole"], one["size_bytes"]) for one in shown] == [
        (original, True, photo.stat().st_size)
    ]
    queue = house.ask("GET", "api/v1/cases", house.colleague(Role.DISPATCHER)).json()["cases"]
    (told,) = [one["id"] for one in queue if one["title"] == "断网时看到的塌方"]
    facts = house.ask("GET", f"api/v1/cases/{told}", house.colleague(Role.DISPATCHER)).json()["facts"]
    assert facts["kind"] == "transport.road_collapse" and facts["text"] == "光华北路桥头"


def test_a_point_goes_out_in_the_datum_of_its_map(house: Guarded) -> None:
    sent_to(house, "pipe-2", "河西路爆管")
    page = house.ask("GET", "m?unit=pipe-2", house.colleague(Role.FIELD)).text
    assert "uri.amap.com/marker?position=110.60" in page and "110.600000" not in page
    assert "coord_type=bd09ll" in page and "±600 米" in page


def test_who_has_no_cases_has_no_phone(house: Guarded) -> None:
    assert house.ask("GET", "m", house.colleague(Role.RULES)).status_code in (303, 403)
