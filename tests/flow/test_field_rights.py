"""A team at the phone: whom it may name, what it may see, when it hears of its task."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from typing import Any

import pytest
from guarded_site import Guarded
from prerequisites import eventually

from core.accounts import Reach, Role
from store.units import put_unit


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


def test_a_task_that_is_not_among_the_most_urgent_reaches_its_crew(house: Guarded) -> None:
    """The picture shows no case of 900 that are open; the telephone hears of each step all the same."""
    desk, crew = house.colleague(Role.DISPATCHER), house.colleague(Role.FIELD)
    told = {"key": f"beyond-{time.time_ns()}", "kind": "water.road_water", "title": "桥下积水", "area": "440981"}
    case = house.ask("POST", "api/v1/cases", desk, json=told).json()["id"]
    load = {"open": 900, "states": {}, "late": 0, "held": 0}
    house.picture.change({"case_load": {"main": load}})

    def stepped(verb: str, who: dict[str, str] = desk, **more: Any) -> None:
        wish = {"key": f"beyond-{time.time_ns()}", "verb": verb} | more
        answer = house.ask("POST", f"api/v1/cases/{case}/steps", who, json=wish)
        assert answer.status_code == 200, answer.text

    def heard(seen: str) -> str:
        return str(house.ask("GET", f"m/changes?unit=patrol-2&seen={seen}", crew).json()["seen"])

    nothing = heard("")
    stepped("file")
    stepped("dispatch", fields={"lead": "市水务局"})
    stepped("notify", assignment="t", fields={"unit": "patrol-2"})
    eventually(lambda: heard(nothing) != nothing)
    sent = heard("")
    stepped("accept", crew, assignment="t")
    assert heard(sent) not in (sent, nothing)
    stepped("clear", crew, assignment="t")
    assert heard("") == nothing
    house.picture.change({}, {"case_load": ["main"]})


@pytest.mark.claim(
    "COMMAND", "A phone opens with the unit on whose roster its owner stands; he may choose another one."
)
def test_the_phone_knows_whose_roster_its_owner_is_on(house: Guarded) -> None:
    person = house.person(Role.FIELD, login="roster-li", name="李在册")
    who = house.as_person(person)
    made = replace(house.picture.declared.units["pump-1"], capabilities=("nothing",))  # nobody else's case needs it
    rosters = {"roster-1": ("roster-li", "x"), "roster-2": (), "roster-3": ("roster-li",)}
    crews = {
        name: replace(made, id=name, name=f"在册{name[-1]}队", members=members, off=name == "roster-3")
        for name, members in rosters.items()
    }
    with house.office.database.transaction() as connection:
        for unit in crews.values():
            put_unit(connection, unit)
    assert "<b>在册1队</b>" in house.ask("GET", "m", who).text, "one that is out of service is no choice"
    assert "<b>在册2队</b>" in house.ask("GET", "m?unit=roster-2", who).text
    assert re.findall(r'<option value="([^"]+)"', house.ask("GET", "m?unit=-", who).text)[0] == "roster-1"
    with house.office.database.transaction() as connection:
        put_unit(connection, replace(crews["roster-2"], members=("roster-li",)))
    offered = re.findall(r'<option value="([^"]+)"', house.ask("GET", "m", who).text)
    assert offered[:2] == ["roster-1", "roster-2"], "of several he chooses, his own first"
