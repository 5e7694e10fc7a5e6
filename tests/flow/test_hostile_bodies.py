"""Pages and their forms under whatever a hostile person types, and doors under more than anybody sends."""

from __future__ import annotations

import contextlib
import random
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
import requests
from guarded_site import Guarded, standing_house

from accounts.doors import DOORS, action_of
from accounts.rights import OPEN, RIGHTS
from core.accounts import ADMINISTRATORS, Role

PAGE = re.compile(r"(GET|POST) /(?!api|live|_|metrics|healthz|sign-out|audit/export)")
ODD: tuple[str, ...] = (
    "",
    "a",
    "\0",
    "0",
    "-1",
    "9" * 20,
    "1e309",
    "2026-02-30",
    "9999-12-31",
    "0001-01-01",
    "duty-1",
    "*",
    "系统",
)
ODD += ("a" * 5000, "' OR 1=1 --", "<script>", "../../etc", "%00", "😀", "1,2,3", "restricted", "PUBLIC")
FIELDS = (
    "login name phone id parent post from until rank role areas topics grade q page shut action area topic source code "
    "old new again workbook told next actions seat number before reason key unit"
).split()
MB = bytes(1024 * 1024)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A house of its own: what is sent here changes it."""
    with standing_house(tmp_path_factory.mktemp("house")) as opened:
        yield opened


def _who(site: Guarded, door: str) -> dict[str, str]:
    """Somebody who is let through a door."""
    action = action_of(door)
    assert action is not None, door
    if action == OPEN:
        return site.colleague(Role.DUTY)
    return site.colleague(min(RIGHTS[action].roles, key=lambda role: (role in ADMINISTRATORS, role)))


@pytest.mark.claim("ACCOUNTS", "Whatever is typed into a page, its address or its forms, no answer is a 5xx.")
@pytest.mark.parametrize("times", [1, pytest.param(60, marks=pytest.mark.long)])
def test_nothing_typed_into_a_page_breaks_it(site: Guarded, times: int) -> None:
    rng = random.Random(times)
    for door in sorted(one for one in DOORS if PAGE.match(one)):
        method, place = door.split(" /")
        for _ in range(times):
            path = re.sub(r"\{[^}]*\}", lambda _: quote(rng.choice(ODD[1:]), safe=""), place)
            sent = {rng.choice(FIELDS): rng.choice(ODD) for _ in range(rng.randint(1, 8))}
            given: dict[str, Any] = {"params": sent} if method == "GET" else {"data": sent}
            answer = site.ask(method, path, _who(site, door), headers={"Accept": "text/html"}, **given)
            assert answer.status_code < 500, (door, path, sent)


@pytest.mark.claim("ACCOUNTS", "What is larger than anything of ours is refused while it comes, from strangers too.")
@pytest.mark.parametrize("path", ["api/v1/me/password", "_dash-update-component", "api/v1/cases"])
def test_a_huge_body_is_not_kept(site: Guarded, path: str) -> None:
    who = site.colleague(Role.DISPATCHER) if path == "api/v1/cases" else {}
    json = {"Content-Type": "application/json"}
    for body in (2 * MB, (MB for _ in range(64))):  # with its length told ahead, and without
        with contextlib.suppress(requests.ConnectionError):  # the server need not listen to the end
            assert site.ask("POST", path, who, data=body, headers=json).status_code in {403, 413}
