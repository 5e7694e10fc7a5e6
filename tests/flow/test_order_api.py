"""Orders and responses over REST: the whole way of each, who may not, and that a repeat does nothing."""

from __future__ import annotations

import time
from typing import Any

import pytest
from guarded_site import Guarded

from core.accounts import Reach, Role


def key() -> str:
    return f"rest-{time.time_ns()}"


def sent(house: Guarded, role: Role, path: str, status: int = 200, **wanted: Any) -> dict[str, Any]:
    answer = house.ask(
        "POST",
        f"api/v1/{path}",
        house.colleague(role),
        json=wanted if path.endswith("reads") else {"key": key()} | wanted,
    )
    assert answer.status_code == status, answer.text
    return dict(answer.json())


def got(house: Guarded, who: dict[str, str], path: str, status: int = 200) -> dict[str, Any]:
    answer = house.ask("GET", f"api/v1/{path}", who)
    assert answer.status_code == status, answer.text
    return dict(answer.json())


def ids_about(house: Guarded, who: dict[str, str], about: str) -> set[str]:
    """The numbers of the orders that stand on a subject; those of other proofs among them."""
    return {one["id"] for one in got(house, who, f"orders?about={about}")["orders"]}


@pytest.mark.claim(
    "COMMAND", "An order is issued, answered, sent back, answered again and verified over REST, by right."
)
def test_an_order_goes_its_whole_way(house: Guarded) -> None:
    supervisor, once = house.colleague(Role.SUPERVISOR), key()
    wanted = {"text": "清理接口路口积水", "owner": "市水务局", "working_days": 5, "area": "440903", "key": once}
    order = sent(house, Role.SUPERVISOR, "orders", **wanted)
    assert sent(house, Role.SUPERVISOR, "orders", **wanted)["id"] == order["id"], "the same key issues one"
    assert (order["state"], order["light"], order["area"]) == ("open", "in-time", "440903")
    path = f"orders/{order['id']}/acts"
    sent(house, Role.DISPATCHER, "orders", 403, **wanted | {"key": key()})
    sent(house, Role.SUPERVISOR, "orders", 403, **wanted | {"key": key(), "kind": "instruct"})
    sent(house, Role.SUPERVISOR, path, 422, deed="verify")
    sent(house, Role.SUPERVISOR, path, 422, deed="issue")
    replied = sent(house, Role.DUTY, path, deed="reply", text="已清理", revision=order["revision"])
    assert replied["state"] == "replied"
    stale = sent(house, Role.SUPERVISOR, path, 409, deed="redo", reason="照片看不清", revision=order["revision"])
    assert stale["error"]["sentence"]
    assert sent(house, Role.SUPERVISOR, path, deed="redo", reason="照片看不清")["state"] == "open"
    sent(house, Role.DUTY, path, deed="reply", text="已补拍")
    assert sent(house, Role.SUPERVISOR, path, deed="verify")["state"] == "done"
    assert order["id"] in {one["id"] for one in got(house, supervisor, "orders?over=true")["orders"]}
    assert order["id"] not in {one["id"] for one in got(house, supervisor, "orders")["orders"]}
    elsewhere = house.as_role(Role.SUPERVISOR, Reach(("440981",)))
    got(house, elsewhere, f"orders/{order['id']}", 404)
    got(house, supervisor, "orders/none", 404)


@pytest.mark.claim(
    "COMMAND", "Over REST a leader marks as read and writes on a warning, a case, an indicator, by right."
)
def test_a_leader_writes_on_what_he_sees(house: Guarded) -> None:
    house.picture.show("typhoon", 3)
    house.await_picture()
    leader = house.colleague(Role.LEADER)
    warning = sorted(house.picture.sections["warnings"])[0]
    indicator = next(iter(house.picture.declared.indicators))
    case = sent(house, Role.DISPATCHER, "cases", kind="water.road_water", title="批示的案卷", area="440902")["id"]
    written = {"text": "请核实并回复", "owner": "市水务局", "working_days": 3, "kind": "instruct"}
    for about in (f"warning:{warning}", f"indicator:{indicator}/440900", f"case:{case}"):
        before = ids_about(house, leader, about)
        issued = sent(house, Role.LEADER, "orders", about=about, **written)
        assert (issued["about"], issued["kind"]) == (about, "instruct") and issued["title"]
        assert ids_about(house, leader, about) - before == {issued["id"]}
        assert sent(house, Role.LEADER, "orders/reads", about=about)["about"] == about
        sent(house, Role.DISPATCHER, "orders/reads", 403, about=about)
        sent(house, Role.SUPERVISOR, "orders", 403, about=about, **written)
        assert issued["id"] in house.ask("GET", f"supervision/about?key={about}", leader).text, "as its page shows it"
    for unknown in ("warning:none", "indicator:none/440900", "case:none", "planet:mars"):
        sent(house, Role.LEADER, "orders", 404, about=unknown, **written)


@pytest.mark.claim("COMMAND", "A response is proposed, approved, worked and ended over REST, each by whoever may.")
def test_a_response_goes_its_whole_way(house: Guarded) -> None:
    plan = sorted(house.picture.declared.plans)[0]
    begun = {"plan": plan, "level": 2, "areas": ["440983"], "reason": "接口演练", "exercise": True}
    response = sent(house, Role.DUTY, "responses", **begun)
    path = f"responses/{response['id']}/acts"
    assert response["state"] == "proposed" and "approve" in response["possible"]
    sent(house, Role.SHIFT_LEADER, path, 403, deed="approve")  # Ⅱ is a leader's
    approved = sent(house, Role.LEADER, path, deed="approve")
    assert (approved["state"], approved["level"], bool(approved["steps"])) == ("in-force", 2, True)
    first = next(one["step"] for one in approved["steps"] if one["progress"] != "waits")
    ticked = sent(house, Role.DUTY, path, deed="tick", step=first)
    assert next(one for one in ticked["steps"] if one["step"] == first)["progress"].startswith("done")
    assert sent(house, Role.LEADER, path, deed="change", level=3, reason="减弱")["level"] == 3
    listed = got(house, house.colleague(Role.LEADER), "responses")["responses"]
    assert response["id"] in {one["id"] for one in listed}
    machine = house.as_role(Role.MACHINE)
    assert got(house, machine, f"responses/{response['id']}")["level"] == 3, "other systems read it by a token"
    assert house.ask("POST", f"api/v1/{path}", machine, json={"key": key(), "deed": "review"}).status_code == 403
    assert sent(house, Role.LEADER, path, deed="end", reason="演练结束")["state"] == "ended"
    sent(house, Role.LEADER, path, 422, deed="end", reason="再来一次")
    sent(house, Role.LEADER, path, 422, deed="propose")
