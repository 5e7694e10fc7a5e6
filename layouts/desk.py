"""The frame of desk pages: a narrow header that tells city, stamp and time, and a body that follows the picture."""

from __future__ import annotations

from dash import dcc, html

from core.messages import text
from core.settings import Settings
from layouts import explain, ids
from layouts.account_menu import account_menu
from layouts.pages_menu import pages_menu


def desk(settings: Settings, assets_version: str) -> html.Div:
    """An empty desk page; its body is filled for the address and again whenever its figures change."""
    language = settings.language
    return html.Div(
        [
            dcc.Store(
                id=ids.DESK_SITE,
                data={"base_path": settings.base_path, "language": language, "assets": assets_version},
            ),
            dcc.Store(id=ids.DESK_REVISION, data=0),
            dcc.Store(id=ids.DESK_FILTERED),
            html.Header(
                [
                    html.Div(id=ids.DESK_IDENTITY, className="desk-identity dies"),
                    html.Div(id=ids.SHELL_RESPONSES, className="shell-responses dies"),
                    pages_menu(settings),
                    dcc.Input(
                        id=ids.DESK_FILTER,
                        type="search",
                        placeholder=text("desk.filter", language),
                        className="desk-filter",
                        autoComplete="off",
                    ),
                    html.Div(id=ids.DESK_CLOCK, className="desk-clock lives"),
                    html.Div(id=ids.DESK_CHAIN, className="desk-chain dies"),
                    account_menu(settings),
                ],
                className="desk-head",
            ),
            html.Main(id=ids.DESK_BODY, className="desk-body dies"),
            explain.section(language),
        ],
        className="desk",
    )
