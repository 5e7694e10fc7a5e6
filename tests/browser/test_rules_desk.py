"""The rules desk as its people use it: a manager drags a bound, a reviewer approves, others look."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from forked_worker import StartWorker
from guarded_site import Guarded, standing_house
from lending import Chromium
from playwright.sync_api import Page, expect
from prerequisites import ANSWER_S, REPOSITORY, eventually
from visits import DESK, PHONE, signed_in, words

from accounts.founding import console
from catalogue.load import load
from core.accounts import Department, Post, Role, Seat
from core.clock import real_ms
from core.labels import Label, Verdict
from core.notices import Channel, Route
from core.records import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    CityWarning,
    Level,
    ReadingBatch,
    Stamp,
    Status,
    ValueBatch,
    WarningPhase,
)
from store.history.manifest import Folder
from store.history.writer import add_values
from store.labels import add_label
from store.notice_routes import put_route
from stream.appender import Appender, Flush
from stream.codec import decode_warnings
from stream.connect import connect
from stream.embedded.children import stop_child
from stream.entries import entries
from workers.adoption import lay_over

pytestmark = pytest.mark.browser

RULE, CITY = "meteorology.rainstorm", "440900"
RAIN = ("meteorology.rain_3h", "meteorology.rain_6h", "meteorology.rain_12h")


def gauges() -> list[str]:
    devices = load(REPOSITORY / "packs", CITY).devices.values()
    return sorted(device.id for device in devices if "rain_mm" in device.metrics)


def keep_a_week(folder: Path, now_ms: int) -> None:
    """At one gauge a storm of 60 mm two days ago and one of 40 mm yesterday, the same in every window."""
    places = tuple(gauges())
    count = len(places)
    for indicator in RAIN:
        told = []
        for end_ms in range(now_ms // 300_000 * 300_000 - 7 * DAY_MS, now_ms, 300_000):
            hours_ago = (now_ms - end_ms) / HOUR_MS
            mm = 60.0 if 46 < hours_ago < 50 else 40.0 if 22 < hours_ago < 26 else 2.0
            value = np.full(count, 2.0)
            value[0] = mm
            one, final = np.ones(count, np.int32), np.full(count, Status.FINAL, np.uint8)
            columns = (value, one, one, np.full(count, end_ms), final, ("",) * count)
            told.append((end_ms, ValueBatch(indicator, "1", end_ms, end_ms, places, *columns)))
        add_values(Folder(folder / f"demo-{CITY}"), told, indicator.replace(".", "-"))


@pytest.fixture(scope="module")
def desk_house(tmp_path_factory: pytest.TempPathFactory, fork_worker: StartWorker) -> Iterator[Guarded]:
    """A house with a week of rain behind it, one incident that people know of, and a running engine."""
    folder, now_ms = tmp_path_factory.mktemp("rules"), real_ms()
    keep_a_week(folder / "history", now_ms)
    with standing_house(folder, CITYVITALS_HISTORY=str(folder / "history")) as house:
        begun_ms = now_ms - 48 * HOUR_MS
        incident = Label(
            CITY, Verdict.INCIDENT, gauges()[0], begun_ms, begun_ms + HOUR_MS, "person:li", now_ms, kind="内涝"
        )
        with house.office.database.transaction() as connection:
            add_label(connection, incident)
        told = {"REDIS_URL": redis_url(house), "CITYVITALS_VAR": str(folder / "engine")}
        engine = fork_worker("engine", folder / "engine.log", told)
        try:
            yield house
        finally:
            stop_child(engine, ANSWER_S)


def redis_url(house: Guarded) -> str:
    return house.entrance.settings.redis_url


def rain(house: Guarded, mm: float, minutes_ago: int) -> None:
    """What a gauge measured some minutes ago comes in now: windows that ended since are corrected."""
    client = connect(redis_url(house))
    event_ms = np.array([real_ms() - minutes_ago * MINUTE_MS], np.int64)
    columns = np.zeros(1, np.int32), np.zeros(1, np.uint16), event_ms, np.array([mm]), np.zeros(1, np.uint16)
    batch = ReadingBatch("rain", Stamp.DEMO, 1, (gauges()[0],), ("rain_mm",), *columns)
    Appender(client, house.picture.keys, 100_000).append(Flush(readings=(batch,)))
    client.close()


def told_warnings(house: Guarded) -> list[CityWarning]:
    client = connect(redis_url(house))
    found = [
        warning
        for _, fields in entries(client.xrange(house.picture.keys.warnings))
        for warning in decode_warnings(fields)
        if warning.rule == RULE and warning.subject == gauges()[0] and warning.phase is WarningPhase.ACTIVE
    ]
    client.close()
    return found


def counted(page: Page, level: str) -> list[str]:
    """Warnings of the active version and of the draft, added, removed."""
    cells = page.locator(f".rules-counts .of-{level} .count")
    return [cells.nth(column).inner_text() for column in range(4)]


def opened(page: Page) -> Callable[[str], list[str]]:
    expect(page.locator(".rules-counts")).to_be_visible()
    return lambda level: counted(page, level)


def drag(page: Page, level: str, by_px: int) -> None:
    handle = page.locator(f".bound.level-{level} rect")
    boxes = [handle.bounding_box()]
    eventually(lambda: boxes[-1] or boxes.append(handle.bounding_box()))  # none while the chart is drawn anew
    box = boxes[-1]
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + by_px / 2)
    page.mouse.move(x, y + by_px)
    page.mouse.up()


@pytest.mark.claim("WARN", "A rule manager drags a bound, sees the counts change before he saves, and submits.")
@pytest.mark.claim("WARN", "He cannot approve his own draft; a reviewer approves it and the live warning follows.")
def test_a_bound_is_dragged_weighed_submitted_approved_and_followed(
    chromium: Chromium, desk_house: Guarded, pictures: Path
) -> None:
    house = desk_house
    with signed_in(chromium, house, f"rules/{RULE}?place={gauges()[0]}", house.colleague(Role.RULES), DESK) as page:
        counts = opened(page)
        page.get_by_role("button", name="7 天").click()
        expect(page.locator(".rules-counts .of-orange .count").first).to_have_text("1")
        assert counts("orange") == ["1", "1", "0", "0"]
        drag(page, "orange", 40)
        expect(page.locator(".changes li")).to_contain_text("严重 阈值 50 →")
        expect(page.locator(".rules-counts .of-orange .count").nth(1)).not_to_have_text("1")
        assert int(counts("orange")[2].lstrip("+")) >= 1  # yesterday's storm is warned of as well
        assert "到报率" in words(page, ".rules-reporting")
        assert words(page, ".rules-score dl div:nth-child(1) dd").startswith("1/1")
        bound = page.locator('input[data-level="orange"][data-field="bound"]').input_value()
        expect(page.locator("#rules-sweep .stands.is-draft + text")).to_have_text(f"草案 {bound}")
        page.screenshot(path=pictures / "rules-desk.png")
        page.locator("input.remark").fill("上游漫堤，须提前")
        page.get_by_role("button", name="提交审核").click()
        expect(page.locator(".said")).to_contain_text("等待他人审核")
        expect(page.locator("[data-verb=approve]")).to_have_count(0)
    rain(house, 30.0, 20)
    with signed_in(chromium, house, f"rules/{RULE}", house.colleague(Role.REVIEWER), DESK) as page:
        opened(page)
        expect(page.locator(".rules-acts .state")).to_contain_text("上游漫堤")
        assert not told_warnings(house)
        page.get_by_role("button", name="批准生效").click()
        expect(page.locator(".said")).to_contain_text("数秒内生效")
        expect(page.locator("#rules-title")).to_contain_text("生效 v2")
    bring = (house.office.database, connect(redis_url(house)), house.entrance.settings, CITY)
    eventually(lambda: lay_over(*bring, real_ms()), 20)

    def followed() -> bool:
        rain(house, 0.2, 15)  # corrections of windows that the new version judges
        return any(warning.rule_version == "2" for warning in told_warnings(house))

    eventually(followed, 40)


@pytest.mark.claim("WARN", "A leader sees the desk and cannot save; who may not see rules is told why.")
def test_who_only_looks_has_nothing_to_press(chromium: Chromium, desk_house: Guarded, pictures: Path) -> None:
    house, leader = desk_house, desk_house.colleague(Role.LEADER)
    with signed_in(chromium, house, "rules/water.river_stage", leader, DESK) as page:
        expect(page.locator(".rules-reporting")).to_be_visible()  # there is no history: that is said before any count
        expect(page.locator(".rules-nothing")).to_contain_text("没有历史数据")
        expect(page.locator(".rules-acts [data-verb]")).to_have_count(0)
        expect(page.locator(".rules-form input:not(:disabled)")).to_have_count(0)
        assert "只能查看" in words(page, ".rules-acts")
    act = {"verb": "save", "declaration": {}, "at": 1}
    body = {
        "output": "..rules-seed.data..",
        "outputs": [{"id": "rules-seed", "property": "data"}],
        "inputs": [{"id": "rules-act", "property": "data", "value": act}],
        "state": [
            {"id": "shell-address", "property": "pathname", "value": f"/cityvitals/rules/{RULE}"},
            {"id": "shell-address", "property": "search", "value": ""},
        ],
        "changedPropIds": ["rules-act.data"],
    }
    answer = house.ask("POST", "_dash-update-component", leader, json=body)
    seed = answer.json()["response"]["rules-seed"]["data"]
    assert seed["done"] is False and "无权" in seed["said"]
    with signed_in(chromium, house, "rules", house.colleague(Role.RULES), PHONE) as page:
        expect(page.locator(".rules-all tr").filter(has_text=re.compile("暴雨"))).to_be_visible()
        page.screenshot(path=pictures / "rules-phone.png")


def test_arrow_keys_move_a_bound_and_figures_can_be_typed(chromium: Chromium, desk_house: Guarded) -> None:
    with signed_in(chromium, desk_house, f"rules/{RULE}", desk_house.colleague(Role.RULES, 2), DESK) as page:
        opened(page)
        handle = page.locator(".bound.level-red")
        handle.focus()
        for _ in range(3):
            page.keyboard.press("ArrowDown")
        expect(page.locator('input[data-level="red"][data-field="bound"]')).to_have_value("99.7")
        page.keyboard.press("Shift+ArrowDown")
        expect(handle).to_have_attribute("aria-valuenow", "98.7")
        page.locator('input[data-level="red"][data-field="hold"]').fill("10")
        expect(page.locator(".changes")).to_contain_text("特别严重 持续 无 → 10 分钟")
        page.locator('input[data-level="red"][data-field="bound"]').fill("abc")
        expect(page.locator('input[data-level="red"][data-field="bound"]')).to_have_attribute("aria-invalid", "true")


@pytest.mark.claim("WARN", "Second conditions are edited on the desk; the consequences name seats, plans and routes.")
def test_a_second_condition_is_added_and_weighed(chromium: Chromium, desk_house: Guarded, pictures: Path) -> None:
    house, by = desk_house, console()
    house.office.roster.put_department(by, Department("rooms", "应急办"), real_ms())
    house.office.roster.put_post(by, Post("rooms-watch", "水情岗", "rooms", Role.DUTY), real_ms())
    house.office.roster.put_seat(by, Seat("rooms-1", "水情席", "rooms-watch"), real_ms())
    with house.office.database.transaction() as connection:
        put_route(connection, Route("rules-all", "全市短信", ("post:rooms-watch",), (Channel.SMS,), level=Level.ORANGE))
        rain = Route(
            "rules-rain", "气象短信", ("post:rooms-watch",), (Channel.SMS,), ("meteorology.rain",), level=Level.RED
        )
        river = Route(
            "rules-river", "水情短信", ("post:rooms-watch",), (Channel.SMS,), ("water.river",), level=Level.RED
        )
        put_route(connection, rain)
        put_route(connection, river)
    with signed_in(chromium, house, f"rules/{RULE}?place={gauges()[0]}", house.colleague(Role.RULES, 3), DESK) as page:
        opened(page)
        expect(page.locator(".rules-seats")).to_contain_text("水情席")
        expect(page.locator(".touches")).to_contain_text("全市短信（严重起）")
        expect(page.locator(".touches")).to_contain_text("气象短信")
        expect(page.locator(".touches")).not_to_contain_text("水情短信")
        expect(page.locator(".touches")).to_contain_text("防台风应急预案")
        page.locator('.level-row[data-level="orange"] .choose').click()
        page.locator("[data-addcondition]").click()
        expect(page.locator(".conditions li")).to_have_count(1)
        page.locator('[data-condition="0"][data-part="bound"]').fill("9999")
        expect(page.locator(".changes")).to_contain_text("附加条件")
        expect(page.locator(".rules-counts .of-orange .count").nth(1)).to_have_text("0")
        page.screenshot(path=pictures / "rules-conditions.png")
        page.locator('[data-condition="join"]').select_option("any")
        expect(page.locator(".rules-counts .of-orange .count").nth(1)).not_to_have_text("0")
        page.locator("[data-uncondition]").click()
        expect(page.locator(".changes .rest")).to_be_visible()
