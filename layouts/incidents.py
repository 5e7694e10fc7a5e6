"""Likely one incident 疑似同一事件: a strip of the dispatch desk that `assets/incidents.js` fills from the API."""

from __future__ import annotations

from dash import dcc, html

from core.settings import Settings
from layouts import ids


def incidents(settings: Settings) -> html.Section:
    """The strip; it takes no room for as long as nothing waits."""
    return html.Section(
        [
            dcc.Store(id=ids.DISPATCH_INCIDENTS_SITE, data={"base_path": settings.base_path}),
            html.Div(id=ids.DISPATCH_INCIDENTS),
        ],
        className="incidents dies",
    )
