"""The page `docs/rights.md`, printed from the table of rights and the list of doors."""

from __future__ import annotations

from accounts.doors import DOORS, SHUT
from accounts.rights import OPEN, RIGHTS, Right
from core.accounts import Role
from core.messages import listed, text

_HEAD = """# Rights

Printed from `accounts/rights.py` and `accounts/doors.py` by `make docs`; tests hold it against them, and against every
route, feed, page and callback that the website registers. What does not stand here is refused to everybody.

A right belongs to a role, a role to a post, and a person has the rights of the posts that he holds now. **Place**: only
inside the areas and topics of the post. **Lasts**: kept by an expired session, so that picture and sound stay.
**Code**: only after the second factor."""


def as_markdown() -> str:
    """The page."""
    return "\n".join([_HEAD, "", *_roles(), "", *_rights(), "", *_doors()])


def _roles() -> list[str]:
    rows = [f"| `{role}` | {text(f'role.{role}', 'zh')} | {text(f'role.{role}', 'en')} |" for role in Role]
    return ["## Roles", "", "| role | 中文 | English |", "|---|---|---|", *rows]


def _rights() -> list[str]:
    rows = [_row(action, right) for action, right in RIGHTS.items()]
    return [
        "## Who may do what",
        "",
        "| action | what | roles | place | lasts | code |",
        "|---|---|---|---|---|---|",
        *rows,
    ]


def _row(action: str, right: Right) -> str:
    what = f"{text(f'action.{action}', 'zh')} · {text(f'action.{action}', 'en')}"
    roles = listed((text(f"role.{role}", "zh") for role in Role if role in right.roles), "zh")
    marks = " | ".join("●" if mark else "" for mark in (right.placed, right.lasts, right.strong))
    return f"| `{action}` | {what} | {roles} | {marks} |"


def _doors() -> list[str]:
    asked = {OPEN: "open to everybody"}
    rows = [f"| `{door}` | {asked.get(action, f'`{action}`')} |" for door, action in DOORS.items()]
    shut = [f"| `{door}` | shut |" for door in sorted(SHUT)]
    return ["## Doors", "", "| door | asks for |", "|---|---|", *rows, *shut]
