"""The menu of pages, for whoever looks at it."""

from __future__ import annotations

import pytest
from dash import html

from accounts.bearer import Bearer, Grant
from accounts.rights import held_by
from core.accounts import EVERYWHERE, Reach, Role
from core.settings import load
from layouts.pages_menu import LINKS, hide_shut, pages_menu


def _shown(role: Role | None) -> set[str]:
    """The pages whose links somebody of a role is shown, deep inside a page."""
    menu = pages_menu(load({}))
    page = html.Div([html.Header([menu])])
    grants = (Grant(role, Reach((EVERYWHERE,), (EVERYWHERE,)), "post"),) if role else ()
    hide_shut(page, held_by(Bearer("person:x", grants, locked=True)))  # who must sign in again is offered the same
    return {link.href.rpartition("/")[2] for link in menu.children if not link.hidden}


@pytest.mark.claim("ACCOUNTS", "The menu shows the pages that somebody may open, and no other.")
def test_the_menu_shows_what_may_be_opened() -> None:
    every = {page for page, _ in LINKS}
    assert _shown(Role.DUTY) == every
    assert every - _shown(Role.OPERATIONS) >= {"dispatch", "rules"} and "duty" in _shown(Role.OPERATIONS)
    assert every - _shown(Role.WALL) >= {"duty", "dispatch", "rules"} and "wall" in _shown(Role.WALL)
    assert _shown(None) == set()
