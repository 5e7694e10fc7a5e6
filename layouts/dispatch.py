"""The dispatch desk 调度台: named places that `assets/dispatch*.js` fill from the live feed and the API."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from catalogue.declared import Declared
from core.messages import text
from core.settings import Settings
from dispatch.exchange import peers_of
from dispatch.steps import STEPS, UNIT_STEPS
from dispatch.wording import own_words
from geo.areas import AreaLevel
from layouts import ids
from layouts.attributes import data
from layouts.duty import head
from layouts.incidents import incidents


def dispatch(declared: Declared, settings: Settings, assets_version: str) -> html.Div:
    """The whole desk; empty places until the first answer."""
    language = settings.language
    return html.Div(
        [
            dcc.Store(id=ids.DISPATCH_SITE, data=site_of(declared, settings, assets_version)),
            head(settings),
            incidents(settings),
            html.Main(
                [
                    html.Section(
                        [
                            html.Header(id=ids.DISPATCH_COUNTS, className="dispatch-counts"),
                            html.Div(id=ids.DISPATCH_FILTER, className="dispatch-filter"),
                            html.Ol(id=ids.DISPATCH_QUEUE, className="dispatch-queue", role="listbox"),
                        ],
                        className="dispatch-left dies",
                    ),
                    html.Section(id=ids.DISPATCH_CASE, className="dispatch-case dies"),
                    _right(declared, language),
                ],
                className="dispatch-body",
            ),
            _foot(language),
            html.Dialog(id=ids.DISPATCH_DIALOG),
            html.Div(id=ids.DISPATCH_TOAST, className="duty-toast", role="status"),
        ],
        className="dispatch",
    )


def site_of(declared: Declared, settings: Settings, assets_version: str) -> dict[str, Any]:
    """What the scripts must know of the city: kinds, areas in official order, rights of each step, county shapes."""
    language = settings.language
    kinds = {
        kind.id: {"name": kind.name[language], "lead": kind.lead, "capabilities": list(kind.capabilities)}
        | {"code": kind.code, "class": text(f"case.class-{kind.kind_class}", language), "grade": int(kind.grade)}
        | {"needs": {str(verb): list(fields) for verb, fields in kind.needs.items()}}
        for kind in declared.case_kinds.values()
    }
    areas = [*declared.areas.at(AreaLevel.COUNTY), declared.areas.city]
    return {
        "base_path": settings.base_path,
        "language": language,
        "assets": assets_version,
        "kinds": kinds,
        "areas": {area.id: area.name[language] for area in areas},
        "centres": {area.id: list(area.centre_deg) for area in areas},
        "leads": sorted({kind.lead for kind in declared.case_kinds.values()}),
        "rights": {verb.value: step.action for verb, step in STEPS.items()}
        | {verb.value: step.action for verb, step in UNIT_STEPS.items()},
        "boundaries": declared.boundaries,
        "meeting": declared.city.meeting,
        "peers": sorted(peers_of(settings.exchange_peers)),
        "words": own_words(declared.state_words, declared.case_kinds, language),
    }


def _right(declared: Declared, language: str) -> html.Section:
    city = declared.city
    review = city.map_review or text("wall.map_internal", language)
    source = text("wall.map_source", language, source=city.map_source, date=city.map_date)
    return html.Section(
        [
            html.Div(id=ids.DISPATCH_MAP, className="dispatch-map"),
            html.P(f"{source} · {review}", className="dispatch-note"),
            html.Div(id=ids.DISPATCH_CAMERAS, className="dispatch-cameras"),
            html.Div(id=ids.DISPATCH_OFFERS, className="dispatch-offers"),
        ],
        className="dispatch-right dies",
    )


def _foot(language: str) -> html.Footer:
    """The command bar, and keys that belong to no case."""
    return html.Footer(
        [
            html.Button([html.Kbd("N"), text("dispatch.new_case", language)], className="verb", **data(do="new")),
            html.Textarea(  # dcc.Input puts the caret back a moment after each letter: typed faster, they are mixed
                id=ids.DISPATCH_BAR, rows=1, autoComplete="off", placeholder=text("dispatch.bar_hint", language)
            ),
            html.Small(text("dispatch.keys", language)),
        ],
        className="dispatch-foot",
    )
