"""A team that is responsible for one district and one topic, at the phone: whom it may name, what it may see."""

from __future__ import annotations

import re

import pytest
from guarded_site import Guarded

from core.accounts import Reach, Role


@pytest.mark.claim("ACCOUNTS", "Who helps comes from anywhere: a narrow reach hides cases of others, never units.")
def test_a_narrow_reach_knows_all_units_and_no_case_of_others(house: Guarded) -> None:
    narrow = house.as_role(Role.FIELD, Reach(("440982",), ("flood",)))
    wide = house.colleague(Role.FIELD)
    offered = [re.findall(r'<option value="([^"]+)"', house.ask("GET", "m", who).text) for who in (narrow, wide)]
    assert offered[0] == offered[1] and "pump-1" in offered[0]
    known = [house.ask("GET", "api/v1/units", who).json()["units"] for who in (narrow, wide)]
    assert [one["id"] for one in known[0]] == [one["id"] for one in known[1]]
    told = {"key": "narrow-reach-0001", "kind": "water.road_water", "title": "桥下积水", "area": "440981"}
    case = house.ask("POST", "api/v1/cases", house.colleague(Role.DISPATCHER), json=told).json()["id"]
    assert house.ask("GET", f"api/v1/cases/{case}", narrow).status_code == 404  # nor that there is one
    assert house.ask("GET", f"api/v1/cases/{case}", wide).status_code == 200
