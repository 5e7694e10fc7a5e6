"""A citizen whose order was merged keeps his own reply: drafted once the main case is done, given by a person alone."""

from __future__ import annotations

from typing import Any

import pytest
from guarded_site import Guarded

from core.accounts import Role

WAY: tuple[tuple[str, Role, str, dict[str, Any]], ...] = (
    ("file", Role.DISPATCHER, "person", {}),
    ("dispatch", Role.DISPATCHER, "person", {"lead": "市水务局"}),
    ("take", Role.DISPATCHER, "relayed", {}),
    ("finish", Role.DISPATCHER, "relayed", {"result": "更换管道 12 米，已恢复供水"}),
    ("verify", Role.SHIFT_LEADER, "person", {}),
    ("close", Role.SHIFT_LEADER, "person", {"cause": "管道老化"}),
)


def reported(house: Guarded, key: str, kind: str, title: str) -> str:
    place = {"lon_deg": 111.02, "lat_deg": 22.41, "accuracy_m": 60, "origin": "gps"}
    wanted = {"key": key, "kind": kind, "title": title, "area": "440982", "place": place}
    return str(house.ask("POST", "api/v1/cases", house.colleague(Role.DISPATCHER), json=wanted).json()["id"])


def step(house: Guarded, case: str, verb: str, role: Role = Role.DISPATCHER, **wish: Any) -> dict[str, Any]:
    wanted = {"key": f"draft-{case}-{verb}", "verb": verb} | wish
    answer = house.ask("POST", f"api/v1/cases/{case}/steps", house.colleague(role), json=wanted)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.mark.claim(
    "COMMAND", "Closing the main case drafts each merged citizen's reply for confirmation and closes none by itself."
)
def test_the_main_case_drafts_and_closes_nothing(house: Guarded) -> None:
    lead = reported(house, "draft-lead", "water.pipe_burst", "南盛街水管爆裂")
    order = reported(house, "draft-order", "government_services.complaint", "家里没水 13812345678")
    step(house, order, "merge", fields={"into": lead})

    def member() -> dict[str, Any]:
        told = house.ask("GET", f"api/v1/cases/{lead}/members", house.colleague(Role.LEADER)).json()
        (one,) = told["members"]
        return dict(one)

    assert member()["reply_by_ms"] is not None and member()["reply"] == "", "nobody knows yet how it ends"
    for verb, role, origin, fields in WAY:
        step(house, lead, verb, role, origin=origin, fields=fields)
    drafted = member()["reply"]
    assert "更换管道 12 米，已恢复供水" in drafted and "家里没水" in drafted and "13812345678" not in drafted
    own = house.ask("GET", f"api/v1/cases/{order}", house.colleague(Role.DISPATCHER)).json()
    assert own["state"] == "merged" and "reply" not in {entry["verb"] for entry in own["log"]}
    assert next(one for one in own["clocks"] if one["obligation"] == "reply")["standing"] == "running"
    step(house, order, "reply", origin="relayed", fields={"text": drafted})
    assert (member()["reply_by_ms"], member()["reply"]) == (None, "")
