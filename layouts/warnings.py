"""Warnings of now and of days past: filters, a map, one whole with why and what was done about it."""

from __future__ import annotations

from dash import dcc, html

from catalogue.declared import Declared
from core.messages import text
from core.settings import Settings
from layouts import ids
from layouts.duty import head


def warnings(declared: Declared, settings: Settings, assets_version: str) -> html.Div:
    """The whole page; `assets/duty_kept.js` fills it."""
    language, city = settings.language, declared.city
    review = city.map_review or text("wall.map_internal", language)
    source = text("wall.map_source", language, source=city.map_source, date=city.map_date)
    site = {
        "base_path": settings.base_path,
        "language": language,
        "assets": assets_version,
        "areas": {area.id: area.name[language] for area in (declared.areas.city, *declared.areas.counties)},
        "city": city.code,
        "boundaries": declared.boundaries,
    }
    return html.Div(
        [
            dcc.Store(id=ids.DUTY_KEPT_SITE, data=site),
            head(settings),
            html.Div(id=ids.DUTY_SESSION_BAR, className="duty-session-bar", role="alert"),
            html.Div(id=ids.DUTY_KEPT_FILTERS, className="duty-kept-filters"),
            html.Main(
                [
                    html.Section(
                        html.Ol(id=ids.DUTY_KEPT_LIST, className="duty-list", role="listbox"), className="duty-left"
                    ),
                    html.Section(
                        html.Div(id=ids.DUTY_KEPT_DETAIL, className="duty-kept-detail"), className="duty-detail"
                    ),
                    html.Section(
                        [
                            html.Div(id=ids.DUTY_KEPT_AREAS, className="duty-kept-areas"),
                            html.P(f"{source} · {review}", className="desk-note"),
                        ],
                        className="duty-kept-map",
                    ),
                ],
                className="duty-body duty-kept-body",
            ),
            html.Div(id=ids.DUTY_TOAST, className="duty-toast", role="status"),
        ],
        className="duty",
    )
