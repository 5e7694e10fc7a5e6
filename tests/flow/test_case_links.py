"""One-time links: a task for somebody without an account, of that task only, until it is over or taken back."""

from __future__ import annotations

import re
import time
from io import BytesIO
from typing import Any

import pytest
import requests
from guarded_site import Guarded
from live_city import BASE
from PIL import Image

from accounts.sealing import digest_of
from core.accounts import Reach, Role
from core.clock import real_ms
from core.qr import qr
from store.links import link_with

UNIT, NEIGHBOUR = "link-crew-1", "link-crew-2"


def key() -> str:
    return f"link-{time.time_ns()}"


def task(house: Guarded, title: str) -> str:
    """A case with two units of its own that were told."""
    desk = house.colleague(Role.DISPATCHER)
    wanted = {"key": key(), "kind": "water.road_water", "title": title, "area": "440904", "text": "电话 13812345678"}
    case = str(house.ask("POST", "api/v1/cases", desk, json=wanted).json()["id"])
    steps: list[dict[str, Any]] = [{"verb": "file"}, {"verb": "dispatch", "fields": {"lead": "市水务局"}}]
    steps += [
        {"verb": "notify", "assignment": unit, "fields": {"unit": f"{unit} {title}"}} for unit in (UNIT, NEIGHBOUR)
    ]
    for step in steps:
        answer = house.ask("POST", f"api/v1/cases/{case}/steps", desk, json={"key": key()} | step)
        assert answer.status_code == 200, answer.text
    return case


def made(house: Guarded, case: str, **more: Any) -> dict[str, Any]:
    wanted = {"key": key(), "assignment": UNIT, "name": "自来水公司 李工"} | more
    answer = house.ask("POST", f"api/v1/cases/{case}/links", house.colleague(Role.DISPATCHER), json=wanted)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def opened(house: Guarded, link: dict[str, Any]) -> requests.Response:
    """The page of a link, as somebody sees it whom nobody knows."""
    return house.ask("GET", link["address"].removeprefix(BASE), {})


def pressed(house: Guarded, link: dict[str, Any], verb: str, **more: str) -> requests.Response:
    """A step of the page, as its form sends it."""
    fields = {"k": link["address"].partition("k=")[2], "key": key(), "verb": verb} | more
    return house.ask("POST", "t/step", {}, data=fields)


def log(house: Guarded, case: str) -> list[dict[str, Any]]:
    return list(house.ask("GET", f"api/v1/cases/{case}", house.colleague(Role.DISPATCHER)).json()["log"])


@pytest.mark.claim(
    "COMMAND",
    "A one-time link takes every step of its task without an account, written down as by the link, and dies with it.",
)
def test_a_link_works_one_task_and_dies_with_it(house: Guarded) -> None:
    case = task(house, "链接办到底")
    link = made(house, case)
    within = {"key": key(), "verb": "note", "fields": {"text": "只给值班室看的话"}}
    house.ask("POST", f"api/v1/cases/{case}/steps", house.colleague(Role.DISPATCHER), json=within)
    assert link["whole"] == f"{house.address.partition(BASE)[0]}{link['address']}"
    assert link["qr"] == qr(link["whole"]), "the whole address, to be scanned"
    page = opened(house, link)
    assert "只给值班室看的话" not in page.text
    assert page.status_code == 200 and "链接办到底" in page.text and "签收" in page.text
    assert (
        "13812345678" not in page.text and "138****5678" in page.text
    )  # what callers said of themselves is not theirs
    for verb in ("accept", "depart", "arrive"):
        answer = pressed(
            house, link, verb, case="elsewhere", assignment=NEIGHBOUR
        )  # what else a form says is not heard
        assert answer.status_code == 303, answer.text
    photo = {"photo": ("a.jpg", _jpeg(), "image/jpeg")}
    fields = {"k": link["address"].partition("k=")[2], "key": key()}
    assert house.ask("POST", "t/photo", {}, data=fields, files=photo).status_code == 303
    done = key()
    for _ in range(2):  # the answer may be lost, and the phone sends it again
        assert pressed(house, link, "clear", key=done).status_code == 303
    told = [
        (one["verb"], one["origin"], one["assignment"])
        for one in log(house, case)[5:]
        if one["fields"].get("text") != within["fields"]["text"]
    ]
    by_link = [(verb, "link", UNIT) for verb in ("accept", "depart", "arrive", "note", "clear")]
    assert told == [("note", "person", UNIT), by_link[0], ("take", "clock", ""), *by_link[1:]]
    assert {one["by"] for one in log(house, case)[7:]} == {f"link:{link['number']}"}
    after = opened(house, link)
    assert after.status_code == 200 and re.search(r"本任务已完成 · [\d: -]+ · 谢谢", after.text)
    assert "链接办到底" not in after.text and 'told refusal" role="status' not in after.text
    late = pressed(house, link, "note", text="还在吗")
    assert late.status_code == 410 and "链接已失效" in late.text
    (listed,) = house.ask("GET", f"api/v1/cases/{case}/links", house.colleague(Role.DISPATCHER)).json()["links"]
    assert not listed["is_alive"] and listed["address"] == ""


@pytest.mark.claim(
    "COMMAND", "A link opens nothing but its task's steps, is kept as a digest only, and can be taken back."
)
def test_a_link_opens_nothing_else(house: Guarded) -> None:
    case = task(house, "链接只办一件")
    link, desk = made(house, case), house.colleague(Role.DISPATCHER)
    secret = link["address"].partition("k=")[2]
    for verb in ("notify", "close", "merge", "verify", "strike"):
        assert pressed(house, link, verb).status_code == 422, verb
    for path in (f"api/v1/cases/{case}", "api/v1/cases", "dispatch", "m", "wall"):
        for who in ({"Authorization": f"Bearer {secret}"}, {"Cookie": f"cityvitals_session={secret}"}):
            assert house.ask("GET", path, who).status_code in (303, 401, 403), path
    with house.office.database.reading() as connection:
        row = link_with(connection, digest_of(secret))
    assert row is not None and secret not in str(row)
    assert secret not in str(house.acts("cases.dispatch"))
    assert house.ask("POST", f"api/v1/links/{link['number']}/revoke", house.colleague(Role.LEADER)).status_code == 403
    elsewhere = house.as_role(Role.DISPATCHER, Reach(areas=("440983",)))
    assert house.ask("POST", f"api/v1/links/{link['number']}/revoke", elsewhere).status_code == 403
    assert opened(house, link).status_code == 200
    assert house.ask("POST", f"api/v1/links/{link['number']}/revoke", desk).status_code == 204
    gone = opened(house, link)
    assert gone.status_code == 410 and "链接已失效" in gone.text and "链接只办一件" not in gone.text
    assert house.ask("POST", "api/v1/links/999999/revoke", desk).status_code == 404


def test_a_link_expires_and_wants_a_task(house: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    case = task(house, "链接到期")
    link = made(house, case, lasts_h=1)
    monkeypatch.setattr("callbacks.field_link.real_ms", lambda: real_ms() + 3_599_000)
    assert opened(house, link).status_code == 200
    monkeypatch.setattr("callbacks.field_link.real_ms", lambda: real_ms() + 3_601_000)
    assert opened(house, link).status_code == 410
    wanted = {"key": key(), "assignment": "nobody", "name": "李工"}
    refused = house.ask("POST", f"api/v1/cases/{case}/links", house.colleague(Role.DISPATCHER), json=wanted)
    assert refused.status_code == 422 and refused.json()["error"]["code"] == "link-no-task"
    forged = {"key": key(), "verb": "note", "origin": "link", "fields": {"text": "x"}}
    assert (
        house.ask("POST", f"api/v1/cases/{case}/steps", house.colleague(Role.DISPATCHER), json=forged).status_code
        == 422
    )
    assert [one["verb"] for one in log(house, case)] == ["report", "file", "dispatch", "notify", "notify", "note"]
    assert re.search(r"自来水公司 李工，\d\d-\d\d \d\d:\d\d 前有效", log(house, case)[-1]["fields"]["text"])


def _jpeg() -> bytes:
    made = BytesIO()
    Image.new("RGB", (200, 100), (1, 2, 3)).save(made, "JPEG")
    return made.getvalue()
