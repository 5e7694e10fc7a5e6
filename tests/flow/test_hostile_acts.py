"""What a page never sends: acts on cases of others, photos by a wrong path, fields that are not his to set, tricks."""

from __future__ import annotations

import re
from typing import Any

import pytest
from guarded_site import Guarded
from test_photos import picture, sent

from accounts.doors import DOORS
from core.accounts import Reach, Role
from core.clock import real_ms

HERE, THERE = Reach(("440982",)), "440981"
SENT: dict[str, Any] = {"key": "hostile-0001", "verb": "note", "fields": {"text": "x"}}


def a_case(house: Guarded, name: str) -> str:
    told = {"key": f"hostile-{name}", "kind": "water.road_water", "title": "桥下积水", "area": THERE}
    return str(house.ask("POST", "api/v1/cases", house.colleague(Role.DISPATCHER), json=told).json()["id"])


def whole(house: Guarded, case: str) -> dict[str, Any]:
    return dict(house.ask("GET", f"api/v1/cases/{case}", house.colleague(Role.DISPATCHER)).json())


@pytest.mark.claim("ACCOUNTS", "At every door of a case, one of another area is refused, and nothing of it changes.")
def test_a_case_of_another_area_is_refused_at_every_door(house: Guarded) -> None:
    case = a_case(house, "elsewhere")
    before = whole(house, case)
    doors = [door.split(" ", 1) for door in DOORS if "{case}" in door]
    assert len(doors) > 15
    for role in (Role.DISPATCHER, Role.SUPERVISOR, Role.LIAISON):
        who = house.as_role(role, HERE)
        for method, template in doors:
            path = re.sub(r"\{[^}]*\}", "0", template.replace("{case}", case))[1:]
            answer = house.ask(method, path, who, **({} if method == "GET" else {"json": SENT}))
            assert 400 <= answer.status_code < 500, f"{role} {method} {path}: {answer.status_code} {answer.text[:200]}"
            assert "桥下积水" not in answer.text
    assert whole(house, case)["log"] == before["log"]


@pytest.mark.claim("ACCOUNTS", "A photo is shown by the path of its own case alone, whatever hash somebody knows.")
def test_a_photo_by_the_path_of_another_case_is_not_there(house: Guarded) -> None:
    own, other = a_case(house, "with-photo"), a_case(house, "without")
    sha256 = sent(house, own, picture(231)).json()["photos"][0]["sha256"]
    who = house.colleague(Role.DISPATCHER)
    assert house.ask("GET", f"api/v1/cases/{own}/photos/{sha256}", who).status_code == 200
    for path in (
        f"api/v1/cases/{other}/photos/{sha256}",
        f"api/v1/cases/{other}/photos/{sha256}/original",
        f"api/v1/cases/{other}/photos/..%2f..%2f{own}%2fphotos%2f{sha256}",
        f"api/v1/cases/{own}/photos/..%2f{sha256}",
        f"api/v1/cases/{own}/photos/{sha256[:2]}%2f{sha256}",
    ):
        assert house.ask("GET", path, who).status_code in (403, 404, 422), path


@pytest.mark.claim(
    "ACCOUNTS", "Fields that a step does not set change nothing of a case, and no form of them breaks it."
)
@pytest.mark.parametrize(
    "forged",
    [
        {"lead": "某局", "area": "440982", "kind": "x", "grade": 1, "state": "closed", "correlation": "w", "number": 9},
        {"photo": "x", "by": "person:admin", "name": "局长", "at_ms": 1, "sensitivity": 0},
        {"photo": {"sha256": "0" * 64}, "units": 5, "caller": {"name": "x"}, "items": [[]], "into": {}},
        {"photo": {"sha256": 5}, "place": {"lon_deg": "x"}, "result": [], "discloses": True},
    ],
)
def test_forged_fields_of_a_step_change_nothing(house: Guarded, forged: dict[str, Any]) -> None:
    case, who = a_case(house, f"forged-{real_ms()}"), house.colleague(Role.DISPATCHER)
    before = whole(house, case)
    wish = {"key": f"forged-{real_ms()}", "verb": "note", "fields": {"text": "x"} | forged}
    assert house.ask("POST", f"api/v1/cases/{case}/steps", who, json=wish).status_code in (200, 422)
    after = whole(house, case)
    assert {one: after[one] for one in ("state", "facts")} == {one: before[one] for one in ("state", "facts")}
    assert all(one["by"] == before["log"][0]["by"] for one in after["log"])
    for path in (
        f"api/v1/cases/{case}/photos",
        f"reports/{case}",
        f"reports/{case}/review",
        "m",
        f"dispatch?case={case}",
    ):
        assert house.ask("GET", path, who).status_code < 500, path


@pytest.mark.parametrize("verb", ["report", "join", "merge", "escalate", "overdue", "correct", "strike"])
def test_a_step_that_is_no_persons_is_refused(house: Guarded, verb: str) -> None:
    case, liaison = a_case(house, f"verb-{verb}-{real_ms()}"), house.as_role(Role.LIAISON, Reach((THERE,)))
    wish = {"key": f"verb-{real_ms()}", "verb": verb, "fields": SENT["fields"] | {"kind": "water.road_water"}}
    before = whole(house, case)
    answer = house.ask("POST", f"api/v1/cases/{case}/steps", liaison, json=wish)
    assert 400 <= answer.status_code < 500, answer.text
    assert whole(house, case)["log"] == before["log"]


@pytest.mark.claim("ACCOUNTS", "No body of the API takes a field that it does not declare.")
def test_no_body_takes_what_it_does_not_declare(house: Guarded) -> None:
    told = house.ask("GET", "api/openapi.json", house.colleague(Role.DUTY)).json()
    models = told["components"]["schemas"]

    def reached(schema: Any) -> set[str]:
        if isinstance(schema, list):
            return set().union(*map(reached, schema))
        if not isinstance(schema, dict):
            return set()
        named = {str(schema["$ref"]).rsplit("/", 1)[1]} if "$ref" in schema else set()
        return named.union(*(reached(one) for one in schema.values()))

    bodies = [one["requestBody"] for path in told["paths"].values() for one in path.values() if "requestBody" in one]
    wanted, seen = reached(bodies), set[str]()
    while wanted - seen:
        seen |= wanted
        wanted = seen.union(*(reached(models[one]) for one in seen))
    objects = {one for one in seen if models[one].get("type") == "object"}
    assert len(objects) > 10
    assert {one for one in objects if models[one].get("additionalProperties") is not False} == set()


@pytest.mark.parametrize(
    "header", ["X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Prefix", "X-Forwarded-User", "Remote-User"]
)
def test_headers_of_proxies_open_nothing(house: Guarded, header: str) -> None:
    who = house.colleague(Role.DUTY) | {header: "/people", "X-HTTP-Method-Override": "DELETE"}
    assert house.ask("GET", "people", who).status_code in (303, 403)
    assert (
        house.ask("GET", "api/v1/me", who).json()["name"]
        == house.ask("GET", "api/v1/me", house.colleague(Role.DUTY)).json()["name"]
    )
    assert house.ask("GET", "api/v1/warnings", {header: "duty-1"}).status_code == 401


@pytest.mark.parametrize(
    "output",
    [
        '{"index":1,"type":"rules-seed"}.data',
        "..rules-seed.data...rules-list.children..",
        "rules-seed.data@0123",
        '..{"index":["ALL"],"type":"x"}.children..',
        "shell-page.children...people.children",
        "_dash-layout",
    ],
)
def test_forged_outputs_of_callbacks_are_refused(house: Guarded, output: str) -> None:
    who = house.as_role(Role.OPERATIONS)  # sees pages, and no rules
    body = {"output": output, "outputs": [], "inputs": [], "state": [], "changedPropIds": []}
    answer = house.ask("POST", "_dash-update-component", who, json=body)
    assert answer.status_code >= 400, answer.text[:200]  # Dash says 500 of an output that no page has
