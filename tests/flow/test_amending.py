"""What an amendment may bring: what could not have been reported is refused with its reason."""

from __future__ import annotations

import time
from typing import Any

import pytest
from guarded_site import Guarded

from core.accounts import Role

PLACE = {"lon_deg": 110.95, "lat_deg": 22.31, "accuracy_m": 40.0, "origin": "map", "said": "桥下"}


def amended(house: Guarded, case: str, **fields: Any) -> Any:
    wanted = {"key": f"amend-{time.time_ns()}", "verb": "amend", "fields": {"reason": "核实"} | fields}
    return house.ask("POST", f"api/v1/cases/{case}/steps", house.colleague(Role.DISPATCHER), json=wanted)


@pytest.fixture
def case(house: Guarded) -> str:
    wanted = {"key": f"amend-{time.time_ns()}", "kind": "water.road_water", "title": "待更正", "area": "440902"}
    told = house.ask("POST", "api/v1/cases", house.colleague(Role.DISPATCHER), json=wanted | {"place": PLACE})
    return str(told.json()["id"])


@pytest.mark.claim("COMMAND", "An amendment brings only what could have been reported; anything else is refused.")
@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "nothing"},
        {"kind": 7},
        {"title": ""},
        {"title": "长" * 121},
        {"grade": 5},
        {"grade": "二"},
        {"lead": ["水务局"]},
        {"place": "桥下"},
        {"place": PLACE | {"lon_deg": "110"}},
        {"place": PLACE | {"lat_deg": 91}},
        {"place": PLACE | {"accuracy_m": 0}},
        {"place": {"lon_deg": 110.9}},
        {"assisting": [7]},
    ],
)
def test_what_could_not_be_reported_is_refused(house: Guarded, case: str, wrong: dict[str, Any]) -> None:
    answer = amended(house, case, **wrong)
    assert answer.status_code == 422, answer.text
    told = house.ask("GET", f"api/v1/cases/{case}", house.colleague(Role.DISPATCHER)).json()
    assert (told["revision"], told["facts"]["title"]) == (1, "待更正")


def test_what_could_have_been_reported_is_taken(house: Guarded, case: str) -> None:
    right = {"kind": "water.pipe_burst", "title": "已更正", "grade": 3, "lead": "市水务局", "assisting": ["市公安局"]}
    answer = amended(house, case, **right, place=PLACE | {"accuracy_m": 15})
    assert answer.status_code == 200, answer.text
    facts = answer.json()["facts"]
    assert {name: facts[name] for name in right} == right and facts["place"]["accuracy_m"] == 15
