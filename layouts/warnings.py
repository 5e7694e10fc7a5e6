"""Warnings of now and of days past: filters, counts by county, one whole with why and what was done about it."""

from __future__ import annotations

from dash import dcc, html

from catalogue.declared import Declared
from core.settings import Settings
from layouts import ids
from layouts.duty import head


def warnings(declared: Declared, settings: Settings, assets_version: str) -> html.Div:
    """The whole page; `assets/duty_kept.js` fills it."""
    areas = {area.id: area.name[settings.language] for area in (declared.areas.city, *declared.areas.counties)}
    site = {"base_path": settings.base_path, "language": settings.language, "assets": assets_version, "areas": areas}
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
                        [
                            html.Div(id=ids.DUTY_KEPT_AREAS, className="duty-kept-areas"),
                            html.Div(id=ids.DUTY_KEPT_DETAIL, className="duty-kept-detail"),
                        ],
                        className="duty-detail",
                    ),
                ],
                className="duty-body",
            ),
            html.Div(id=ids.DUTY_TOAST, className="duty-toast", role="status"),
        ],
        className="duty",
    )
