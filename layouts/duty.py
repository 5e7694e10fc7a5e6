"""The duty desk 值班台: named places that `assets/duty*.js` fill from the live picture, and one dialog."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from dash import dcc, html

from catalogue.declared import Declared
from core.messages import text
from core.settings import Settings
from layouts import ids
from layouts.account_menu import account_menu
from layouts.attributes import data
from layouts.pages_menu import pages_menu


def _kinds(declared: Declared, language: str) -> dict[str, dict[str, Any]]:
    """What a case can be of, with the rules and types of events that packs say it is made of."""
    made_of = defaultdict(list)
    for row in declared.case_intake.values():
        made_of[row.kind].append(row.rule or row.event)
    return {
        one.id: {"name": one.name[language], "domain": one.domain, "of": made_of[one.id]}
        for one in declared.case_kinds.values()
    }


def duty(declared: Declared, settings: Settings, assets_version: str) -> html.Div:
    """The whole desk; empty places until the first frame."""
    language = settings.language
    site = {
        "base_path": settings.base_path,
        "language": language,
        "assets": assets_version,
        "metrics": {one.id: one.name[language] for one in declared.metrics.values()},
        "cases": _kinds(declared, language),
    }
    return html.Div(
        [
            dcc.Store(id=ids.DUTY_SITE, data=site),
            head(settings),
            html.Div(id=ids.DUTY_SESSION_BAR, className="duty-session-bar", role="alert"),
            html.Main(
                [
                    html.Section(
                        [
                            html.Header(id=ids.DUTY_COUNTS, className="duty-counts"),
                            html.Ol(id=ids.DUTY_LIST, className="duty-list", role="listbox"),
                        ],
                        className="duty-left dies",
                    ),
                    html.Section(id=ids.DUTY_DETAIL, className="duty-detail dies"),
                ],
                className="duty-body",
            ),
            _foot(language),
            html.Dialog(id=ids.DUTY_DIALOG, className="duty-dialog"),
            html.Div(id=ids.DUTY_TOAST, className="duty-toast", role="status"),
        ],
        className="duty",
    )


def head(settings: Settings) -> html.Header:
    """City, pages, clock, chain, and who is signed in."""
    return html.Header(
        [
            html.Div(id=ids.DUTY_IDENTITY, className="desk-identity dies"),
            html.Div(id=ids.SHELL_RESPONSES, className="shell-responses dies"),
            pages_menu(settings),
            html.Div(id=ids.DUTY_CLOCK, className="desk-clock lives"),
            html.Div(id=ids.DUTY_CHAIN, className="desk-chain dies"),
            account_menu(settings),
        ],
        className="desk-head",
    )


def _foot(language: str) -> html.Footer:
    """What rings, and keys that belong to no item."""
    keys = (("n", "entry"), ("m", "mute"), ("s", "try_sound"), ("p", "silence"), ("u", "take_back"), ("?", "help"))
    buttons = [
        html.Button([html.Kbd(key.upper()), text(f"duty.{what}", language)], type="button", **data(do=key))
        for key, what in keys
    ]
    return html.Footer([html.Div(id=ids.DUTY_RINGING, className="duty-ringing lives"), *buttons], className="duty-foot")
