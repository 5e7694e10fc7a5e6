"""The strip of incidents begins when its place stands. Everything else runs in the browser, on the feed and the API."""

from __future__ import annotations

from dash import ClientsideFunction, Dash, Input, Output

from layouts import ids

START = ClientsideFunction("cityvitals", "startIncidents")
SITE = ids.DISPATCH_INCIDENTS_SITE


def register(app: Dash) -> None:
    """Wire the strip of the dispatch desk."""
    app.clientside_callback(START, Output(SITE, "modified_timestamp"), Input(SITE, "data"))
