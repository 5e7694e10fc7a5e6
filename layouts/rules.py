"""The frames of `/rules` and `/rules/<rule>`: the list of rules, and the desk that `assets/rules*.js` fill."""

from __future__ import annotations

from dash import dcc, html
from dash.development.base_component import Component

from core.settings import Settings
from layouts import ids
from layouts.account_menu import account_menu
from layouts.pages_menu import pages_menu


def rules_page(settings: Settings, assets_version: str, rule: str) -> html.Div:
    """The list, or the desk of one rule."""
    return html.Div(
        [*_stores(settings, assets_version), _head(settings), *(_desk() if rule else [_list()])],
        className="desk rules" + (" rules-desk" if rule else ""),
    )


def _stores(settings: Settings, assets_version: str) -> list[Component]:
    site = {"base_path": settings.base_path, "language": settings.language, "assets": assets_version}
    return [dcc.Store(id=ids.DESK_SITE, data=site), dcc.Store(id=ids.DESK_REVISION, data=0)]


def _head(settings: Settings) -> html.Header:
    return html.Header(
        [
            html.Div(id=ids.DESK_IDENTITY, className="desk-identity dies"),
            html.Div(id=ids.SHELL_RESPONSES, className="shell-responses dies"),
            pages_menu(settings, further=[("labels", "account.page-labels")]),
            html.Div(id=ids.DESK_CLOCK, className="desk-clock lives"),
            html.Div(id=ids.DESK_CHAIN, className="desk-chain dies"),
            account_menu(settings),
        ],
        className="desk-head",
    )


def _list() -> html.Main:
    return html.Main(id=ids.RULES_LIST, className="desk-body dies")


def _desk() -> list[Component]:
    """Stores go round: what is opened → what is asked → what came of it; acts come back as what is opened."""
    stores = (ids.RULES_SEED, ids.RULES_ASK, ids.RULES_DRAWN, ids.RULES_SWEEP_ASK, ids.RULES_SWEPT, ids.RULES_ACT)
    middle = [
        html.Div(id=ids.RULES_TOOLS, className="rules-tools"),
        html.Div(id=ids.RULES_CHART, className="rules-chart"),
        html.Div(
            [html.Section(id=ids.RULES_SWEEP, className="rules-sweep"), html.Section(id=ids.RULES_LOAD)],
            className="rules-below",
        ),
    ]
    right = [
        html.Div(id=ids.RULES_CONSEQUENCES, className="rules-consequences"),
        html.Aside(id=ids.RULES_LEFT_OUT, className="rules-left-out"),
        html.Footer(id=ids.RULES_ACTS, className="rules-acts"),
    ]
    body = [
        html.Section(id=ids.RULES_FORM, className="rules-form"),
        html.Section(middle, className="rules-middle"),
        html.Section(right, className="rules-right"),
    ]
    return [
        *(dcc.Store(id=one) for one in stores),
        dcc.Store(id=ids.RULES_PAINTED),
        html.Div(id=ids.RULES_TITLE, className="rules-title"),
        html.Main(body, className="rules-body dies"),
    ]


def refused(sentence: str) -> html.P:
    """Said instead of the list or the desk to whom may not see it."""
    return html.P(sentence, className="desk-nothing")
