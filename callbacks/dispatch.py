"""The dispatch desk begins when its places stand. Everything else runs in the browser, on the live feed and the API."""

from __future__ import annotations

from dash import ClientsideFunction, Dash, Input, Output

from layouts import ids

START = ClientsideFunction("cityvitals", "startDispatch")


def register(app: Dash) -> None:
    """Wire the dispatch desk."""
    app.clientside_callback(START, Output(ids.DISPATCH_SITE, "modified_timestamp"), Input(ids.DISPATCH_SITE, "data"))
