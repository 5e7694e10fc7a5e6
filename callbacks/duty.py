"""The duty desk and the page of warnings begin when their places stand; the rest runs in the browser."""

from __future__ import annotations

from dash import ClientsideFunction, Dash, Input, Output

from layouts import ids

START = ClientsideFunction("cityvitals", "startDuty")
START_WARNINGS = ClientsideFunction("cityvitals", "startWarnings")


def register(app: Dash) -> None:
    """Wire the duty desk and the page of warnings."""
    app.clientside_callback(START, Output(ids.DUTY_SITE, "modified_timestamp"), Input(ids.DUTY_SITE, "data"))
    kept = (Output(ids.DUTY_KEPT_SITE, "modified_timestamp"), Input(ids.DUTY_KEPT_SITE, "data"))
    app.clientside_callback(START_WARNINGS, *kept)
