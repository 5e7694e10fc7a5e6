"""The wall 大屏: named places in their order. `assets/wall*.js` fill them from the live picture."""

from __future__ import annotations

import dash_leaflet as dl
from dash import dcc, html

from catalogue.declared import Declared
from core.messages import text
from core.settings import Settings
from dispatch.wording import own_words
from indicators.definition import Indicator
from layouts import ids
from layouts.account_menu import account_menu

LAYERS = ("warnings", "stations", "cameras", "vehicles", "units")
KEYS = ("station", "silent", "camera", "vehicle", "unit", "unit_old", "route", "blind")


def wall(declared: Declared, settings: Settings, assets_version: str) -> html.Main:
    """The whole wall of one city; empty places until the first frame."""
    language = settings.language
    return html.Main(
        [
            dcc.Store(id=ids.WALL_SITE, data=_site(declared, settings) | {"assets": assets_version}),
            dcc.Store(id=ids.WALL_BOUNDARIES, data=dict(declared.boundaries)),
            dcc.Store(id=ids.WALL_MAP_CHOSEN),
            _head(settings),
            _left(),
            _map(declared, language),
            _focus(),
            html.Section(id=ids.WALL_CASES, className="wall-cases dies"),
            _right(),
            _below(),
            html.Footer(html.Div(id=ids.WALL_FOOTER, className="wall-footer"), className="wall-foot dies"),
        ],
        className="wall",
    )


def area_indicators(declared: Declared) -> list[str]:
    """Indicators that the map can be filled by: valued for counties, and a headline or looked at by a rule.

    What only feeds others (day means, parts of a score) is found on the desk; a menu on a wall must fit one glance.
    """
    told = {domain.headline for domain in declared.domains}
    told |= {bound.indicator for rule in declared.rules.values() for bound in rule.bounds}
    return [one.id for one in declared.indicators.values() if "county" in one.levels and one.id in told]


def station_indicators(declared: Declared) -> dict[str, str]:
    """Metric → the indicator that a click on a station opens: the first one valued for stations."""
    found: dict[str, str] = {}
    for indicator in declared.indicators.values():
        for metric in indicator.metrics if "station" in indicator.levels else ():
            found.setdefault(metric, indicator.id)
    return found


def _site(declared: Declared, settings: Settings) -> dict[str, object]:
    areas = area_indicators(declared)
    return {
        "base_path": settings.base_path,
        "language": settings.language,
        "words": own_words(declared.state_words, declared.case_kinds, settings.language),
        "county_indicator": areas[0] if areas else "",
        "metric_indicators": station_indicators(declared),
        "classes": {
            one.id: _classes(declared, one, settings.language) for one in declared.indicators.values() if one.scheme
        },
    }


def _classes(declared: Declared, indicator: Indicator, language: str) -> list[dict[str, str]]:
    """Name and official colour of each class of an index; its own, never those of our warnings."""
    scheme = declared.schemes[indicator.scheme]
    return [{"name": one["name"][language], "colour": one["colour"]} for one in scheme["classes"]]


def _head(settings: Settings) -> html.Header:
    return html.Header(
        [
            html.Div(id=ids.WALL_IDENTITY, className="wall-identity dies"),
            html.Div(id=ids.SHELL_RESPONSES, className="shell-responses dies"),
            html.Div(id=ids.WALL_IN_FORCE, className="wall-in-force dies"),
            html.Div(id=ids.WALL_CLOCK, className="wall-clock lives"),
            html.Div(id=ids.WALL_CHAIN, className="wall-chain dies"),
            account_menu(settings),
        ],
        className="wall-head",
    )


def _left() -> html.Section:
    return html.Section(
        [html.Div(id=ids.WALL_CITY, className="wall-city"), html.Div(id=ids.WALL_DOMAINS, className="wall-domains")],
        className="wall-left dies",
    )


def _map(declared: Declared, language: str) -> html.Section:
    return html.Section(
        [
            dl.MapContainer(
                id=ids.WALL_MAP,
                center=list(reversed(declared.areas.city.centre_deg)),
                zoom=8,
                zoomSnap=0,
                zoomControl=False,
                attributionControl=False,
                dragging=False,  # the map never moves under a hand, nor by itself
                scrollWheelZoom=False,
                doubleClickZoom=False,
                boxZoom=False,
                touchZoom=False,
                keyboard=False,
                zoomAnimation=False,
                trackViewport=False,
            ),
            _map_controls(declared, language),
            html.Div(id=ids.WALL_MAP_LEGEND, className="wall-map-legend"),
            html.Div(id=ids.WALL_MAP_SOURCE, className="wall-map-source"),
            html.Div(
                [html.Span([text(f"wall.key_{key}", language), html.I(className=key)]) for key in KEYS],
                className="wall-map-key",
            ),
        ],
        className="wall-map dies",
    )


def _map_controls(declared: Declared, language: str) -> html.Div:
    layers = [{"label": text(f"wall.layer_{layer}", language), "value": layer} for layer in LAYERS]
    fills = [{"label": text("wall.fill_none", language), "value": ""}] + [
        {"label": declared.indicators[one].name[language], "value": one} for one in area_indicators(declared)
    ]
    return html.Div(
        [
            dcc.Checklist(id=ids.WALL_MAP_LAYERS, options=layers, value=list(LAYERS), inline=True),
            html.Details(
                [
                    html.Summary(text("wall.fill", language)),
                    dcc.RadioItems(id=ids.WALL_MAP_FILL, options=fills, value=""),
                ]
            ),
        ],
        className="wall-map-controls",
    )


def _focus() -> html.Section:
    return html.Section(
        [
            html.Header(id=ids.WALL_TREND_HEADING, className="wall-trend-heading"),
            html.Div(id=ids.WALL_TREND, className="wall-trend"),
        ],
        className="wall-focus dies",
    )


def _right() -> html.Section:
    return html.Section(
        [
            html.Header(id=ids.WALL_WARNINGS_TITLE, className="wall-warnings-title wall-title"),
            html.Div(
                [
                    html.Ol(id=ids.WALL_WARNINGS, className="wall-warnings"),
                    html.Div(id=ids.WALL_NO_WARNINGS, className="wall-no-warnings"),
                ],
                className="wall-warnings-place",
            ),
        ],
        className="wall-right dies",
    )


def _below() -> html.Section:
    return html.Section(
        [
            html.Div(id=ids.WALL_EVENTS, className="wall-events"),
            html.Div(id=ids.WALL_SOURCES, className="wall-sources"),
        ],
        className="wall-below dies",
    )
