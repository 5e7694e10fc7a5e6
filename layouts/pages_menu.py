"""The pages of the city in the header of every desk page: those that whoever looks may open."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from dash import html
from dash.development.base_component import Component

from accounts.doors import action_of
from core.messages import text
from core.settings import Settings
from layouts.attributes import data

LINKS = (
    ("wall", "desk.wall"),
    ("duty", "duty.title"),
    ("dispatch", "dispatch.title"),
    ("plans", "plan.title"),
    ("supervision", "order.title"),
    ("units", "units.title"),
    ("warnings", "duty.warnings"),
    ("indicators", "desk.indicators"),
    ("rules", "rules.title"),
)


def pages_menu(settings: Settings, further: Iterable[tuple[str, str]] = ()) -> html.Nav:
    """Links to all pages. further: (page, code of its word) of what belongs to the page at hand.

    Each says which action its page asks for, so that it can be hidden: here for whoever asks, by `assets/account.js`
    for the next person at the same screen.
    """
    language, base = settings.language, settings.base_path
    links = [
        html.A(text(code, language), href=base + page, **data(needs=action_of(f"GET /{page}")))
        for page, code in (*LINKS, *further)
    ]
    return html.Nav(links, className="pages-menu")


def hide_shut(page: Component, held: Collection[str]) -> None:
    """Hide the links of a page for whose pages somebody lacks the right. held: the actions that he may do somewhere."""
    for part in page._traverse():
        needs = getattr(part, "data-needs", None)
        if needs is not None:
            part.hidden = needs not in held
