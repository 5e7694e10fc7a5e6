"""The page of the register of units: what it shows of each, and a unit added, changed, retired, refused on it."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from guarded_site import Guarded
from live_city import BASE

from core.accounts import Reach, Role
from core.clock import real_ms
from core.records import MINUTE_MS
from core.units import FixRow
from geo.frames import gcj02_of
from store.units import put_fix

AREA, ELSEWHERE = "440983", "440982"  # 信宜市, 化州市
REVISION = re.compile(r'name="revision" value="(\d+)"')
ROWS = re.compile(r"<tr[^>]*>(.*?)</tr>")
FORM = {"name": "应急排涝车", "kind": "vehicle", "department": "信宜市水务局", "area": AREA, "capabilities": "pump"}


def sent(house: Guarded, who: dict[str, str], **form: Any) -> tuple[int, str]:
    """The form of the page; the status, and where it leads or what the page says."""
    answer = house.ask("POST", "units", who, data=form)
    return answer.status_code, answer.headers.get("location", answer.text).removeprefix(BASE)


def row_of(house: Guarded, who: dict[str, str], unit: str, asked: str = "") -> str:
    """The row of one unit in the list; "" when it is not there."""
    page = house.ask("GET", f"units?{asked}", who)
    assert page.status_code == 200, page.text
    return next((row for row in ROWS.findall(page.text) if f"<small>{unit}</small>" in row), "")


def told(house: Guarded, who: dict[str, str], unit: str) -> dict[str, Any]:
    """A unit as the API tells it."""
    units = house.ask("GET", "api/v1/units", who).json()["units"]
    return next(one for one in units if one["id"] == unit)


def revision_of(house: Guarded, who: dict[str, str], unit: str) -> str:
    """The revision in the form of a unit."""
    found = REVISION.search(house.ask("GET", f"units?unit={unit}", who).text)
    assert found
    return found[1]


@pytest.fixture(name="unit")
def new_unit(house: Guarded) -> str:
    """The id of a vehicle that was added on the page, off duty: it is in nobody's way."""
    unit = f"register-{time.time_ns()}"
    desk = house.colleague(Role.DISPATCHER)
    status, onward = sent(house, desk, is_new="1", unit=unit, members="field-1、field-2", off="1", **FORM)
    assert (status, onward) == (303, f"units?unit={unit}&told=unit-added")
    return unit


@pytest.mark.claim(
    "COMMAND", "The register of units is kept on a page: added, changed and retired there, and the API tells the same."
)
def test_a_unit_is_added_changed_and_put_back_into_service(house: Guarded, unit: str) -> None:
    desk = house.colleague(Role.DISPATCHER)
    one = told(house, desk, unit)
    assert (one["name"], one["kind"], one["area"], one["duty"]) == ("应急排涝车", "vehicle", AREA, "off")
    row = row_of(house, desk, unit, f"kind=vehicle&area={AREA}&q=排水 {unit}")
    assert all(word in row for word in ("— 停用", "应急排涝车", "信宜市水务局", "排水", "field-1、field-2", "位置不详"))
    assert not row_of(house, desk, unit, "kind=team") and not row_of(house, desk, unit, f"area={ELSEWHERE}")
    assert not row_of(house, desk, unit, "q=nobody-says-this")
    seen = revision_of(house, desk, unit)
    home = dict(zip(("lon_deg", "lat_deg"), gcj02_of((110.947, 22.352)), strict=True))
    change = FORM | {"unit": unit, "revision": seen, "name": "应急排涝车(改)", "frame": "gcj02", "off": "1"} | home
    assert sent(house, desk, **change) == (303, f"units?unit={unit}&told=unit-changed")
    one = told(house, desk, unit)
    assert one["name"] == "应急排涝车(改)", "and what was read from 高德 is kept in WGS 84"
    assert (one["lon_deg"], one["lat_deg"]) == pytest.approx((110.947, 22.352), abs=1e-6)
    assert "按驻地" in row_of(house, desk, unit)
    status, page = sent(house, desk, **change | {"name": "应急排涝车(再改)"})
    assert status == 422 and "刚被他人修改；请看过再改" in page and 'value="应急排涝车(再改)"' in page
    assert told(house, desk, unit)["name"] == "应急排涝车(改)"


def test_how_old_a_position_is(house: Guarded, unit: str) -> None:
    desk = house.colleague(Role.DISPATCHER)
    for age_ms, sign in ((10 * MINUTE_MS, "○ 10 分钟前"), (0, "● ")):
        with house.office.database.transaction() as connection:
            put_fix(connection, FixRow(unit, 110.93, 22.35, 30, real_ms() - age_ms, "test"))
        assert f">{sign}" in row_of(house, desk, unit)


@pytest.mark.claim("COMMAND", "Who may not keep the register sees it without its form, and is refused with a reason.")
def test_who_may_not(house: Guarded, unit: str) -> None:
    looks_on, desk = house.colleague(Role.SUPERVISOR), house.colleague(Role.DISPATCHER)
    row = row_of(house, looks_on, unit)
    assert "2 人" in row and "field-1" not in row and "<a " not in row, "how many are on its roster, not who"
    for path in ("units", f"units?unit={unit}"):
        assert 'method="post" action="' + BASE + 'units"' not in house.ask("GET", path, looks_on).text
    change = FORM | {"unit": unit, "revision": revision_of(house, desk, unit)}
    assert sent(house, looks_on, **change)[0] == 403
    narrow = house.as_role(Role.DISPATCHER, Reach(areas=(ELSEWHERE,)))
    assert "<a " not in row_of(house, narrow, unit), "it is not offered"
    status, page = sent(house, narrow, **change | {"area": ELSEWHERE})
    assert status in (403, 422) and 'role="alert"' in page, "nor is it done: it is not his to take over"
    assert told(house, desk, unit)["area"] == AREA
    acts = [one.act.outcome for one in house.acts("units.edit") if one.act.subject == f"unit:{unit}"]
    assert acts == ["done", "refused"], "who has the right nowhere was refused at the door"


def test_what_makes_no_unit(house: Guarded, unit: str) -> None:
    desk = house.colleague(Role.DISPATCHER)
    new = FORM | {"is_new": "1", "unit": f"{unit}-b"}
    for wrong, said in (
        ({"unit": unit}, f"编号 {unit} 已登记"),
        ({"unit": "pump-1"}, "编号 pump-1 已登记"),
        ({"unit": "编号一", "capabilities": "", "shifts": "8点"}, "请检查：编号、能力、当班时段"),
        ({"lon_deg": "110.9"}, "驻地须同时有经度和纬度"),
        ({"lon_deg": "110.9", "lat_deg": "北"}, "请检查：经纬度"),
        ({"lon_deg": "nan", "lat_deg": "22"}, "请检查：经度"),
    ):
        status, page = sent(house, desk, **new | wrong)
        assert status == 422 and said in page and 'value="应急排涝车"' in page, wrong
    assert sent(house, desk, **FORM | {"unit": f"{unit}-b", "revision": "0"})[0] == 404
    assert f"{unit}-b" not in house.ask("GET", "units", desk).text
