"""What a kind of case asks for beyond the table: refused by name where it is missing, asked for on the desk, kept."""

from __future__ import annotations

import time
from typing import Any

import pytest
from guarded_site import Guarded
from lending import Chromium
from visits import DESK, signed_in, until

from core.accounts import Role
from core.messages import text

pytestmark = pytest.mark.browser
# The whole way of a case: step, who takes it, what every kind needs for it.
WAY: tuple[tuple[str, Role, dict[str, Any]], ...] = (
    ("file", Role.DISPATCHER, {}),
    ("dispatch", Role.DISPATCHER, {"lead": "市水务局"}),
    ("take", Role.DISPATCHER, {}),
    ("finish", Role.DISPATCHER, {"result": "已处置"}),
    ("verify", Role.SHIFT_LEADER, {}),
    ("close", Role.SHIFT_LEADER, {}),
    ("evaluate", Role.SHIFT_LEADER, {"score": 90}),
)


def post(house: Guarded, role: Role, path: str, **wanted: Any) -> tuple[int, dict[str, Any]]:
    body = {"key": f"needs-{time.time_ns()}"} | wanted
    answer = house.ask("POST", f"api/v1/{path}", house.colleague(role), json=body)
    return answer.status_code, dict(answer.json())


def case_before(house: Guarded, kind: str, verb: str) -> str:
    """A case of a kind that stands right before a step, all asked for on its way given."""
    needs = house.picture.declared.case_kinds[kind].needs
    _, told = post(house, Role.DISPATCHER, "cases", kind=kind, title=f"{kind} 缺什么", area="440902")
    for step, role, fields in WAY:
        if step == verb:
            break
        further = dict.fromkeys(needs.get(step, ()), "有")  # type: ignore[call-overload]
        origin = "relayed" if step in ("take", "finish") else "person"
        status, answer = post(
            house, role, f"cases/{told['id']}/steps", verb=step, fields=fields | further, origin=origin
        )
        assert status == 200, answer
    return str(told["id"])


@pytest.mark.claim("COMMAND", "What a kind needs for a step is refused by its name while it is missing, at every step.")
def test_each_kind_asks_at_each_step(house: Guarded) -> None:
    asking = [
        (kind.id, verb, names)
        for kind in house.picture.declared.case_kinds.values()
        for verb, names in kind.needs.items()
    ]
    assert asking, "no kind of our packs asks for anything"
    for kind, verb, names in asking:
        role, fields = next((role, fields) for step, role, fields in WAY if step == verb)
        path = f"cases/{case_before(house, kind, verb)}/steps"
        for missing in names:
            given = dict.fromkeys(set(names) - {missing}, "有")
            status, answer = post(house, role, path, verb=verb, fields=fields | given)
            assert (status, answer["error"]["code"]) == (422, "needs"), (kind, verb, missing)
            assert text(f"dispatch.field_{missing}", "zh") in answer["error"]["sentence"]
        status, answer = post(house, role, path, verb=verb, fields=fields | dict.fromkeys(names, "有"))
        assert status == 200, answer


@pytest.mark.claim("COMMAND", "The desk asks for what the kind of a case needs before the step, and its log keeps it.")
def test_the_desk_asks_for_it(chromium: Chromium, house: Guarded) -> None:
    case = case_before(house, "water.pipe_burst", "close")
    with signed_in(chromium, house, f"dispatch?text={case}", house.colleague(Role.SHIFT_LEADER), DESK) as page:
        until(page, "id => document.querySelector('#dispatch-case article header small')?.textContent === id", case)
        page.keyboard.press("e")
        field = page.locator("#dispatch-dialog input[name=cause]")
        assert field.get_attribute("required") is not None
        field.fill("管道老化")
        page.keyboard.press("Enter")
        until(page, "document.querySelector('.case-log li span')?.textContent === '原因：管道老化'")
