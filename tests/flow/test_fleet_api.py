"""Who could go and what is one incident, over the website: reasons told, merges taken apart, positions by hand."""

from __future__ import annotations

from typing import Any

import pytest
from guarded_site import Guarded

from core.accounts import Reach, Role

PLACE = {"lon_deg": 110.921, "lat_deg": 21.662, "accuracy_m": 50, "origin": "gps"}


def reported(house: Guarded, key: str, kind: str, title: str, north_deg: float = 0.0) -> str:
    place = PLACE | {"lat_deg": PLACE["lat_deg"] + north_deg}
    wanted = {"key": key, "kind": kind, "title": title, "area": "440902", "place": place}
    answer = house.ask("POST", "api/v1/cases", house.colleague(Role.DISPATCHER), json=wanted)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def step(house: Guarded, case: str, key: str, **wanted: Any) -> dict[str, Any]:
    body = {"key": key} | wanted
    answer = house.ask("POST", f"api/v1/cases/{case}/steps", house.colleague(Role.DISPATCHER), json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.claim("COMMAND", "A dispatcher is told who should go and why; a unit that was sent is busy by itself.")
def test_who_should_go(house: Guarded) -> None:
    desk = house.colleague(Role.DISPATCHER)
    house.crew("fleet-near", "桥南排水队", PLACE["lat_deg"] - 0.201)
    house.crew("fleet-far", "桥北排水队", PLACE["lat_deg"] - 0.203)
    case = reported(house, "fleet-who-goes", "water.road_water", "光华路积水", -0.2)  # nobody else is near
    before = house.ask("GET", f"api/v1/cases/{case}/units", desk).json()
    assert before["needs"] == ["pump"]
    assert [one["unit"] for one in before["units"]][:2] == ["fleet-near", "fleet-far"]
    assert before["units"][0]["can_go"] and before["units"][0]["distance_m"] < 200
    step(house, case, "fleet-file", verb="file")
    step(house, case, "fleet-dispatch", verb="dispatch", fields={"lead": "市水务局"})
    step(house, case, "fleet-notify", verb="notify", assignment="t1", fields={"unit": "fleet-near"})
    after = house.ask("GET", f"api/v1/cases/{case}/units", desk).json()
    assert after["units"][0]["unit"] == "fleet-far"
    known = house.ask("GET", "api/v1/units", desk).json()["units"]  # who can go may fill the list of ten
    assert next(one for one in known if one["id"] == "fleet-near")["duty"] == "busy"
    assert house.ask("GET", f"api/v1/cases/{case}/units", house.colleague(Role.FIELD)).status_code == 403


def test_a_telephone_tells_where_its_unit_is(house: Guarded) -> None:
    field = house.colleague(Role.FIELD)
    told = house.ask(
        "POST", "api/v1/units/city-1/position", field, json={"lon_deg": 110.93, "lat_deg": 21.65, "accuracy_m": 30}
    )
    assert told.status_code == 204, told.text
    units = {one["id"]: one for one in house.ask("GET", "api/v1/units", field).json()["units"]}
    assert (units["city-1"]["lon_deg"], units["city-1"]["is_current"]) == (110.93, True)
    assert units["city-2"]["fix_ms"] is None and not units["city-2"]["is_current"]
    nobody = house.ask(
        "POST", "api/v1/units/none/position", field, json={"lon_deg": 110, "lat_deg": 21, "accuracy_m": 3}
    )
    assert nobody.status_code == 404


@pytest.mark.claim(
    "COMMAND", "What is likely one incident is proposed with reasons, merged in one step, and taken apart again."
)
def test_proposed_merged_and_taken_apart(house: Guarded) -> None:
    desk = house.colleague(Role.DISPATCHER)
    burst = reported(house, "fleet-burst", "water.pipe_burst", "人民路水管爆裂", 0.1)
    dry = reported(house, "fleet-dry", "water.no_supply", "家里停水", 0.115)
    found = house.ask("GET", f"api/v1/cases/{dry}/proposals", desk).json()["proposals"]
    (one,) = [proposal for proposal in found if burst in {member["id"] for member in proposal["members"]}]
    assert (one["cause"], one["lead"]) == ("供水管道爆裂", burst)
    why = next(member for member in one["members"] if member["id"] == dry)
    assert why["words"] == ["停水"] and 1500 < why["distance_m"] < 1800
    merged = step(house, dry, "fleet-merge", verb="merge", fields={"into": burst})
    assert (merged["state"], merged["into"]) == ("merged", burst)
    reply = next(clock for clock in merged["clocks"] if clock["obligation"] == "reply")
    assert reply["standing"] == "running"  # the citizen's own clock goes on
    back = step(house, dry, "fleet-unmerge", verb="unmerge")
    assert (back["state"], back["into"]) == ("reported", "")
    assert house.ask("POST", f"api/v1/cases/{dry}/apart", desk, json={"others": [burst]}).status_code == 204
    again = house.ask("GET", f"api/v1/cases/{dry}/proposals", desk).json()["proposals"]
    assert all(burst not in {member["id"] for member in proposal["members"]} for proposal in again)


@pytest.mark.claim(
    "COMMAND", "People, vehicles, teams, depots and shelters are kept in one register, by right and area."
)
def test_the_register_of_units(house: Guarded) -> None:
    desk = house.colleague(Role.DISPATCHER)
    wanted = {
        "name": "应急车7",
        "department": "市水务局",
        "capabilities": ["pump"],
        "area": "440983",
        "kind": "vehicle",
    }
    wanted |= {"lon_deg": 110.95, "lat_deg": 22.35, "device": "gps-7", "members": ["field-1"], "off": True}
    told = house.ask("PUT", "api/v1/units/register-7", desk, json=wanted)
    assert told.status_code == 200, told.text
    units = {one["id"]: one for one in house.ask("GET", "api/v1/units", desk).json()["units"]}
    assert units["register-7"] == told.json()
    assert (told.json()["kind"], told.json()["duty"]) == ("vehicle", "off")
    assert (units["shelter-1"]["kind"], units["depot-1"]["kind"]) == ("shelter", "materials")
    told = house.ask("PUT", "api/v1/units/register-7", desk, json=wanted | {"shifts": ["00:00-00:00"]})
    assert told.json()["on_shift"]
    wrong = house.ask("PUT", "api/v1/units/register-7", desk, json=wanted | {"shifts": ["25:00-03:00"]})
    assert wrong.status_code == 422 and "shifts" in wrong.text
    half = house.ask("PUT", "api/v1/units/register-7", desk, json=wanted | {"lat_deg": None})
    assert half.status_code == 422 and "力量 register-7 的驻地须同时有经度和纬度，或都没有" in half.text
    narrow = house.as_role(Role.DISPATCHER, Reach(areas=("440902",)))
    assert house.ask("PUT", "api/v1/units/register-7", narrow, json=wanted | {"area": "440902"}).status_code == 403
    assert house.ask("PUT", "api/v1/units/register-7", house.colleague(Role.FIELD), json=wanted).status_code == 403
    acts = [one.act.outcome for one in house.acts("units.edit") if one.act.subject == "unit:register-7"]
    assert acts == ["done", "done", "refused"], "half a home was no act, and the second asked at the door"
