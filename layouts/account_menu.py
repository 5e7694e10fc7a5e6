"""Who is signed in, at the right of every desk page's header; `assets/account.js` fills it."""

from __future__ import annotations

from dash import html

from core.settings import Settings
from layouts import ids
from layouts.attributes import data


def account_menu(settings: Settings) -> html.Div:
    """The place of the menu. Without accounts nobody is signed in, and it stays empty."""
    told = data(base=settings.base_path) if settings.accounts else {}
    return html.Div(id=ids.SHELL_ACCOUNT, className="account-menu lives", **told)
