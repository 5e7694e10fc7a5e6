"""A case that time has escalated: the queue, its log and the phone of its unit say so; a tap far off is marked."""

from __future__ import annotations

from typing import Any

import pytest
from guarded_site import Guarded
from lending import Chromium
from visits import DESK, PHONE, plain, signed_in, until

from accounts.warden import Warden
from core.accounts import Role
from core.clock import real_ms
from core.records import HOUR_MS
from dispatch.book import CaseBook, Now, Rules
from dispatch.holidays import calendars_at
from dispatch.timekeeper import TimeKeeper
from store.units import put_voids

pytestmark = pytest.mark.browser


def stepped(house: Guarded, case: str, role: Role = Role.DISPATCHER, **wanted: Any) -> None:
    body = {"key": f"{case}-{wanted['verb']}"} | wanted
    answer = house.ask("POST", f"api/v1/cases/{case}/steps", house.colleague(role), json=body)
    assert answer.status_code == 200, answer.text


def sent_hours_ago(house: Guarded, hours: int) -> str:
    """A case to which a unit of its own was sent so long ago, telephoned meanwhile and never heard of again."""
    happened_ms, place = real_ms() - hours * HOUR_MS, {"lon_deg": 110.4, "lat_deg": 21.5, "accuracy_m": 60}
    wanted = {"key": "escalated-report", "kind": "water.road_water", "title": "三天没有排掉的积水", "area": "440904"}
    wanted |= {"place": place, "happened_ms": happened_ms}
    answer = house.ask("POST", "api/v1/cases", house.colleague(Role.DISPATCHER), json=wanted)
    case = str(answer.json()["id"])
    stepped(house, case, verb="file", happened_ms=happened_ms)
    stepped(house, case, verb="dispatch", fields={"lead": "市水务局"}, happened_ms=happened_ms)
    stepped(house, case, verb="notify", assignment="t1", fields={"unit": "road-2"}, happened_ms=happened_ms)
    return case


def keep_time(house: Guarded) -> None:
    """What the clocks worker does."""
    office, declared, now_ms = house.office, house.picture.declared, real_ms()
    rules = Rules(declared.case_kinds, calendars_at(declared.city.work_hours, now_ms), lambda area: (area,))
    book = CaseBook(Warden(office.database, office.journal), lambda: rules)
    TimeKeeper(office.database, book, lambda: rules).turn(Now("demo-440900", "demo", "440900", now_ms, now_ms))


def phone(browser: Chromium, house: Guarded) -> str:
    """What the phone of the unit shows."""
    with plain(browser, house, "m?unit=road-2", house.colleague(Role.FIELD), PHONE) as page:
        return page.locator("article").first.inner_text()


@pytest.mark.claim("COMMAND", "The queue, the log and the phone say that time has escalated a case, and to whom.")
def test_time_is_seen_to_escalate(chromium: Chromium, house: Guarded) -> None:
    case = sent_hours_ago(house, 8)
    keep_time(house)
    with signed_in(chromium, house, "dispatch", house.colleague(Role.DISPATCHER), DESK) as page:
        until(page, "id => document.querySelector(`.case-row[data-case='${id}']`)", case)
        row = page.locator(f".case-row[data-case='{case}']")
        assert "已升级至 2 级" in row.inner_text()
        row.click()
        until(page, "id => document.querySelector('#dispatch-case article header small').textContent === id", case)
        told = page.locator(".case-log").inner_text()
        assert "升至 1 级，报值班长" in told and "升至 2 级，报带班领导" in told
        assert "worker:clocks" not in told
    assert "▲ 已升级至 2 级" in phone(chromium, house)
    far = {"lon_deg": 110.5, "lat_deg": 21.5, "accuracy_m": 30, "age_ms": 0}
    stepped(house, case, Role.FIELD, verb="arrive", assignment="t1", fields={"fix": far})
    with signed_in(chromium, house, "dispatch", house.colleague(Role.DISPATCHER), DESK) as page:
        until(page, "id => document.querySelector(`.case-row[data-case='${id}']`)", case)
        page.locator(f".case-row[data-case='{case}']").click()
        until(page, "(document.querySelector('.case-log') || document.body).textContent.includes('位置不符，相距')")
    stepped(house, case, Role.FIELD, verb="clear", assignment="t1")


@pytest.mark.claim("COMMAND", "The dispatch desk says which area is left without a free unit, and of what.")
def test_an_area_without_a_unit_is_seen(chromium: Chromium, house: Guarded) -> None:
    areas = ("440902", "440904", "440981", "440983")
    with house.office.database.transaction() as connection:
        put_voids(connection, "demo-440900", {(area, "pump"): real_ms() + at for at, area in enumerate(areas)})
    try:
        with signed_in(chromium, house, "dispatch", house.colleague(Role.DISPATCHER), DESK) as page:
            until(page, "document.querySelector('.dispatch-voids')")
            said = page.locator(".dispatch-voids").inner_text()
            assert " ".join(said.split()) == "力量空白 信宜市 排水、高州市 排水、电白区 排水等 4 处"
    finally:
        with house.office.database.transaction() as connection:
            put_voids(connection, "demo-440900", {})
