"""Every door of the website stands in the list of doors, and the list has no door that is not there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from dash import Dash

from accounts.bearer import NOBODY, Bearer, Grant
from accounts.doors import DOORS, SHUT, action_of, enter
from accounts.rights import OPEN, RIGHTS
from accounts.rights_page import as_markdown
from api.site import with_pages
from callbacks.site import PAGES, attach
from core.accounts import DEVICES, Reach, Role, Sensitivity
from core.messages import catalogue
from core.settings import load

ROOT = Path(__file__).parents[2]
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


@pytest.fixture(scope="module")
def registered(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The doors that the website really has."""
    pages: list[Dash] = []
    build = with_pages(lambda *parts: pages.append(attach(*parts)))
    var = tmp_path_factory.mktemp("var")
    given = {"CITYVITALS_PACKS": str(ROOT / "packs"), "CITYVITALS_VAR": str(var), "CITYVITALS_ACCOUNTS": "1"}
    site = build(load(given), "redis://127.0.0.1:1", lambda: None)
    found = set(_routes(site.app.routes)) | {f"page {page.split('/')[0]}" for page in PAGES}
    site.close()
    return found | {
        f"callback {callback['output'].strip('.').split('...')[0]}"
        for callback in pages[0]._callback_list
        if not callback.get("clientside_function")  # those run in the browser on what it already holds
    }


def _routes(routes: Iterable[Any], under: str = "") -> Iterator[str]:
    for route in routes:
        kind = type(route).__name__
        if kind == "_IncludedRouter":
            yield from _routes(route.original_router.routes, under + route.include_context.prefix)
        elif kind == "Mount":
            yield f"FILES {under}{route.path}"
        elif "WebSocket" in kind:
            yield f"WS {under}{route.path}"
        elif "{rest:path}" in route.path:
            yield f"* {under}{route.path}"  # answers 404 to every method
        else:
            yield from (f"{method} {under}{route.path}" for method in sorted(route.methods & METHODS))


@pytest.mark.claim("ACCOUNTS", "A door that the website has and the list of doors has not fails the build.")
def test_every_door_stands_in_the_list(registered: set[str]) -> None:
    assert registered - set(DOORS) - SHUT == set(), "doors without an action: add them to accounts/doors.py"


def test_the_list_names_no_door_that_is_not_there(registered: set[str]) -> None:
    assert set(DOORS) - registered == set()
    assert SHUT <= registered


def test_every_door_asks_for_a_declared_action() -> None:
    assert {action for action in DOORS.values() if action != OPEN} <= set(RIGHTS)


@pytest.mark.claim("ACCOUNTS", "An unknown door is shut to everybody, whatever they hold.")
@pytest.mark.parametrize("door", ["GET /api/v1/secrets", "POST /wall", "callback nobody.children", "", *sorted(SHUT)])
def test_an_unknown_door_is_shut(door: str) -> None:
    everything = tuple(Grant(role, Reach(sensitivity=Sensitivity.RESTRICTED), "all") for role in Role)
    for bearer in (NOBODY, Bearer("person:all", everything, strong=True)):
        decision = enter(bearer, door)
        assert not decision.allowed and decision.code == "unknown-door"


@pytest.mark.parametrize("role", list(Role))
def test_each_role_enters_exactly_the_doors_of_its_rights(role: Role) -> None:
    bearer = Bearer("person:one", (Grant(role, Reach(), "post"),), strong=True)
    for door, action in DOORS.items():
        assert action_of(door) == action
        wanted = action == OPEN or role in RIGHTS[action].roles
        assert enter(bearer, door).allowed == wanted, f"{role} at {door}"


def test_nobody_enters_only_what_is_open() -> None:
    assert {door for door in DOORS if enter(NOBODY, door).allowed} == {d for d, a in DOORS.items() if a == OPEN}


def test_every_role_and_action_has_its_words() -> None:
    words = catalogue()
    assert {code.removeprefix("role.") for code in words if code.startswith("role.")} == set(Role)
    assert {code.removeprefix("action.") for code in words if code.startswith("action.")} == set(RIGHTS)


def test_every_action_is_somebodys() -> None:
    assert not [action for action, right in RIGHTS.items() if not right.roles]
    people = set().union(*(right.roles for right in RIGHTS.values())) - DEVICES
    assert people == set(Role) - DEVICES


def test_the_page_of_rights_is_printed_from_the_table() -> None:
    assert (ROOT / "docs/rights.md").read_text("utf-8").strip() == as_markdown().strip(), "run `make docs`"
