"""The wall begins when its places stand; its layers follow the switches. Both run in the browser."""

from __future__ import annotations

from dash import ClientsideFunction, Dash, Input, Output, State

from layouts import ids

START = ClientsideFunction("cityvitals", "startWall")
CHOOSE_LAYERS = ClientsideFunction("cityvitals", "chooseLayers")


def register(app: Dash) -> None:
    """Wire the wall."""
    app.clientside_callback(
        START,
        Output(ids.WALL_SITE, "modified_timestamp"),
        Input(ids.WALL_SITE, "data"),
        State(ids.WALL_BOUNDARIES, "data"),
    )
    app.clientside_callback(
        CHOOSE_LAYERS,
        Output(ids.WALL_MAP_CHOSEN, "data"),
        Input(ids.WALL_MAP_LAYERS, "value"),
        Input(ids.WALL_MAP_FILL, "value"),
        prevent_initial_call=True,
    )
